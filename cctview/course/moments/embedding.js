// Drag your own embedding: what happens, without a page.
//
// data = {cars: [0, 0, 0, 1, …], vectors: [[…k numbers], …], starts: [[x, y], …], ...}: the cars, vectors and starts of
// the crops, and after those the crops that nobody placed, which have no start. Everything is in units of the plane.

const REACH = [4, 3]; // the plane goes so far from its middle, right and up
const MARGIN = 1; // of squared distance, as in the lesson
const RATE = 0.1; // a step of learning: so many times the slope
const STEPS = 300; // the network learns at most so many steps

/** The mean triplet loss of points in a plane, how many triplets still cost something, and its slope at each point.
 *
 * Each triplet is an anchor, a positive (another crop of its car) and a negative (a crop of another car). Its loss is
 * max(0, |a - p|² - |a - n|² + margin) (FaceNet, arXiv 1503.03832). */
function tripletLoss(points, cars) {
  const slopes = points.map(() => [0, 0]);
  const apart = points.map((a) => points.map((b) => (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2));
  let sum = 0, active = 0, count = 0;
  points.forEach((a, i) => points.forEach((p, j) => {
    if (i === j || cars[i] !== cars[j]) return;
    points.forEach((n, k) => {
      if (cars[k] === cars[i]) return;
      count += 1;
      const loss = apart[i][j] - apart[i][k] + MARGIN;
      if (loss <= 0) return;
      sum += loss;
      active += 1;
      for (const d of [0, 1]) {
        slopes[i][d] += 2 * (n[d] - p[d]);
        slopes[j][d] += 2 * (p[d] - a[d]);
        slopes[k][d] += 2 * (a[d] - n[d]);
      }
    });
  }));
  for (const slope of slopes) for (const d of [0, 1]) slope[d] /= count;
  return { loss: sum / count, active, count, slopes };
}

/** Where a layer of weights, 2 rows of k, puts vectors. */
const place = (weights, vectors) => vectors.map((v) => weights.map((row) => row.reduce((sum, w, i) => sum + w * v[i], 0)));

/** The layer before it has learned: the first two numbers of each vector, the directions in which all crops differ most. */
const untrained = (width) => [0, 1].map((row) => Array.from({ length: width }, (_, i) => (i === row ? 1 : 0)));

/** One step of learning: the slope at each point, carried back to the weights (points = weights · vector). */
function learn(weights, vectors, cars) {
  const { slopes } = tripletLoss(place(weights, vectors), cars);
  return weights.map((row, d) => row.map((w, i) => w - RATE * slopes.reduce((sum, slope, n) => sum + slope[d] * vectors[n][i], 0)));
}

const begin = (data) => ({ points: data.starts.map((p) => [...p]), weights: null, steps: 0, history: [], shown: 0, landed: 0, named: false });

const inside = (value, d) => Math.max(-REACH[d], Math.min(REACH[d], value));

/** The state after something was done; `state` itself stays as it is. */
function step(data, state, action) {
  const cars = data.cars.slice(0, data.starts.length), vectors = data.vectors.slice(0, data.starts.length);
  const noted = (next) => ({ ...next, history: [...next.history, tripletLoss(next.points, cars).loss].slice(-400) });
  const learned = (weights, steps) => noted({ ...state, weights, steps, named: true, points: place(weights, vectors) });
  switch (action.kind) {
    case "move": {
      if (state.weights) return state;
      const points = state.points.map((p, i) => (i === action.crop ? action.to.map(inside) : p));
      return noted({ ...state, points });
    }
    case "network": return learned(untrained(vectors[0].length), 0);
    case "learn": return finished(data, state) ? state : learned(learn(state.weights, vectors, cars), state.steps + 1);
    case "bring": return { ...state, shown: Math.min(state.shown + 1, data.vectors.length - vectors.length) };
    case "land": return state.weights ? { ...state, landed: state.shown } : state;
    case "name": return { ...state, named: !state.named };
    case "again": return begin(data);
  }
  throw new Error(`no such action: ${action.kind}`);
}

/** Whether the network has nothing more to learn, or has learned long enough. */
const finished = (data, state) =>
  state.weights !== null && (state.steps >= STEPS || tripletLoss(state.points, data.cars.slice(0, data.starts.length)).loss === 0);

/** The places of the crops that nobody placed and that have landed. */
const landed = (data, state) => (state.weights ? place(state.weights, data.vectors.slice(data.starts.length)).slice(0, state.landed) : []);

/** Of the crops that lie in the plane, the one nearest to a place: its number. */
function nearest(points, to) {
  const apart = points.map((p) => Math.hypot(p[0] - to[0], p[1] - to[1]));
  return apart.indexOf(Math.min(...apart));
}

const NAMES = ["A", "B", "C", "D", "E"];
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const signed = ([right, up]) => `${Math.abs(right).toFixed(1)} ${right < 0 ? "left" : "right"}, ${Math.abs(up).toFixed(1)} ${up < 0 ? "down" : "up"}`;

function play(stage) {
  const { data } = stage, placed = data.starts.length;
  const act = (action) => stage.set(step(data, stage.state, action));
  const lossOf = () => tripletLoss(stage.state.points, data.cars.slice(0, placed));

  const what = make("p", { class: "what" });
  const plane = make("div", { class: "plane", role: "application", "aria-label": "The plane: arrow keys move a crop" });
  const tiles = data.crops.map((crop, i) => {
    const letter = make("b", { "aria-hidden": "true" });
    const tile = make("button", { type: "button", class: "crop drag" }, make("img", { src: crop.picture, alt: "", draggable: "false" }), letter);
    if (i < placed) movable(tile, i);
    return tile;
  });
  plane.append(...tiles.slice(0, placed));
  const loss = make("strong", { class: "loss" }), left = make("p", { class: "left" });
  const bar = make("i"), curve = svg("polyline"), picture = svg("svg", { viewBox: "0 0 100 40", preserveAspectRatio: "none", "aria-hidden": "true" }, curve);
  const button = (words, act) => make("button", { type: "button", onclick: (event) => { act(); keepFocus(event.currentTarget); } }, words);
  /** Where a button has gone, the focus goes to the one that comes next. */
  const keepFocus = (from) => (from.hidden || from.disabled) && [land, bring, again].find((one) => !one.hidden)?.focus();
  const network = button("Let the network do it", () => learnAll());
  const bring = button("", () => { act({ kind: "bring" }); stage.say(waiting()); });
  const land = button("Put it in its place", () => { act({ kind: "land" }); stage.say(arrived(stage.state.landed - 1)); });
  const name = button("Show which car each one is", () => act({ kind: "name" }));
  const again = button("Begin again", () => { act({ kind: "again" }); stage.say("All crops are back where they began."); });
  const tray = make("div", { class: "tray" });
  stage.el.append(what, make("div", { class: "both" }, plane, make("div", { class: "side" },
    make("p", { class: "big" }, "Loss ", loss), make("div", { class: "bar", "aria-hidden": "true" }, bar), picture, left,
    make("div", { class: "buttons" }, network, bring, land, name, again), tray)));

  let top = 1; // the crop that was held last lies on top of the others
  /** Let a crop be dragged, or moved by the arrow keys. */
  function movable(tile, crop) {
    let from = null;
    const to = (event) => {
      const box = plane.getBoundingClientRect();
      const at = [event.clientX - from[0] - box.left, event.clientY - from[1] - box.top];
      return [(at[0] / box.width - 0.5) * 2 * REACH[0], (0.5 - at[1] / box.height) * 2 * REACH[1]];
    };
    tile.addEventListener("pointerdown", (event) => {
      if (stage.state.weights || event.button) return;
      const box = tile.getBoundingClientRect();
      from = [event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2];
      tile.setPointerCapture(event.pointerId);
      tile.style.zIndex = top += 1;
      tile.classList.add("held");
    });
    tile.addEventListener("pointermove", (event) => from && act({ kind: "move", crop, to: to(event) }));
    const release = (event) => {
      if (!from) return;
      act({ kind: "move", crop, to: to(event) });
      from = null;
      tile.classList.remove("held");
      tile.focus();
      moved(crop);
    };
    tile.addEventListener("pointerup", release);
    tile.addEventListener("pointercancel", release);
    tile.addEventListener("keydown", (event) => {
      const way = KEYS[event.key];
      if (!way || stage.state.weights) return;
      event.preventDefault();
      const size = event.shiftKey ? 0.5 : 0.1, at = stage.state.points[crop];
      act({ kind: "move", crop, to: [at[0] + size * way[0], at[1] + size * way[1]] });
      moved(crop);
    });
  }

  function moved(crop) {
    const now = lossOf();
    stage.say(`Crop ${crop + 1} is at ${signed(stage.state.points[crop])}. Loss ${now.loss.toFixed(2)}.` + (now.loss ? "" : done()));
  }

  const done = () => " Every crop is nearer to its own car than to any other car, by the margin. You are done: bring a thirteenth crop.";

  async function learnAll() {
    tiles.forEach((tile) => tile.classList.add("gliding"));
    act({ kind: "network" });
    if (!stage.calm) await new Promise((resolve) => setTimeout(resolve, 900)); // until they have arrived
    tiles.forEach((tile) => tile.classList.remove("gliding"));
    const first = lossOf().loss;
    await stage.animate(3000, (part) => {
      let state = stage.state;
      while (state.weights && state.steps < part * STEPS && !finished(data, state)) state = step(data, state, { kind: "learn" });
      if (state !== stage.state) stage.set(state);
    });
    if (!stage.state.weights) return; // begun again meanwhile
    if (document.activeElement === again) keepFocus(network);
    stage.say(`The network has learned for ${stage.state.steps} steps: the loss fell from ${first.toFixed(2)} to ${lossOf().loss.toFixed(2)}.`);
  }

  const waiting = () => {
    const number = placed + stage.state.shown;
    if (!stage.state.weights) return `Crop ${number} is new. Where does it belong on your plane? You moved crops, one by one. You made no rule that places a new one. A network is such a rule.`;
    return `Crop ${number} is new: it took no part in the learning. Where will it land? Point at the place, then press “Put it in its place”.`;
  };

  function arrived(k) {
    const to = landed(data, stage.state)[k], by = nearest(stage.state.points, to);
    const own = data.cars[placed + k], near = data.cars[by], begins = `Crop ${placed + k + 1} lands nearest to crop ${by + 1}, a crop of car ${NAMES[near]}. `;
    if (own === near) return `${begins}It shows car ${NAMES[own]}: the network has a place for a crop that nobody showed it. It is not always right: of 100 other draws of such cars, the new crop was nearest to its own car in ${Math.round(100 * data.right)}.`;
    const known = data.cars.indexOf(own) < placed;
    return begins + (known ? `But it shows car ${NAMES[own]}: here the network is wrong.` : `But it shows a fifth car, which the network never learned. It lands somewhere all the same, and a search would link two different cars.`);
  }

  return (state) => {
    const now = lossOf(), network_ = state.weights !== null, over = finished(data, state);
    const arrivedAt = landed(data, state);
    what.textContent = network_
      ? "The network does not move crops. It changes its weights, and all crops move at once."
      : "Four cars, three crops of each. Drag crops of the same car together, and different cars apart, until the loss is 0. (Keyboard: Tab to a crop, then the arrow keys.)";
    tiles.forEach((tile, i) => {
      const at = i < placed ? state.points[i] : arrivedAt[i - placed];
      const label = state.named ? NAMES[data.cars[i]] : "";
      const shown = i < placed || i - placed < state.shown;
      if (i >= placed) {
        if (!shown) tile.remove();
        else if (tile.parentNode !== (at ? plane : tray)) (at ? plane : tray).append(tile);
      }
      tile.style.left = at ? `${50 + (50 * at[0]) / REACH[0]}%` : "";
      tile.style.top = at ? `${50 - (50 * at[1]) / REACH[1]}%` : "";
      const number = i >= placed && at && label ? `${i + 1}: ${label}` : `${i + 1}`; // as it is seen on a new crop
      tile.lastChild.textContent = i < placed ? label : number;
      tile.dataset.car = i < placed || at ? label : "";
      tile.classList.toggle("new", i >= placed);
      tile.setAttribute("aria-label", `Crop ${number}, ${data.crops[i].words}${label && i < placed ? `, car ${label}` : ""}${at ? `, at ${signed(at)}` : ", not placed"}`);
    });
    loss.textContent = now.loss.toFixed(2);
    left.textContent = `${now.active} of ${now.count} triplets still cost something`;
    const most = Math.max(...state.history, now.loss, 1e-9);
    bar.style.width = `${(100 * now.loss) / most}%`;
    const values = state.history.length > 1 ? state.history : [now.loss, now.loss];
    curve.setAttribute("points", values.map((value, i) => `${(100 * i) / (values.length - 1)},${38 - (36 * value) / most}`).join(" "));
    network.disabled = network_;
    const next = placed + state.shown + 1, more = state.shown < data.vectors.length - placed;
    bring.textContent = `Bring crop ${next}, which nobody placed`;
    bring.hidden = !more || state.shown > state.landed || (network_ && !over);
    land.hidden = !network_ || !over || state.shown === state.landed;
    name.hidden = network_;
    name.setAttribute("aria-pressed", state.named);
    tray.hidden = state.shown === state.landed;
  };
}

function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
