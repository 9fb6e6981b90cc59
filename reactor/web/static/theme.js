// Light, dark, or as the system says. Loaded before anything is drawn, so that nothing flashes.
"use strict";
(() => {
  let kept = null;
  try { kept = localStorage.getItem("reactor-theme"); } catch { /* No storage: as the system. */ }
  if (kept === "light" || kept === "dark") document.documentElement.dataset.theme = kept;
})();
