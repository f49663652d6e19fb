/** A town: cameras, what kind they are, how long and how exactly their records are kept; and what the system has of one driver and of all. */
function play(stage) {
  const { size, grid, counts, days, kinds, cameras, edges, driven, home, states, curves, marks, other } = stage.data;
  const NS = "http://www.w3.org/2000/svg";
  const draw = (tag, attributes, ...children) => {
    const element = document.createElementNS(NS, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const percent = (share) => `${(100 * share).toFixed(share > 0 && share < 0.095 ? 1 : 0)} %`;
  const times = (n, one, many) => `${n} ${n === 1 ? one : many}`;
  const period = (n) => ({ 1: "one day", 7: "a week", 28: "four weeks" })[n] ?? `${n} days`;

  // the town lies on its side: its long axis runs from left to right
  const at = (x, y) => [y, size[0] - x];
  const line = (points, cls) => draw("path", { class: cls, fill: "none", d: points });
  const path = (numbers) => numbers.map((k) => `M${at(edges[k][0], edges[k][1])}L${at(edges[k][2], edges[k][3])}`).join("");
  const unit = size[1] / 100; // about 9 pixels of a wide page
  const map = draw("svg", { viewBox: `${-2 * unit} ${-2 * unit} ${size[1] + 4 * unit} ${size[0] + 4 * unit}`, role: "img" });
  const streets = grid[0].map((x) => `M${at(x, 0)}L${at(x, size[1])}`).concat(grid[1].filter((_, k) => k % 4 === 0).map((y) => `M${at(0, y)}L${at(size[0], y)}`));
  const layers = ["street", "driven", "wrong", "right"].map((name) => line("", name));
  layers[0].setAttribute("d", streets.join(""));
  const points = draw("g", {});
  const [hx, hy] = at(...home);
  const house = draw("path", { class: "house", d: `M${hx - unit} ${hy}L${hx} ${hy - unit}L${hx + unit} ${hy}V${hy + unit}H${hx - unit}Z` });
  const believed = draw("path", { class: "believed" });
  const [, ofDriver, ofStrangers, known] = layers;
  map.append(layers[0], points, ofDriver, known, ofStrangers, believed, house); // what is wrong is not hidden, and neither is the home

  const chart = draw("svg", { viewBox: "0 0 320 250", role: "img" });
  const px = (share) => 46 + 246 * share, py = (share) => 205 - 180 * share;
  chart.append(draw("path", { class: "axis", fill: "none", d: `M46 25V205H292` }));
  for (const share of [0, 0.5, 1]) {
    chart.append(draw("text", { x: px(share), y: 222, "text-anchor": "middle" }, percent(share)), draw("text", { x: 42, y: py(share) + 4, "text-anchor": "end" }, percent(share)));
  }
  chart.append(draw("text", { x: 169, y: 242, "text-anchor": "middle" }, "share of all trips that pass a camera"));
  const name = draw("text", { x: 4, y: 14 }, "");
  const curveLayer = draw("g", {});
  chart.append(name, curveLayer, draw("text", { x: 52, y: 34, class: "note" }, "dashed line: assumed, not measured"));

  const dial = (key, label, list, words) => {
    const shown = make("strong"); // an output would take the label for itself
    const input = make("input", { type: "range", min: 0, max: list.length - 1, step: 1, oninput: () => stage.set({ [key]: Number(input.value) }) });
    return { input, el: make("label", {}, `${label}: `, shown, input), show: (k) => {
      input.value = k;
      shown.textContent = words(list[k]);
      input.setAttribute("aria-valuetext", words(list[k]));
    } };
  };
  const dials = {
    count: dial("count", "Cameras", counts, (n) => (marks[n] ? `${n}, ${marks[n]}` : String(n))),
    kind: dial("kind", "Kind", kinds, (kind) => `${kind.name} (accuracy ${kind.basis})`),
    days: dial("days", "Records kept for", days, period),
    other: dial("other", other.label, other.words, (words) => words),
  };
  const key = (cls, words) => {
    const sample = draw("svg", { viewBox: "0 0 30 12", "aria-hidden": "true" }, line("M2 6H28", cls));
    return make("li", {}, sample, words);
  };
  const told = make("p", { class: "told" });
  stage.el.append(
    make("div", { class: "dials" }, ...Object.values(dials).map(({ el }) => el)),
    make("div", { class: "both" }, make("div", {}, map, make("ul", { class: "legend" },
      key("driven", "one driver's trips"), key("right", "the system has them, right"), key("wrong", "somebody else's, taken for this driver's"), make("li", {}, "● camera"), make("li", {}, "⌂ home"), make("li", {}, "✕ where the system believes home is"))), chart),
    told,
  );

  // plates join days whether appearance holds or not, so nothing else is stored of them
  const rows = (kind, kept, figure, variant) => {
    const own = curves.filter((row) => row[0] === kind && row[2] === kept && row[3] === figure);
    const varied = own.filter((row) => row[4] === variant);
    return varied.length ? varied : own.filter((row) => row[4] === 0);
  };
  const trace = (list, column) => list.map((row) => `${px(row[5])} ${py(row[column])}`);
  function curve(kind, kept, count, variant) {
    const figure = 0;
    name.textContent = "trips put together under the correct driver";
    const all = kinds.map((one, k) => draw("path", { class: `curve ${k === kind ? "now" : ""} ${one.basis === "assumed" ? "assumed" : ""}`, d: `M${trace(rows(k, kept, figure, variant), 6).join("L")}` }));
    const now = rows(kind, kept, figure, variant);
    const band = draw("path", { class: "band", d: `M${[...trace(now, 8), ...trace(now, 7).reverse()].join("L")}Z` });
    const here = now.find((row) => row[1] === count);
    // each curve is named where it ends, and names keep off each other
    let above = Infinity;
    const ends = kinds.map((one, k) => [rows(k, kept, figure, variant).at(-1), one.name, k]).sort((a, b) => a[0][6] - b[0][6]);
    const names = ends.map(([end, text, k]) => {
      above = Math.min(py(end[6]) - 7, above - 15);
      return draw("text", { class: k === kind ? "now" : "note", x: 292, y: above, "text-anchor": "end" }, text);
    });
    curveLayer.replaceChildren(band, ...all, ...names, draw("circle", { cx: px(here[5]), cy: py(here[6]), r: 6, fill: "var(--right)" }));
    chart.setAttribute("aria-label", `Share of trips put together, by the share of trips that pass a camera: ${percent(here[6])} at ${percent(here[5])}.`);
  }
  return ({ count, kind, days: kept, other: moved }) => {
    const cams = counts[count], held = days[kept], variant = other.variants[moved];
    const made = states[`${kind} ${cams} ${held} ${variant}`] ?? states[`${kind} ${cams} ${held} 0`];
    dials.count.show(count), dials.kind.show(kind), dials.days.show(kept), dials.other.show(moved);
    layers[1].setAttribute("d", path(driven[held]));
    layers[2].setAttribute("d", path(made.wrong));
    layers[3].setAttribute("d", path(made.right));
    const r = unit * (cams > 300 ? 0.3 : cams > 50 ? 0.45 : 0.7);
    points.replaceChildren(...cameras.slice(0, cams).map(([x, y]) => {
      const [cx, cy] = at(x, y);
      return draw("circle", { class: "camera", cx, cy, r });
    }));
    const [x, y] = made.home ? at(...made.home) : [0, 0];
    believed.setAttribute("d", made.home ? `M${x - unit} ${y - unit}L${x + unit} ${y + unit}M${x - unit} ${y + unit}L${x + unit} ${y - unit}` : "");
    curve(kind, held, cams, variant);
    const of = (figure) => rows(kind, held, figure, variant).find((row) => row[1] === cams);
    const more = (words) => make("span", { class: "more" }, words); // what a slide leaves to its speaker
    const said = (figure) => [percent(of(figure)[6]), more(` (${percent(of(figure)[7])} to ${percent(of(figure)[8])})`)];
    const where = made.home ? (made.near ? "It finds the home." : "It believes the home to be where it is not.") : "It cannot tell where home is.";
    const moving = moved && states[`${kind} ${cams} ${held} ${variant}`] ? `. ${other.label}: ${other.words[moved]}` : "";
    told.replaceChildren(
      more(`In this simulated town ${percent(rows(kind, held, 0, variant).find((row) => row[1] === cams)[5])} of all trips pass one of ${cams} cameras (${kinds[kind].name}). Records are kept for ${period(held)}${moving}. `),
      `Of ${times(made.trips, "trip", "trips")} of this driver the system puts together ${made.known}`, more(" (at least half of the way, and nothing wrong in it)"),
      `, and takes somebody else for this driver ${times(made.strangers, "time", "times")}. `, more(`${where} `),
      "Over all drivers", more(", most of whom drive less,"), " it puts together ", ...said(0), " of the trips, and finds ", ...said(2), " of the homes.",
      more(" It has four passes that no other driver shares of "), ...said(3).map((one) => more(one)), more(" of the drivers: these are singled out (in brackets: the least and the most of several such towns)."));
    map.setAttribute("aria-label", told.textContent);
  };
}
