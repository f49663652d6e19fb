// Your week: which vehicles of a town were at all the places and times that are known of one, question by question.

const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const DAY = 1440; // minutes
/** How exactly the clock is known: minutes of a time bin, or a whole day, or the week. */
const CLOCKS = [
  { minutes: 1, words: "to the minute" }, { minutes: 15, words: "to a quarter of an hour" }, { minutes: 60, words: "to the hour" },
  { minutes: 240, words: "to four hours" }, { minutes: DAY, words: "to the day" }, { minutes: 7 * DAY, words: "to the week" },
];
/** How exactly the place is known: in how many groups the cameras along the road are. */
const PLACES = [
  { groups: 6, words: "to the camera" }, { groups: 3, words: "to two neighbouring cameras" }, { groups: 1, words: "to the whole road" },
];

/** The passes as typed arrays {place, minute, vehicle}, one entry a pass, from what `week.py` packed. */
async function unpack(data) {
  const packed = Uint8Array.from(atob(data.passes), (letter) => letter.charCodeAt(0));
  const bytes = await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  const each = new Uint16Array(bytes, 0, data.vehicles), between = new Uint16Array(bytes, 2 * data.vehicles, data.count);
  const place = new Uint8Array(bytes, 2 * (data.vehicles + data.count)), minute = new Uint16Array(data.count), vehicle = new Uint16Array(data.count);
  for (let v = 0, k = 0; v < data.vehicles; v += 1) {
    for (let n = 0, at = 0; n < each[v]; n += 1, k += 1) {
      minute[k] = at += between[k];
      vehicle[k] = v;
    }
  }
  return { place, minute, vehicle };
}

/** The questions about some points ({place, minute}), in order: what is asked, and which passes answer yes. */
function questions(points, clock, groups, cameras) {
  const bin = CLOCKS[clock].minutes, group = (place) => Math.floor((place * groups) / cameras.length);
  return points.flatMap((point, number) => {
    const here = cameras.filter((_, place) => group(place) === group(point.place));
    const where = here.length === cameras.length ? "on this road" : here.length > 1 ? `between ${here[0]} and ${here[here.length - 1]}` : `at ${here[0]}`;
    const day = Math.floor(point.minute / DAY), at = Math.floor(point.minute / bin);
    const begin = at * bin - day * DAY;
    const asked = [{ words: `Seen ${where} that week?`, yes: () => true }];
    if (bin <= DAY) asked.push({ words: `On ${DAYS[day]}?`, yes: (minute) => Math.floor(minute / DAY) === day });
    if (bin < DAY) {
      const time = bin === 1 ? `At ${clockTime(begin)}?` : `From ${clockTime(begin)} to ${clockTime(begin + bin)}?`;
      asked.push({ words: time, yes: (minute) => Math.floor(minute / bin) === at });
    }
    return asked.map((one, part) => ({ ...one, number: 3 * number + part, group: group(point.place) }));
  });
}

