// Test one, the rest, sort (cctview.course.moments.base_rates): a thousand vehicles pass, some raise an alarm, few of these are wanted.
// State: wanted and threshold (which of the data's), day, tested (how many have passed), turned (the alarm's card), guess (null until it is made; then they are sorted).

const PEOPLE = 1000;
const ACROSS = 50, STEP = 20; // dots in a row, and units from one to the next
const DOT = "M-6 0a6 6 0 1 0 12 0a6 6 0 1 0 -12 0Z", CROSS = "M-7 -5L-5 -7L0 -2L5 -7L7 -5L2 0L7 5L5 7L0 2L-5 7L-7 5L-2 0Z";
const GUESSES = [["nearly all", 0.75], ["about half", 0.35], ["about 1 in 6", 0.06], ["hardly any", 0]]; // and the least share of each

/** Numbers from 0 to 1 that look random, the same for the same seed (Mulberry32 by T. Ettinger). */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Who passes on a day: whether each is wanted, and whether it raises an alarm. */
function vehicles(data, { wanted, threshold, day }) {
  const next = random(1000 * day);
  const { found, rate } = data.thresholds[threshold];
  return Array.from({ length: PEOPLE }, () => {
    const isWanted = next() < 1 / data.wanted[wanted];
    return { wanted: isWanted, alarm: next() < (isWanted ? found : rate) };
  });
}

/** How many alarms among some vehicles are right and wrong, and how many wanted ones raised none. */
function count(some) {
  const how = (wanted, alarm) => some.filter((one) => one.wanted === wanted && one.alarm === alarm).length;
  return { right: how(true, true), wrong: how(false, true), missed: how(true, false) };
}

