// Same or different? A room's errors with the system's opinion beside a pair and without it.
//
// data.pairs = [{same, says, percent}, …]: the truth, and the system's opinion. Of each kind of pair (same or not, system right or wrong)
// half is drawn for each person to be shown with the opinion; the other half is the control arm.

const ARMS = ["false label", "wrong, no label", "true label", "right, no label"];

/** A generator of numbers from 0 to 1 (mulberry32), so that a draw can be repeated. */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function shuffled(values, draw) {
  const out = [...values];
  for (let i = out.length - 1; i > 0; i -= 1) {
    const j = Math.floor(draw() * (i + 1));
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
}

/** For one person: the order of the pairs, and which are shown with the system's opinion. */
function assign(pairs, seed) {
  const draw = random(seed), labelled = pairs.map(() => false);
  for (const same of [true, false]) for (const right of [true, false]) {
    const kind = pairs.map((pair, i) => [pair, i]).filter(([pair]) => pair.same === same && (pair.says === pair.same) === right).map(([, i]) => i);
    for (const i of shuffled(kind, draw).slice(0, Math.floor(kind.length / 2))) labelled[i] = true;
  }
  return { order: shuffled(pairs.map((_, i) => i), draw), labelled };
}

const begin = () => ({ mode: "", seed: 0, people: [], hands: [], finished: false });

/** The pair in front of the person (or the room) now, or null when all are answered. */
function now(data, state) {
  if (!state.mode) return null;
  const { seed, answers } = current(state), { order, labelled } = assign(data.pairs, seed), at = answers.length;
  return at < order.length ? { pair: data.pairs[order[at]], labelled: labelled[order[at]], number: at } : null;
}

const current = (state) => (state.mode === "hands" ? { seed: state.seed, answers: state.hands } : state.people.at(-1));

/** The state after something was done. A person's answer is whether they said "same"; a room's how many said [same, different]. */
function step(data, state, action) {
  const given = (answers) => (state.mode === "hands" ? { ...state, hands: answers } : { ...state, people: [...state.people.slice(0, -1), { ...state.people.at(-1), answers }] });
  switch (action.kind) {
    case "begin": return { ...begin(), mode: action.mode, seed: action.seed, people: action.mode === "people" ? [{ seed: action.seed, answers: [] }] : [] };
    case "answer": return now(data, state) ? given([...current(state).answers, action.answer]) : state;
    case "back": return given(current(state).answers.slice(0, -1));
    case "next": return { ...state, people: [...state.people, { seed: action.seed, answers: [] }] };
    case "finish": return { ...state, finished: true };
    case "again": return begin();
  }
  throw new Error(`no such action: ${action.kind}`);
}

/** Errors by arm: a list for each person, or of the one list of pairs' shares of a show of hands. */
function errors(data, state) {
  const { pairs } = data;
  const arms = (seed, wrong) => {
    const { order, labelled } = assign(pairs, seed), found = [[], [], [], []];
    wrong.forEach((share, at) => {
      const pair = pairs[order[at]], false_ = pair.says !== pair.same;
      found[2 * !false_ + !labelled[order[at]]].push(share);
    });
    return found;
  };
  if (state.mode === "hands") {
    const { order } = assign(pairs, state.seed);
    return [arms(state.seed, state.hands.map(([same, different], at) => (pairs[order[at]].same ? different : same) / (same + different)))];
  }
  const complete = state.people.filter((person) => person.answers.length === pairs.length);
  return complete.map(({ seed, answers }) => {
    const { order } = assign(pairs, seed);
    return arms(seed, answers.map((same, at) => Number(same !== pairs[order[at]].same)));
  });
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values) => { const m = mean(values); return values.reduce((sum, v) => sum + (v - m) ** 2, 0) / (values.length - 1); };
const Z = 1.959963984540054; // of 95 %

/** Wilson's interval of a share (1927): k of n. */
function wilson(k, n) {
  const p = k / n, middle = (p + Z ** 2 / (2 * n)) / (1 + Z ** 2 / n);
  const half = (Z / (1 + Z ** 2 / n)) * Math.sqrt((p * (1 - p)) / n + Z ** 2 / (4 * n ** 2));
  return [middle - half, middle + half];
}

/** A difference of two shares, k of n less l of m: Newcombe 1998 (Statistics in Medicine 17:873), method 10, of two Wilson intervals. */
function newcombe(k, n, l, m) {
  const p = k / n, q = l / m, [pLow, pHigh] = wilson(k, n), [qLow, qHigh] = wilson(l, m);
  return [p - q, p - q - Math.hypot(p - pLow, qHigh - q), p - q + Math.hypot(pHigh - p, q - qLow)];
}

/** Student's quantile (0.975) at df degrees of freedom: the table, which scipy made, has those from 1 on; between two, the wider. */
const student = (df, table) => (df < 1 ? Infinity : table[Math.min(Math.floor(df), table.length) - 1]);

/** The mean of differences, one a person, and its interval (Student); null if all are equal, which says nothing of the spread. */
function paired(differences, table) {
  if (variance(differences) === 0) return null;
  const m = mean(differences), half = student(differences.length - 1, table) * Math.sqrt(variance(differences) / differences.length);
  return [m, m - half, m + half];
}

/** A difference of means of two lists (Welch); null if neither list varies. */
function welch(a, b, table) {
  const u = variance(a) / a.length, v = variance(b) / b.length, m = mean(a) - mean(b);
  if (u + v === 0) return null;
  const df = (u + v) ** 2 / (u ** 2 / (a.length - 1) + v ** 2 / (b.length - 1));
  const half = student(df, table) * Math.sqrt(u + v);
  return [m, m - half, m + half];
}

/** What the answers show: error rates by arm, and how much more often people err with a false label than without (`harm`). */
function result(data, state) {
  const of = errors(data, state);
  const rates = ARMS.map((_, arm) => mean(of.map((one) => mean(one[arm]))));
  const difference = (arm, against) => {
    const all = (which) => of.flatMap((one) => one[which]), sum = (values) => values.reduce((total, value) => total + value, 0);
    const found = state.mode === "hands" ? welch(all(arm), all(against), data.student)
      : of.length > 1 ? paired(of.map((one) => mean(one[arm]) - mean(one[against])), data.student) : null;
    return found ?? newcombe(sum(all(arm)), all(arm).length, sum(all(against)), all(against).length);
  };
  const [harm, low, high] = difference(0, 1);
  const verdict = low > 0 ? "harm" : high < 0 ? "caution" : "open";
  return { people: of.length, rates, harm, low, high, verdict };
}

const percent = (share) => `${Math.round(100 * share)} %`;
const points = (share) => String(Math.round(100 * share)).replace("-", "−");

/** The result in sentences. */
function verdictOf(data, state) {
  const { people, rates, harm, low, high, verdict } = result(data, state);
  const range = `95% interval ${points(low)} to ${points(high)}`;
  const who = state.mode === "hands" ? "The room" : people === 1 ? "You" : `The ${people} of you`;
  const facts = `${who} erred in ${percent(rates[0])} of the pairs with a false label, and in ${percent(rates[1])} of such pairs without one: a difference of ${points(harm)} percentage points (${range}).`;
  if (verdict === "harm") return `${facts} The false labels misled you. This is called automation bias.`;
  if (verdict === "caution") return `${facts} You erred less with a false label than without one: you did not trust the system.`;
  return `${facts} The interval holds 0. So few answers cannot tell whether the labels changed what you said.`;
}

function play(stage) {
  const { data } = stage;
  const act = (action) => stage.set(step(data, stage.state, action));
  const draw = () => Math.floor(Math.random() * 2 ** 31);
  const button = (words, onclick, more = {}) => make("button", { type: "button", onclick, ...more }, words);
  const focused = (name) => stage.el.querySelector(name)?.focus();

  const opening = make("div", { class: "opening" },
    make("p", {}, "Two crops from two cameras. Do they show the same vehicle? Half of the pairs do; in the others the two vehicles have one colour. Beside some pairs you see what the system says."),
    button("Start alone, or one after another", () => begins("people")), button("Start with a room: a show of hands", () => begins("hands")),
    make("div", { class: "preview" }, ...data.pairs.slice(0, 4).flatMap((pair) => pair.pictures.map((src) => make("img", { src, alt: "" })))));
  const says = make("p", { class: "says" });
  const crops = [1, 2].map((number) => make("img", { alt: `Crop ${number} of the pair` }));
  const same = button("Same (S)", () => answer(true), { class: "same" }), different = button("Different (D)", () => answer(false));
  const counts = ["say same", "say different"].map((words) => make("input", { type: "number", min: 0, max: 999, "aria-label": `How many ${words}` }));
  const room = make("form", { class: "room", onsubmit: (event) => { event.preventDefault(); hands(); } },
    make("label", {}, "Hands for same ", counts[0]), make("label", {}, "Hands for different ", counts[1]), make("button", {}, "Next pair"));
  const back = button("Back", () => { act({ kind: "back" }); focused(stage.state.mode === "hands" ? "input" : ".same"); });
  const judging = make("div", { class: "judging" }, make("div", { class: "pair" }, ...crops), says, make("div", { class: "buttons" }, same, different, room, back));
  const between = make("div", { class: "between" }, make("p", {}, "All pairs are answered. The truth comes with the result, so let the next person judge first."),
    button("Next person", () => { act({ kind: "next", seed: draw() }); focused(".same"); }, { class: "next" }), button("See the result", () => finish()));
  const over = make("div", { class: "result" });
  stage.el.append(opening, judging, between, over);
  stage.keys({ s: () => answer(true), d: () => answer(false) });

  function begins(mode) {
    act({ kind: "begin", mode, seed: draw() });
    focused(mode === "hands" ? "input" : ".same");
  }

  function answer(value) {
    if (stage.state.mode !== "people" || !now(data, stage.state)) return;
    act({ kind: "answer", answer: value });
    if (!now(data, stage.state)) focused(".next");
  }

  function hands() {
    const said = counts.map((input) => Number(input.value));
    if (!said.every((value) => Number.isInteger(value) && value >= 0) || said[0] + said[1] === 0) return stage.say("Type how many hands went up for same, and how many for different.");
    counts.forEach((input) => { input.value = ""; });
    act({ kind: "answer", answer: said });
    if (now(data, stage.state)) counts[0].focus();
    else finish();
  }

  function finish() {
    act({ kind: "finish" });
    focused(".again");
  }

  function results(state) {
    const { rates } = result(data, state), [a, b, c, d] = rates;
    const cell = (share) => make("td", {}, make("div", { class: "rate", style: `width: ${100 * share}%` }), percent(share));
    const row = (words, ...shares) => make("tr", {}, make("th", { scope: "row" }, words), ...shares.map(cell));
    const head = make("tr", {}, make("td"), ...["with its label", "without a label"].map((words) => make("th", { scope: "col" }, words)));
    const wrong = data.pairs.filter((pair) => pair.says !== pair.same).length;
    const truths = data.pairs.map((pair) => make("figure", { class: pair.same ? "same" : "different" },
      ...pair.pictures.map((src, k) => make("img", { src, alt: `Crop ${k + 1}` })),
      make("figcaption", {}, make("b", {}, pair.same ? "same" : "different"), ` (system: ${pair.says ? "same" : "different"}, ${pair.percent} %)`)));
    over.replaceChildren(
      make("p", { class: "verdict" }, verdictOf(data, state)),
      make("table", {}, make("caption", {}, "Share of answers that are wrong"), head, row("pairs on which the system is wrong", a, b), row("pairs on which it is right", c, d)),
      make("p", {}, `We drew the pairs so that the system is wrong on ${wrong} of ${data.pairs.length}. Of all such pairs it is wrong on ${percent(data.wrong)}. Which pairs had a label was drawn at random ${state.mode === "hands" ? "once, for the whole room" : "for each person"}; the pairs without a label are the control.`),
      make("div", { class: "truths" }, ...truths), button("Begin again", () => { act({ kind: "again" }); focused("button"); }, { class: "again" }));
  }

  return (state) => {
    const at = now(data, state), ready = state.mode && !at;
    opening.hidden = Boolean(state.mode);
    judging.hidden = !at;
    between.hidden = !ready || state.finished || state.mode === "hands";
    over.hidden = !state.finished;
    if (at) {
      at.pair.pictures.forEach((src, k) => { crops[k].src = src; });
      const where = `Pair ${at.number + 1} of ${data.pairs.length}` + (state.people.length > 1 ? `, person ${state.people.length}` : "");
      says.textContent = at.labelled ? `The system says: ${at.pair.says ? "same" : "different"}, ${at.pair.percent} %` : "The system says nothing about this pair.";
      says.classList.toggle("labelled", at.labelled);
      same.hidden = different.hidden = state.mode === "hands";
      room.hidden = state.mode !== "hands";
      back.disabled = at.number === 0;
      stage.say(`${where}. ${says.textContent}`);
    } else if (state.finished) {
      results(state);
      stage.say("The result is shown above.");
    } else stage.say("");
  };
}
