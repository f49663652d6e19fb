// Lays the sections out as pages of 1920 x 1080: measures what fits, and lets the rest go on to the next page.
// A picture stands at the right of the text that leads to it; one picture a page.
(() => {
  const WIDTH = 1920, HEIGHT = 1080, SIDE = 160, GAP = 56; // pixels
  const COLUMNS = [560, 700]; // of text beside a picture, the narrowest that will do
  const LETTERS = [36, 33, 30], SMALLEST = 22; // the largest that needs the fewest pages; for what fits on no page, smaller
  const slides = document.querySelector(".slides");
  const stage = document.createElement("div");
  stage.style.cssText = `position: absolute; left: 0; top: 0; width: ${WIDTH}px; visibility: hidden;`;
  document.body.append(stage);

  const is = (block, kind) => block.classList.contains(kind);
  const has = (blocks, kind) => blocks.some(block => is(block, kind));
  const isHeading = block => /^H[1-3]$/.test(block.firstElementChild?.tagName || "");
  const isAnswer = block => block?.firstElementChild?.tagName === "DETAILS";

  function element(name, parent) {
    const made = document.createElement("div");
    made.className = name;
    parent?.append(made);
    return made;
  }

  // How high a page is while the longest of what is folded in it stands open; only one stands open at a time.
  function height(made) {
    const folded = [...made.querySelectorAll("details")].sort((a, b) => b.textContent.length - a.textContent.length)[0];
    if (!folded) return made.offsetHeight;
    folded.open = true;
    const high = made.offsetHeight;
    folded.open = false;
    return high;
  }

  // A page of these blocks, on the stage, with the narrowest column of text that holds them.
  function page(slide, blocks) {
    for (const column of COLUMNS) {
      const made = pageWith(column, slide, blocks);
      if (height(made) <= HEIGHT || column === COLUMNS.at(-1)) return made;
    }
  }

  function pageWith(column, { title, letters }, blocks) {
    const made = element("page");
    made.style.fontSize = `${letters}px`;
    if (title) made.append(title.cloneNode(true));
    stage.replaceChildren(made);
    const figure = blocks.find(block => is(block, "figure"));
    if (!figure) {
      made.append(...blocks);
      return made;
    }
    const texts = blocks.filter(block => block !== figure);
    const image = figure.querySelector("img");
    const room = HEIGHT - made.offsetHeight - 16;
    const most = texts.length ? WIDTH - SIDE - GAP - column : WIDTH - SIDE;
    const [width, height] = ["width", "height"].map(name => Number(image.getAttribute(name)));
    const scale = Math.min(most / width, room / height);
    image.style.width = `${Math.floor(width * scale)}px`;
    image.style.height = `${Math.floor(height * scale)}px`;
    const holder = element(texts.length ? "columns" : "alone", made);
    if (texts.length) element("said", holder).append(...texts);
    element("seen", holder).append(figure);
    return made;
  }

  function fits(slide, blocks) {
    const made = page(slide, blocks);
    return height(made) <= HEIGHT && made.scrollWidth <= WIDTH;
  }

  // Which blocks stand together on a page. What leads to a picture or to a table goes with it, and an answer with its question.
  function paginate(slide, blocks) {
    const pages = [];
    let open = [];
    const close = carried => {
      while (open.length > 1 && isHeading(open.at(-1))) carried.unshift(open.pop());
      if (open.length) pages.push(open);
      open = carried;
    };
    for (let k = 0; k < blocks.length; k++) {
      const block = blocks[k];
      if (is(block, "figure")) {
        if (has(open, "figure")) close([]);
        const leading = [];
        while (open.length && is(open.at(-1), "text")) leading.unshift(open.pop());
        if (open.length) close([]);
        const unit = isAnswer(blocks[k + 1]) ? [block, blocks[++k]] : [block];
        const before = [];
        while (leading.length && !fits(slide, [...leading, ...unit])) before.push(leading.shift());
        if (before.length) pages.push(before);
        open = [...leading, ...unit];
      } else if ((is(block, "wide") && has(open, "figure")) || (open.length && !fits(slide, [...open, block]))) {
        const led = is(block, "wide") && open.length > 1 && is(open.at(-1), "text") && !isAnswer(open.at(-1));
        close(led ? [open.pop()] : []);
        open.push(block);
      } else open.push(block);
    }
    close([]);
    if (open.length) pages.push(open);
    return pages;
  }

  for (const section of [...slides.children]) {
    const blocks = [...section.querySelectorAll(":scope > .block")];
    const notes = section.querySelector("aside.notes");
    const first = blocks[0].firstElementChild;
    const title = /^H[12]$/.test(first.tagName) ? first : null;
    if (title) blocks.shift();
    const count = letters => (blocks.length ? paginate({ title, letters }, blocks).length : 1);
    const counts = LETTERS.map(count);
    const slide = { title, letters: LETTERS[counts.indexOf(Math.min(...counts))] };
    for (const part of blocks.length ? paginate(slide, blocks) : [[]]) {
      const laid = page(slide, part);
      for (let size = slide.letters; height(laid) > HEIGHT && size >= SMALLEST; size--) laid.style.fontSize = `${size}px`;
      if (height(laid) > HEIGHT) laid.classList.add("scrolls");
      for (const folded of laid.querySelectorAll("details")) folded.name = "folded"; // opening one closes the others
      const own = document.createElement("section");
      own.append(laid, notes.cloneNode(true));
      section.before(own);
    }
    section.remove();
  }
  stage.remove();

  Reveal.initialize({
    width: WIDTH, height: HEIGHT, margin: 0, minScale: 0.1, maxScale: 4, center: false, hash: true, slideNumber: "c/t",
    transition: "none", backgroundTransition: "none", pdfSeparateFragments: false, plugins: [RevealNotes],
  });
})();
