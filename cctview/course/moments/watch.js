// The cameras without Python (cctview.course.moments.watch): two minutes play, and each click has a stored answer.
// State: camera, k (which of its frames), picked (a tracklet, or null), truth (whether it is turned over), speed (0: it stands).

const SPEEDS = [1, 5, 15];
const LEAST = 0.02; // candidates that are less probable are not shown

function plural(n, one, more = `${one}s`) {
  return `${n} ${n === 1 ? one : more}`;
}

/** What became of a search at one camera, in words: what the operator sees, and what only we know. */
function verdict(at, clock) {
  const [best, sure, right] = at.best[0];
  const percent = `${Math.round(100 * sure)} %`;
  const unsure = sure < LEAST ? "nothing fits" : `at best ${percent} sure`;
  const system = at.linked ? `linked, ${percent} sure` : `no link: ${at.why === "not found" ? unsure : at.why.replace("not found: ", "")}`;
  const missed = at.passed === null ? "Your vehicle did not pass here in these minutes." : `Your vehicle passed here at ${clock(at.passed)}.`;
  if (at.linked) return right ? { system, truth: "Correct.", kind: "right" } : { system, truth: `Wrong: another vehicle. ${missed}`, kind: "wrong" };
  if (at.passed === null) return { system, truth: missed, kind: "absent" };
  return { system, truth: right ? `Missed: its best guess is correct, but it was not sure enough. ${missed}` : `Missed. ${missed}`, kind: "missed" };
}

/** How many of a trip's searches ended in which way. */
function count(trip) {
  const kinds = trip.map((at) => verdict(at, String).kind);
  return Object.fromEntries(["right", "wrong", "missed", "absent"].map((kind) => [kind, kinds.filter((one) => one === kind).length]));
}

/** The last frame of these times that is not after t, or the first. */
function latest(times, t) {
  return Math.max(0, times.findLastIndex((one) => one <= t));
}

