// Slides of 1920 x 1080: words as large as their number lets them be, pieces as large as the room for them, keys of a presenter.
(() => {
  const WIDTH = 1920, HEIGHT = 1080;
  const LETTERS = [128, 112, 96, 88, 80, 74, 68, 60, 54, 48, 44, 40]; // px, the largest that fits, and below a title not larger than that
  const BELOW_TITLE = 96;
  const SIZES = []; // of pieces, the largest first: zoom, and share of the room's width
  for (let zoom = 2; zoom > 1.2; zoom -= 0.1) for (const share of [1, 0.9, 0.8, 0.7]) SIZES.push([zoom, share]);
  SIZES.sort(([a, b], [c, d]) => c * d - a * b || d - b);
  SIZES.push([1.2, 0.7], [1.1, 0.7], [1, 0.7], [0.8, 0.7]);

  const over = (page) => {
    const told = page.querySelector(".told");
    const code = [...page.querySelectorAll("pre")].some((one) => one.scrollWidth > one.clientWidth + 1);
    return code || page.scrollHeight > HEIGHT + 1 || page.scrollWidth > WIDTH + 1 || (told && told.scrollHeight > told.clientHeight + 8);
  };

  function fitWords(page) {
    if (page.matches(".figure, .live, .seen")) return;
    const most = page.querySelector(":scope > h2") || page.matches(".answer") ? BELOW_TITLE : LETTERS[0];
    for (const size of LETTERS.filter((one) => one <= most)) {
      page.style.fontSize = `${size}px`;
      if (!over(page)) return;
    }
  }

  /** A piece at the largest zoom at which all of it is seen. */
  function fitPiece(piece) {
    const room = piece.parentElement;
    const { clientWidth: wide, clientHeight: high } = room;
    if (!wide) return;
    for (let n = piece.fitted ?? 0; n < SIZES.length; n++) {
      const [zoom, share] = SIZES[n];
      Object.assign(piece.style, { zoom, width: `${Math.floor((share * wide) / zoom)}px` });
      piece.style.setProperty("--room", `${Math.floor(high / zoom)}px`);
      piece.fitted = n;
      const [inner, outer] = [piece, room].map((one) => one.getBoundingClientRect());
      if (inner.height <= outer.height + 1) return;
    }
  }

  function fit() {
    const page = Reveal.getCurrentSlide()?.querySelector(".page");
    if (!page) return;
    if (!page.fitted) fitWords(page);
    page.fitted = true;
    for (const piece of page.querySelectorAll(".piece")) {
      fitPiece(piece);
      if (piece.watched) continue;
      piece.watched = new ResizeObserver(() => requestAnimationFrame(() => fitPiece(piece)));
      piece.watched.observe(piece);
    }
  }

  /** What the room chose is said beside the answer. */
  function choose(button) {
    const buttons = [...button.closest("ol").querySelectorAll("button")];
    for (const one of buttons) one.setAttribute("aria-pressed", one === button);
    let after = button.closest("section").nextElementSibling;
    while (after?.querySelector(".choose")) after = after.nextElementSibling; // more choices
    const answer = after?.querySelector(".right");
    const chosen = answer?.querySelector(".chosen") ?? document.createElement("i");
    const said = button.querySelector("span").textContent.toLowerCase();
    const right = [...(answer?.querySelectorAll("b") ?? [])].some((one) => one.textContent.toLowerCase() === said);
    Object.assign(chosen, { className: "chosen", textContent: right ? " The room was right." : " The room was wrong." });
    answer?.append(chosen);
  }
  const questions = () => [...(Reveal.getCurrentSlide()?.querySelectorAll(".choose button") ?? [])];

  const chosen = ({ key, target }) => {
    const button = target.closest?.(".piece") ? null : questions().find((one) => one.querySelector("kbd").textContent === key);
    return button ? () => choose(button) : null;
  };

  /** Pieces keep keys to themselves. Escape leaves them, and so does a letter on a slider, where it means nothing else. */
  const left = ({ key, keyCode, target }) => {
    if (key === "Escape" && target.closest?.(".piece")) return () => target.blur();
    if (!/^[a-z?]$/i.test(key) || !target.matches?.(".piece input:is([type=range], [type=checkbox])")) return null;
    return () => {
      target.blur();
      Reveal.triggerKey(keyCode);
    };
  };

  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.(".choose button");
    if (button) choose(button);
  });
  // A clicker sends page up and page down, which go on wherever the focus is. F8 uncovers: it goes from a question to its answer.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = {
      PageDown: () => Reveal.next(), PageUp: () => Reveal.prev(),
      F8: () => (event.shiftKey ? Reveal.getCurrentSlide().querySelector(".page.answer") && Reveal.prev() : questions().length && Reveal.next()),
    }[event.key] ?? chosen(event) ?? left(event);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
    document.activeElement?.closest?.("section:not(.present)") && document.activeElement.blur();
  }, true);

  // "25 %" stays on one line
  const words = document.createTreeWalker(document.querySelector(".slides"), NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const { data, parentElement } = words.currentNode;
    if (data.includes(" %") && !parentElement.closest(".piece, aside")) words.currentNode.data = data.replaceAll(" %", "\u00a0%");
  }

  Reveal.initialize({
    width: WIDTH, height: HEIGHT, margin: 0, minScale: 0.1, maxScale: 4, center: false, hash: true, slideNumber: "c/t", controls: false,
    transition: "none", backgroundTransition: "none", pdfSeparateFragments: false, plugins: [RevealNotes],
  }).then(fit);
  for (const what of ["slidechanged", "resize", "overviewhidden"]) Reveal.on(what, () => requestAnimationFrame(fit));
})();
