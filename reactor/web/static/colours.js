// The button for light and dark: as the system, light, dark, and round again.

import { put, s } from "./dom.js";

const NEXT = { "": "light", light: "dark", dark: "" };
const NAMES = { "": "as the system", light: "light", dark: "dark" };
const PATHS = {
  "": "M8 1.5a6.5 6.5 0 1 0 .01 0zm0 1.6v9.8a4.9 4.9 0 0 1 0-9.8z",
  light: "M8 4.6a3.4 3.4 0 1 0 .01 0zM7.2.6h1.6v2.2H7.2zm0 12.6h1.6v2.2H7.2zM.6 7.2h2.2v1.6H.6zm12.6 0h2.2v1.6h-2.2zM2.3 3.4l1.1-1.1L5 3.9 3.9 5zm8.7 8.7 1.1-1.1 1.6 1.6-1.1 1.1zM2.3 12.6 3.9 11 5 12.1l-1.6 1.6zM11 3.9l1.6-1.6 1.1 1.1L12.1 5z",
  dark: "M6.2 1.6a6.6 6.6 0 1 0 8.2 8.2A5.6 5.6 0 0 1 6.2 1.6z",
};

const current = () => document.documentElement.dataset.theme || "";

export function showTheme() {
  const button = document.getElementById("theme");
  button.setAttribute("aria-label", `Colours: ${NAMES[current()]}`);
  put(button, s("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" }, s("path", { d: PATHS[current()], "fill-rule": "evenodd" })));
}

export function cycleTheme() {
  const next = NEXT[current()];
  if (next) document.documentElement.dataset.theme = next;
  else delete document.documentElement.dataset.theme;
  try {
    if (next) localStorage.setItem("reactor-theme", next);
    else localStorage.removeItem("reactor-theme");
  } catch { /* It lasts as long as the page. */ }
  showTheme();
}
