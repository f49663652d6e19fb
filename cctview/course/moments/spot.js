// Spot them: mark the vehicles that you see in a frame, then see the detector's boxes, and then every vehicle that is there.
// State: marks (places in pixels of the frame), turned (0: only your marks are seen, 1: the boxes too, 2: all vehicles too).

const NEAR = 4; // pixels of the frame: a mark so close beside a vehicle counts for it
const STEP = 6; // pixels that an arrow key moves the cross

/** Which of the vehicles ({box}) are marked: each mark counts for one of them, and each vehicle once. */
function marked(vehicles, marks) {
  const hit = vehicles.map(() => false);
  for (const [x, y] of marks) {
    let best = -1, least = Infinity;
    vehicles.forEach(({ box: [x1, y1, x2, y2] }, k) => {
      const far = Math.hypot(x - (x1 + x2) / 2, y - (y1 + y2) / 2);
      const isInside = x >= x1 - NEAR && x <= x2 + NEAR && y >= y1 - NEAR && y <= y2 + NEAR;
      if (isInside && !hit[k] && far < least) [best, least] = [k, far];
    });
    if (best >= 0) hit[best] = true;
  }
  return hit;
}

function play(stage) {
  const { data } = stage, { width, height, boxes, vehicles } = data;
  const last = vehicles.length ? 2 : 1;
  const cross = make("i", { class: "cross", hidden: "" }), over = make("div", { class: "over" });
  const screen = make("div", { class: "screen", tabindex: 0, role: "group", "aria-label": `${data.alt} Arrow keys move a cross, Enter marks.`, onclick: (event) => clicked(event) },
    make("img", { src: data.picture, alt: data.alt }), over, cross);
  const big = make("p", { class: "big", "aria-live": "polite" }), list = make("ol", { class: "lines" });
  const go = make("button", { type: "button", class: "go", onclick: () => turn() });
  const undo = make("button", { type: "button", onclick: () => back() }, "Take back the last mark");
  stage.el.append(screen, make("div", {}, big, list, make("div", { class: "buttons" }, go, undo)));
  let at = [width / 2, height / 2];

  const mark = (place) => stage.state.turned || stage.set({ marks: [...stage.state.marks, place.map(Math.round)] });
  const back = () => stage.state.turned || stage.set({ marks: stage.state.marks.slice(0, -1) });
  const turn = () => stage.set(stage.state.turned < last ? { turned: stage.state.turned + 1 } : { turned: 0, marks: [] });
  function clicked(event) {
    const { left, top, width: wide, height: high } = screen.getBoundingClientRect();
    mark([((event.clientX - left) * width) / wide, ((event.clientY - top) * height) / high]);
  }
  function move(x, y) {
    at = [Math.min(Math.max(at[0] + x, 0), width), Math.min(Math.max(at[1] + y, 0), height)];
    cross.hidden = false;
    put(cross, at[0], at[1]);
  }
  stage.keys({
    ArrowLeft: () => move(-STEP, 0), ArrowRight: () => move(STEP, 0), ArrowUp: () => move(0, -STEP), ArrowDown: () => move(0, STEP),
    Enter: () => mark(at), " ": () => mark(at), Backspace: back,
  });

  function put(element, x1, y1, x2 = x1, y2 = y1) {
    const part = (value, of) => `${(100 * value) / of}%`;
    Object.assign(element.style, { left: part(x1, width), top: part(y1, height), width: part(x2 - x1, width), height: part(y2 - y1, height) });
    return element;
  }
  const box = (kind, corners, words = "") => put(make("b", { class: kind }, words), ...corners);
  const several = (count, word) => `${count} ${word}${count === 1 ? "" : word.endsWith("x") ? "es" : "s"}`;

  return ({ marks, turned }) => {
    const shown = marks.map(([x, y]) => put(make("i", { class: "mark" }), x, y));
    if (turned > 1) shown.push(...vehicles.filter(({ found }) => !found).map((one) => box("missed", one.box)));
    if (turned) shown.push(...boxes.map((corners, k) => box("found", corners, data.lines.length ? `${k + 1}` : "")));
    over.replaceChildren(...shown);
    const you = marked(vehicles, marks).filter(Boolean).length, found = vehicles.filter((one) => one.found).length;
    big.textContent = [
      `Click every vehicle that you see, also the far ones. You have marked ${marks.length}.`,
      `You marked ${marks.length}. The detector drew ${several(boxes.length, "box")}.`,
      `${several(vehicles.length, "vehicle")} ${vehicles.length === 1 ? "is" : "are"} there. You found ${you}, the detector found ${found}.`,
    ][turned];
    list.replaceChildren(...(turned ? data.lines.map((line) => make("li", {}, line)) : []));
    go.textContent = turned === last ? "Begin again" : turned ? "Show every vehicle that is there" : "Show the detector's boxes";
    undo.hidden = turned > 0;
    undo.disabled = !marks.length;
    stage.say(data.says[turned]);
  };
}
