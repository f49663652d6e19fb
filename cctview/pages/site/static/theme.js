(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("cctview-theme");
  } catch {} // a page on a disk may keep nothing
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.setAttribute("theme", dark ? "dark" : "light");
})();
