// What every page of the site does beside its widgets: the theme, the menu, copying code, the search.
(() => {
  "use strict";
  const words = JSON.parse(document.getElementById("words").textContent);
  const root = document.documentElement;

  document.querySelector(".plain.theme").addEventListener("click", () => {
    const theme = root.getAttribute("theme") === "dark" ? "light" : "dark";
    root.setAttribute("theme", theme);
    try {
      localStorage.setItem("cctview-theme", theme);
    } catch {} // a page on a disk may keep nothing
  });

  const menu = document.querySelector(".menu");
  document.addEventListener("click", (event) => menu.contains(event.target) || (menu.open = false));
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  for (const button of document.querySelectorAll("button.copy")) {
    button.addEventListener("click", async () => {
      const code = button.parentElement.querySelector("pre");
      try {
        await navigator.clipboard.writeText(code.textContent);
      } catch { // a page on a disk may not write there by itself
        const all = document.createRange();
        all.selectNodeContents(code);
        getSelection().removeAllRanges();
        getSelection().addRange(all);
        document.execCommand("copy");
      }
      button.textContent = words.copied;
      setTimeout(() => (button.textContent = words.copy), 1500);
    });
  }

  // The search: the index is a script file, loaded when it is first wanted.
  const dialog = document.querySelector("dialog.search");
  const [input, count, list] = ["input", ".count", ".found"].map((what) => dialog.querySelector(what));
  let index = null;
  globalThis.cctviewIndex = (entries) => {
    index = entries.map(([page, anchor, title, heading, text]) =>
      ({ page, anchor, title, heading, text, low: text.toLowerCase(), top: `${title} ${heading}`.toLowerCase() }));
    find();
  };
  function open() {
    if (!index && !document.querySelector("script[src='search.js']")) {
      const script = document.createElement("script");
      script.src = "search.js";
      document.head.append(script);
    }
    if (!dialog.open) dialog.showModal();
    input.focus();
    input.select();
  }
  /** A piece of text around a word, with the words marked. */
  function around(entry, terms) {
    const first = Math.max(0, entry.low.indexOf(terms[0]));
    const from = Math.max(0, entry.text.lastIndexOf(" ", Math.max(0, first - 60)));
    const piece = `${from ? "…" : ""}${entry.text.slice(from, first + 110)}…`;
    const escaped = terms.map((term) => term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const parts = piece.split(new RegExp(`(${escaped.join("|")})`, "i"));
    return parts.map((part, n) => {
      if (n % 2 === 0) return part;
      const mark = document.createElement("mark");
      mark.textContent = part;
      return mark;
    });
  }
  function find() {
    const terms = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    list.replaceChildren();
    if (!index || terms.join("").length < 2) {
      count.textContent = words.search.hint;
      return;
    }
    const score = ({ low, top }) => terms.reduce((sum, term) => sum + (top.includes(term) ? 5 : 0) + Math.min(low.split(term).length - 1, 4), 0);
    const found = index.filter(({ low, top }) => terms.every((term) => low.includes(term) || top.includes(term)));
    found.sort((a, b) => score(b) - score(a));
    count.textContent = found.length ? words.search.some.replace("{count}", found.length) : words.search.none;
    list.append(...found.slice(0, 30).map((entry) => {
      const item = document.createElement("li"), link = document.createElement("a"), where = document.createElement("small");
      link.href = `${entry.page}.html${entry.anchor ? `#${entry.anchor}` : ""}`;
      link.textContent = entry.heading || entry.title;
      link.addEventListener("click", () => dialog.close());
      where.textContent = entry.heading ? ` ${entry.title}` : "";
      const text = document.createElement("p");
      text.append(...around(entry, terms));
      item.append(link, where, text);
      return item;
    }));
  }
  input.addEventListener("input", find);
  input.addEventListener("keydown", (event) => event.key === "Escape" && dialog.close()); // it would first clear the words
  dialog.querySelector("form").addEventListener("submit", (event) => {
    if (event.submitter) return;
    event.preventDefault(); // the enter key goes to what was found
    list.querySelector("a")?.focus();
  });
  document.querySelector(".plain.find").addEventListener("click", open);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.matches("input, textarea, select")) return;
    event.preventDefault();
    open();
  });

  // From a server, keep what was seen, so that it is there without a network.
  if (location.protocol.startsWith("http") && navigator.serviceWorker) {
    const keep = async () => {
      await navigator.serviceWorker.register("offline.js");
      const { active } = await navigator.serviceWorker.ready;
      if (!navigator.connection?.saveData) active.postMessage("keep this page");
    };
    addEventListener("load", () => setTimeout(() => void keep().catch(() => {}), 1500)); // after what is seen first
  }
})();
