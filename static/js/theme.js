// Loaded before the first paint, so that a chosen theme never flashes in late.
(() => {
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch { /* storage refused: the system's theme it is */ }
})();