const clockTime = (minute) => `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

/** Ask the first so many questions: who is left (Uint8Array), and how many after each question.
 *
 * `passes` = {place, minute, vehicle}: typed arrays, one entry a pass. A question narrows the answer to the one before it about the
 * same point, so a vehicle must fit place, day and time in one pass. */
function ask(list, count, passes, groups, cameras, vehicles) {
  let left = new Uint8Array(vehicles).fill(1);
  const counts = [vehicles];
  for (let k = 0; k < count; k += 1) {
    const question = list[k], fits = new Uint8Array(vehicles);
    for (let i = 0; i < passes.minute.length; i += 1) {
      if (Math.floor((passes.place[i] * groups) / cameras) === question.group && question.yes(passes.minute[i])) fits[passes.vehicle[i]] = 1;
    }
    let number = 0;
    for (let v = 0; v < vehicles; v += 1) number += fits[v] &= left[v];
    left = fits;
    counts.push(number);
  }
  return { left, counts };
}

/** Bits given away: how often the crowd was halved. */
const bits = (before, after) => Math.log2(before / after);

const ALL = 12; // questions: place, day and time of four points

function play(stage) {
  const { data } = stage, cameras = data.places.length;
  const own = [0, 1, 2, 3].map(() => ({ place: 0, day: 0, time: "" })); // what the reader types: here alone, never in the state
  let passes = null, shown = null;

  const option = (words, value) => make("option", { value }, words);
  const pick = (label, words, onchange) => {
    const select = make("select", { onchange: () => onchange(Number(select.value)), autocomplete: "off" }, ...words.map(option));
    return { select, row: make("label", {}, label, select) };
  };
  const button = (words, act) => make("button", { type: "button", onclick: (event) => { act(); keepFocus(event.currentTarget); } }, words);
  const keepFocus = (from) => from.disabled && [next, again].find((one) => !one.disabled)?.focus();
  const who = pick("Whose week? ", [...data.people.map((one) => `An invented driver: ${one.name}`), "Your own"], (value) => change({ who: value, asked: 0 }));
  const clock = pick("The time is known ", CLOCKS.map(({ words }) => words), (value) => change({ clock: value }));
  const place = pick("The place is known ", PLACES.map(({ words }) => words), (value) => change({ place: value }));
  const next = button("Ask the next question", () => askNext()), all = button("Ask all", () => change({ asked: ALL }));
  const again = button("Begin again", () => change({ asked: 0 }));
  const warning = make("p", { class: "warning" }, "Everybody who sees this screen sees what you type. It stays in this page: nothing is sent, saved or logged.");
  const rows = own.map((one, number) => {
    const where = pick("", data.places, (value) => typed(one, { place: value }));
    const day = pick("", DAYS, (value) => typed(one, { day: value }));
    const time = make("input", { type: "time", "aria-label": `Time ${number + 1}`, autocomplete: "off", oninput: () => typed(one, { time: time.value }) });
    where.select.setAttribute("aria-label", `Place ${number + 1}`);
    day.select.setAttribute("aria-label", `Day ${number + 1}`);
    return make("li", {}, where.select, day.select, time);
  });
  const form = make("ol", { class: "own" }, ...rows), known = make("ol", { class: "known" });
  const canvas = make("canvas", { role: "img" }), count = make("p", { class: "count" }), bar = make("i"), meter = make("p", { class: "meter" });
  stage.el.append(make("p", {}, "Somebody knows four places and times at which a driver passed a camera. Ask the archive of the cameras who else was there. Each dot is a driver; the ring marks this one."), make("div", { class: "both" },
    make("div", { class: "side" }, who.row, warning, form, make("div", { class: "buttons" }, next, all, again), known, clock.row, place.row),
    make("div", { class: "crowd" }, count, canvas, make("div", { class: "bar", "aria-hidden": "true" }, bar), meter)));
  stage.keys({ n: () => askNext() });

  const yours = () => stage.state.who === data.people.length;
  function points() {
    if (!yours()) return data.people[stage.state.who].points;
    const minutes = (time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
    return own.filter(({ time }) => time).map((one) => ({ place: one.place, minute: one.day * DAY + minutes(one.time) }));
  }
  const list = () => questions(points(), stage.state.clock, PLACES[stage.state.place].groups, data.places);
  const crowd = () => data.vehicles + (yours() ? 1 : 0);

  function typed(one, changes) {
    Object.assign(one, changes);
    change({ asked: 0 });
  }

  const upcoming = () => list().find(({ number }) => number >= stage.state.asked);

  function askNext() {
    const question = upcoming();
    if (question) change({ asked: question.number + 1 });
  }

  /** Change the state, let the dots fade, and say what it changed. */
  function change(changes) {
    const before = shown;
    stage.set(changes);
    if (!passes || !before) return;
    const asked = list().filter(({ number }) => number < stage.state.asked);
    const last = shown.counts.at(-1), was = before.counts.at(-1);
    const given = `${bits(crowd(), last).toFixed(1)} bits are given away.`;
    if ("asked" in changes && asked.length) {
      const from = changes.asked === ALL ? crowd() : shown.counts.at(-2);
      const asks = changes.asked === ALL ? "All questions asked:" : asked.at(-1).words;
      stage.say(`${asks} ${number(from)} → ${number(last)}: ${bits(from, last).toFixed(1)} bits.` + (last === 1 ? alone() : ""));
    } else if (asked.length) stage.say(last > was ? `Now that less is known, ${number(last)} drivers fit instead of ${number(was)}. ${given}` : `${number(last)} drivers fit. ${given}`);
    else stage.say("");
    fade(before.left, shown.left);
  }
  const alone = () => (yours() ? " Nobody else in this town was at all these places: you are singled out." : " Only one driver is left: this driver is singled out. That is not a name yet, but all that the cameras know of this car is now known of one person.");
  const number = (value) => value.toLocaleString("en");

  function fade(before, after) {
    stage.animate(500, (part) => paint(after, part < 1 ? before : null, part));
  }

  /** Draw the dots; those that change are half way between on and off. */
  function paint(left, before = null, part = 1) {
    const ratio = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
    if (!width) return;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const pen = canvas.getContext("2d"), look = getComputedStyle(canvas), colour = (name) => look.getPropertyValue(name).trim();
    pen.scale(ratio, ratio);
    const total = crowd(), columns = Math.ceil(Math.sqrt((total * width) / height)), cell = Math.min(width / columns, height / Math.ceil(total / columns));
    const few = shown.counts.at(-1) <= 40, middle = (v) => [((v % columns) + 0.5) * cell, (Math.floor(v / columns) + 0.5) * cell];
    const dots = (which, fill, size, alpha = 1) => {
      pen.fillStyle = fill;
      pen.globalAlpha = alpha;
      for (let v = 0; v < total; v += 1) if (which(v)) pen.fillRect(((v % columns) + 0.5 - size / 2) * cell, (Math.floor(v / columns) + 0.5 - size / 2) * cell, size * cell, size * cell);
    };
    const lit = (set, v) => v >= data.vehicles || set[v] === 1;
    dots((v) => !lit(left, v), colour("--off"), 0.5);
    dots((v) => lit(left, v) && (!before || lit(before, v)), colour("--accent"), few ? 1.6 : 0.75);
    if (before) {
      dots((v) => lit(before, v) && !lit(left, v), colour("--accent"), 0.75, 1 - part);
      dots((v) => !lit(before, v) && lit(left, v), colour("--accent"), 0.75, part);
    }
    const me = yours() ? data.vehicles : data.people[stage.state.who].dot, [x, y] = middle(me);
    pen.globalAlpha = 1;
    pen.strokeStyle = pen.fillStyle = colour("--wrong");
    pen.lineWidth = 2.5;
    pen.fillRect(x - 0.45 * cell, y - 0.45 * cell, 0.9 * cell, 0.9 * cell);
    pen.beginPath();
    pen.arc(x, y, Math.max(1.6 * cell, 8), 0, 2 * Math.PI);
    pen.stroke();
  }

  function draw(state) {
    who.select.value = state.who;
    clock.select.value = state.clock;
    place.select.value = state.place;
    form.hidden = warning.hidden = !yours();
    const asking = list(), asked = asking.filter(({ number: k }) => k < state.asked);
    next.disabled = all.disabled = asked.length === asking.length;
    again.disabled = state.asked === 0;
    next.textContent = next.disabled ? "Ask" : `Ask: ${upcoming().words}`;
    if (!passes) return;
    shown = ask(asked, asked.length, passes, PLACES[state.place].groups, cameras, data.vehicles);
    if (yours()) shown.counts = shown.counts.map((others) => others + 1);
    known.replaceChildren(...points().map((point, k) => {
      const title = `${data.places[point.place]}, ${DAYS[Math.floor(point.minute / DAY)]}, ${clockTime(point.minute % DAY)}`;
      const steps = asked.flatMap((question, at) => (Math.floor(question.number / 3) === k ? [make("div", { class: "asked" },
        `${question.words} `, make("b", {}, number(shown.counts[at + 1])), ` (${bits(shown.counts[at], shown.counts[at + 1]).toFixed(1)} bits)`)] : []));
      return make("li", {}, make("span", {}, title), ...steps);
    }));
    const last = shown.counts.at(-1), given = bits(crowd(), last), most = bits(crowd(), 1);
    count.replaceChildren(make("b", {}, number(last)), ` of ${number(crowd())} drivers fit${asked.length ? ` after “${asked.at(-1).words}”` : ""}`);
    bar.style.width = `${(100 * given) / most}%`;
    meter.textContent = `${given.toFixed(1)} of ${most.toFixed(1)} bits given away. One bit halves the crowd.`;
    canvas.setAttribute("aria-label", `${number(crowd())} dots, one for each driver; ${number(last)} are lit. A ring marks ${yours() ? "you" : data.people[state.who].name}.`);
    paint(shown.left);
  }
  new ResizeObserver(() => shown && paint(shown.left)).observe(canvas);
  unpack(data).then((unpacked) => {
    passes = unpacked;
    draw(stage.state);
  });
  return draw;
}