function play(stage) {
  const { data } = stage;
  const clock = (seconds) => new Date(1000 * (data.midnight + seconds)).toISOString().slice(11, 19);
  const names = data.cameras.map(({ name }) => name);
  const button = (words, onclick, attributes = {}) => make("button", { type: "button", onclick, ...attributes }, words);
  const sheet = new Image();
  sheet.src = data.sheet;

  const step = (by) => stage.set({ speed: 0, k: Math.min(Math.max(stage.state.k + by, 0), data.cameras[stage.state.camera].times.length - 1) });
  const choose = (camera) => {
    if (!data.cameras[camera]) return;
    const now = data.cameras[stage.state.camera].times[stage.state.k];
    stage.set({ camera, k: latest(data.cameras[camera].times, now) });
  };
  const pick = (picked) => stage.set({ picked, truth: false, speed: 0 });
  const toggle = () => stage.set({ speed: stage.state.speed ? 0 : SPEEDS[1] });
  const turn = () => stage.state.picked !== null && stage.set({ truth: !stage.state.truth });
  stage.keys({
    ArrowLeft: () => step(-1), ArrowRight: () => step(1), ArrowUp: () => choose(stage.state.camera - 1), ArrowDown: () => choose(stage.state.camera + 1),
    " ": toggle, Escape: () => (pick(null), screen.focus()), t: turn,
  });

  const stations = names.map((name, n) => button(name, () => choose(n)));
  const image = make("img", { alt: "" });
  const layer = make("div", { class: "boxes" });
  const screen = make("div", { class: "screen", tabindex: "0", role: "group", "aria-label": "Frame. Arrow keys step and change the camera, space plays, tab goes to the vehicles, enter picks one, T turns over the truth." }, image, layer);
  const playing = button("Play", toggle, { class: "play" });
  const scrub = make("input", { type: "range", min: 0, "aria-label": "Time", oninput: () => stage.set({ speed: 0, k: scrub.valueAsNumber }) });
  const time = make("span", { class: "clock" });
  const speed = make("select", { "aria-label": "Speed", onchange: () => stage.state.speed && stage.set({ speed: Number(speed.value) }) },
    ...SPEEDS.map((one) => make("option", { value: one }, one === 1 ? "real time" : `${one} × speed`)));
  speed.value = String(SPEEDS[1]);
  const answer = make("div", { class: "answer" });
  stage.el.append(
    make("nav", { class: "stations", "aria-label": "Cameras, from south to north" }, ...stations),
    make("div", { class: "main" },
      make("div", { class: "watching" }, screen, make("div", { class: "bar" }, button("‹", () => step(-1), { "aria-label": "One frame back" }), playing,
        button("›", () => step(1), { "aria-label": "One frame on" }), scrub, time, speed)),
      answer));

  const buttons = [];
  /** Boxes are kept from frame to frame, so that the focus stays; small ones lie on top. */
  function drawBoxes({ camera, k, picked }) {
    const boxes = [...data.cameras[camera].boxes[k]].sort(([, a, b, c, d], [, e, f, g, h]) => (g - e) * (h - f) - (c - a) * (d - b));
    while (buttons.length < boxes.length) {
      const one = button("", () => pick(Number(one.dataset.vehicle)), { class: "box" });
      buttons.push(one);
      layer.append(one);
    }
    buttons.forEach((one, n) => {
      const box = boxes[n];
      if (!box && one === document.activeElement) screen.focus({ preventScroll: true });
      one.hidden = !box;
      if (!box) return;
      const [vehicle, x1, y1, x2, y2] = box;
      const share = (value, whole) => `${(100 * value) / whole}%`;
      Object.assign(one.style, { left: share(x1, 352), top: share(y1, 240), width: share(x2 - x1, 352), height: share(y2 - y1, 240) });
      one.dataset.vehicle = vehicle;
      one.disabled = vehicle < 0;
      one.classList.toggle("picked", vehicle >= 0 && vehicle === picked);
      one.setAttribute("aria-pressed", vehicle === picked);
      const where = ["left", "middle", "right"][Math.min(2, Math.floor((1.5 * (x1 + x2)) / 352))];
      one.setAttribute("aria-label", vehicle < 0 ? "not followed" : `${data.seen[vehicle][2]}, ${where}`);
      one.title = vehicle < 0 ? "" : data.seen[vehicle][2];
    });
  }
  function crop(vehicle, large) {
    const [width, height] = data.cell, n = data.seen[vehicle][3];
    const canvas = make("canvas", { width, height, class: large ? "large" : "", role: "img", "aria-label": `crop of a ${data.seen[vehicle][2]}` });
    const draw = () => canvas.getContext("2d").drawImage(sheet, (n % data.columns) * width, Math.floor(n / data.columns) * height, width, height, 0, 0, width, height);
    if (sheet.complete) draw();
    else sheet.addEventListener("load", draw, { once: true });
    return canvas;
  }
  /** Go to where a candidate is seen, if that plays. */
  function go(vehicle) {
    const [camera, seconds] = data.seen[vehicle];
    const k = data.cameras[camera].boxes.findIndex((boxes) => boxes.some(([one]) => one === vehicle));
    if (k >= 0) {
      stage.set({ camera, k, speed: 0 });
      screen.scrollIntoView({ block: "nearest" });
    }
    else stage.say(`It passed ${names[camera]} at ${clock(seconds)}: these minutes do not play here.`);
  }
  function row(at, picked, truth) {
    const said = verdict(at, clock);
    const lag = Math.round(data.seen[at.best[0][0]][1] - data.seen[picked][1]);
    const candidates = at.best.map(([vehicle, sure, right], n) => {
      const percent = `${Math.round(100 * sure)} %`;
      const label = `Candidate ${n + 1} at ${names[at.camera]}: ${data.seen[vehicle][2]}, ${percent} sure${truth ? (right ? ", correct" : ", another vehicle") : ""}`;
      const kind = `candidate${n || !at.linked ? " weak" : ""}${truth ? (right ? " right" : " wrong") : ""}`;
      return button("", () => go(vehicle), { class: kind, "aria-label": label, title: label });
    });
    candidates.forEach((one, n) => one.append(crop(at.best[n][0], !n), make("small", {}, `${Math.round(100 * at.best[n][1])} %${truth ? (at.best[n][2] ? " ✓" : " ✗") : ""}`)));
    return make("li", { class: truth ? said.kind : at.linked ? "linked" : "" },
      make("p", {}, make("b", {}, names[at.camera]), at.linked ? ` ${Math.abs(lag)} s ${lag < 0 ? "before" : "later"}, ` : " ", make("span", {}, said.system),
        ...(truth ? [make("b", { class: "truth" }, said.truth)] : [])),
      make("div", { class: "candidates" }, ...(at.best[0][1] < LEAST ? [] : candidates)));
  }
  function drawAnswer({ picked, truth }) {
    if (picked === null) {
      answer.replaceChildren(make("p", { class: "hint" }, `At which other cameras does the system find a vehicle? Click one in the frame${keyed(", or press tab and enter")}.`),
        make("p", {}, `${names.length} simulated cameras, ${data.from} to ${data.to}. No plate is read. Every answer was computed beforehand, from what they recorded between ${data.first} and ${data.last}, and stored.`));
      return stage.say("");
    }
    const trip = data.trips[picked], { right, wrong, missed } = count(trip);
    const [camera, seconds, look] = data.seen[picked];
    const correct = `${right} of ${plural(right + wrong, "link")} ${right + wrong === 1 ? "is" : "are"} correct`;
    const words = truth
      ? `${right + wrong ? correct : "There is no link"}. ${wrong ? `Another vehicle is followed at ${plural(wrong, "camera")}. ` : ""}${missed ? `${plural(missed, "pass", "passes")} ${missed === 1 ? "is" : "are"} missed.` : ""}`
      : `The system links it at ${right + wrong} of ${plural(trip.length, "other camera")}.`;
    answer.replaceChildren(
      make("div", { class: "asked" }, crop(picked, true), make("p", {}, make("b", {}, `The ${look} at ${names[camera]}, ${clock(seconds)}. `), words)),
      button((truth ? "Hide the truth" : "Turn over the truth") + keyed(" (T)"), turn, { class: "turn" }),
      make("ol", {}, ...trip.map((at) => row(at, picked, truth))));
    stage.say(truth ? `${words} We know this because the road is simulated; the operator does not.` : words);
  }

  let drawn = {}, timer = null;
  stage.ended.addEventListener("abort", () => clearTimeout(timer));
  return (state) => {
    const { camera, k, picked, truth, speed: rate } = state;
    const { name, times, frames } = data.cameras[camera];
    const moved = drawn.camera !== camera || drawn.k !== k;
    if (moved) {
      Object.assign(image, { src: frames[k], alt: `${name} at ${clock(times[k])}` });
      scrub.max = String(times.length - 1);
      scrub.value = String(k);
      time.textContent = clock(times[k]);
      scrub.setAttribute("aria-valuetext", clock(times[k]));
      stations.forEach((one, n) => one.setAttribute("aria-pressed", n === camera));
    }
    if (moved || drawn.picked !== picked) drawBoxes(state);
    if (!("picked" in drawn) || drawn.picked !== picked || drawn.truth !== truth) {
      const held = answer.contains(document.activeElement) && document.activeElement.className;
      drawAnswer(state);
      if (held === "turn") answer.querySelector(".turn")?.focus();
      const linked = picked === null ? [] : data.trips[picked].filter((at) => at.linked).map((at) => at.camera);
      stations.forEach((one, n) => one.classList.toggle("hit", linked.includes(n)));
    }
    playing.textContent = rate ? "Pause" : "Play";
    clearTimeout(timer);
    if (rate) {
      const wait = k + 1 < times.length ? (1000 * (times[k + 1] - times[k])) / rate : 1000;
      timer = setTimeout(() => stage.set({ k: k + 1 < times.length ? k + 1 : 0 }), wait);
    }
    drawn = { camera, k, picked, truth };
  };
}