function play(stage) {
  const { data } = stage;
  const SVG = "http://www.w3.org/2000/svg";
  const button = (words, key, onclick) => make("button", { type: "button", onclick, "aria-keyshortcuts": key }, `${words} (${key})`);
  const again = { tested: 0, turned: false, guess: null };
  const go = (until) => () => {
    const { tested } = stage.state;
    if (tested >= PEOPLE) return;
    const all = vehicles(data, stage.state);
    const next = all.findIndex((one, k) => k >= tested && one.alarm);
    const to = { one: tested + 1, alarm: next < 0 ? PEOPLE : next + 1, rest: PEOPLE }[until];
    stage.set({ tested: to, turned: until === "rest" });
  };
  const turn = () => stage.set({ turned: true });
  const another = () => stage.set({ ...again, day: stage.state.day + 1 });
  const pick = (name, label, words) => {
    const options = words.map((one, k) => make("option", { value: k }, one));
    const select = make("select", { onchange: () => stage.set({ ...again, [name]: Number(select.value) }) }, ...options);
    return { select, label: make("label", {}, label, select) };
  };
  const wanted = pick("wanted", "Wanted: ", data.wanted.map((of) => `1 in ${of.toLocaleString("en")} that pass`));
  const threshold = pick("threshold", "The system ", data.thresholds.map((one) => one.words));
  const buttons = [button("Test one vehicle", "t", go("one")), button("On to the next alarm", "a", go("alarm")), button("The rest of the day", "r", go("rest"))];
  const newDay = button("Another day", "d", another);
  const dots = Array.from({ length: PEOPLE }, () => document.createElementNS(SVG, "path"));
  const heaps = ["right alarms", "wrong alarms"].map((words, k) => {
    const text = document.createElementNS(SVG, "text");
    text.setAttribute("x", 10 + 500 * k);
    text.setAttribute("y", 22);
    text.textContent = words;
    return text;
  });
  const road = document.createElementNS(SVG, "svg");
  road.setAttribute("viewBox", "0 0 1000 400");
  road.setAttribute("preserveAspectRatio", "xMinYMin");
  road.setAttribute("role", "img");
  road.append(...heaps, ...dots);
  const card = make("div", { class: "card" });
  stage.el.append(make("div", { class: "set" }, wanted.label, threshold.label), road, make("div", { class: "act" }, ...buttons, newDay), card);
  stage.keys({ t: go("one"), a: go("alarm"), r: go("rest"), d: another });

  /** Where each dot is: in the order of passing, or in two heaps above the others. */
  function places(all, sorted) {
    const heights = [0, 0];
    return all.map((one, k) => {
      const [x, y] = [10 + STEP * (k % ACROSS), Math.floor(k / ACROSS)];
      if (!sorted) return [x, 10 + STEP * y];
      if (!one.alarm) return [x, 225 + 9 * y];
      const heap = one.wanted ? 0 : 1;
      const n = heights[heap]++;
      return [10 + 500 * heap + STEP * (n % 24), 45 + STEP * Math.floor(n / 24)];
    });
  }

  function draw({ tested, guess, ...rest }) {
    const all = vehicles(data, rest), sorted = guess !== null;
    const at = places(all, sorted);
    dots.forEach((dot, k) => {
      const { wanted, alarm } = all[k];
      const seen = k < tested;
      const kind = !seen ? "waits" : !alarm ? (sorted && wanted ? "missed" : "passed") : !sorted ? "alarm" : wanted ? "right" : "wrong";
      dot.setAttribute("class", k === tested - 1 && !sorted && tested < PEOPLE ? `${kind} now` : kind);
      dot.setAttribute("d", kind === "wrong" ? CROSS : DOT);
      dot.style.transform = `translate(${at[k][0]}px, ${at[k][1]}px)`;
    });
    road.classList.toggle("sorted", sorted); // dots fly when they are sorted, and not when a slide is fitted
    heaps.forEach((heap) => heap.toggleAttribute("hidden", !sorted));
    const { right, wrong, missed } = count(all.slice(0, tested));
    const alarms = `${tested.toLocaleString("en")} of 1,000 vehicles have passed, ${right + wrong} raised an alarm`;
    road.setAttribute("aria-label", sorted ? `Sorted: ${right} right alarms, ${wrong} wrong alarms, ${missed} wanted vehicles passed without one` : alarms);
    stage.say(`${alarms}.`);
  }

  function told(state) {
    const { tested, turned, guess } = state;
    const all = vehicles(data, state);
    if (tested === 0) return [make("p", {}, "Each dot is a vehicle that passes today. The system compares each with the list of wanted vehicles. Test the first.")];
    if (tested < PEOPLE) return stopped(all[tested - 1], tested, turned);
    const { right, wrong, missed } = count(all);
    const alarms = right + wrong;
    if (!alarms) return [make("p", { class: "big" }, `The day is over, and nobody was stopped. ${passed(missed)}`)];
    if (guess === null) {
      const offers = GUESSES.map(([words], k) => make("button", { type: "button", onclick: () => stage.set({ guess: k }) }, words));
      return [make("p", { class: "big" }, `${alarms === 1 ? "One driver was" : `${alarms} drivers were`} stopped today. How many of the alarms are right?`), make("div", { class: "act" }, ...offers)];
    }
    const share = right / alarms;
    const best = GUESSES.findIndex(([, least]) => share >= least);
    const long = data.right[state.wanted][state.threshold];
    return [
      make("p", { class: "big" }, `Of ${alarms} alarm${alarms === 1 ? "" : "s"}, ${right} ${right === 1 ? "is" : "are"} right. ${wrong} stopped somebody else.`),
      make("p", {}, `You said: ${GUESSES[guess][0]}. ${guess === best ? "That is right." : `It was: ${GUESSES[best][0]}.`} ${passed(missed)}`),
      make("p", {}, `Over many such days, ${long}. ${best > 1 ? "Few are wanted, so even rare false alarms are more than the right ones. " : ""}Now change who is wanted, or the system, and test again.`),
    ];
  }

  const passed = (missed) => (missed === 0 ? "" : missed === 1 ? "One wanted vehicle passed without an alarm (the ring)." : `${missed} wanted vehicles passed without an alarm (the rings).`);

  function stopped({ wanted, alarm }, number, turned) {
    if (!alarm) return [make("p", { class: "big" }, `Vehicle ${number} passes. No alarm.`)];
    if (!turned) {
      const face = make("button", { type: "button", class: "face", onclick: turn }, make("b", {}, "ALARM"), make("span", {}, "Turn the card over"));
      return [make("p", { class: "big" }, `Vehicle ${number} is stopped. The system takes it for a wanted one.`), face];
    }
    const words = wanted ? ["✓ Wanted", "The alarm is right."] : ["✗ Not wanted", "Somebody else is stopped."];
    return [make("p", { class: "big" }, `Vehicle ${number} is stopped.`), make("div", { class: `face turned ${wanted ? "right" : "wrong"}` }, make("b", {}, words[0]), make("span", {}, words[1]))];
  }

  return (state) => {
    const wasInside = stage.el.contains(document.activeElement);
    draw(state);
    wanted.select.value = state.wanted;
    threshold.select.value = state.threshold;
    buttons.forEach((one) => (one.hidden = state.tested >= PEOPLE));
    newDay.hidden = state.tested < PEOPLE;
    card.replaceChildren(...told(state));
    if (wasInside && !stage.el.contains(document.activeElement)) (card.querySelector("button") ?? (newDay.hidden ? buttons[0] : newDay)).focus({ preventScroll: true });
  };
}
