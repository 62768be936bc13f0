import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  // Relative: the page may be below the path of a proxy.
  base: "./",
  plugins: [react()],
  build: {
    outDir: "../src/sandbox_agent/server/ui",
    emptyOutDir: true,
    target: "es2022",
    // An inlined file would be a `data:` address, which the page's policy allows for pictures only.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    modulePreload: { polyfill: false },
  },
});
