import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { takeHanded } from "./lib/address";
import { autoConnect } from "./lib/connection";
import { applyTheme } from "./lib/theme";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/chat.css";
import "./styles/debug.css";

applyTheme();
void autoConnect(takeHanded());
createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
