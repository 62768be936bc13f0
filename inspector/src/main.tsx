import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { ICON, takeHanded } from "./lib/address";
import { autoConnect } from "./lib/connection";
import { applyTheme } from "./lib/theme";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/chat.css";
import "./styles/debug.css";

// The browser looks for a relative icon anew when the address changes, and then in another place.
document.querySelector("link[rel=icon]")?.setAttribute("href", ICON);
applyTheme();
void autoConnect(takeHanded());
createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
