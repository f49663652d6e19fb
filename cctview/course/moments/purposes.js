// Who needs what, then be the thief (cctview.course.moments.purposes).
// State: needs (which uses), fear (which thief, of the data's fears), times (whether it has the times too), thief (whether the reader is one), tried (which attacks, in order).

const LEFT = 70, TOP = 20, WIDE = 500, HIGH = 270; // the plot, in units
const SHAPES = { pixels: "M-7 0A7 7 0 1 1 7 0A7 7 0 1 1 -7 0Z", vectors: "M-6 -6H6V6H-6Z", database: "M0 -8L8 6H-8Z" };

/** Where a defence stands for an owner: what is lost of the worst served need, and the share of the bits that it buys back. */
function place(data, one, { needs, fear, times }) {
  const kept = needs.map((use) => one.kept[data.uses.indexOf(use)]);
  return { lost: 1 - Math.min(1, ...kept), bought: one.bought[2 * fear + (times ? 1 : 0)] };
}

/** The best defence for an owner, chosen on one half of the vehicles and judged on the other. */
function best(data, { needs, fear, times }) {
  return data.best[data.uses.filter((use) => needs.includes(use)).join("+")]?.[2 * fear + (times ? 1 : 0)];
}

/** The passes that are left to choose from, of a crowd, if a search tells so many bits. */
function left(crowd, bits) {
  return Math.min(crowd, Math.max(1, Math.round(crowd / 2 ** bits)));
}

function play(stage) {
  const { data } = stage;
  const SVG = "http://www.w3.org/2000/svg";
  const draw = (tag, attributes, ...children) => {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const percent = (share) => `${Math.round(100 * share)} %`;
  const button = (words, onclick, attributes = {}) => make("button", { type: "button", onclick, ...attributes }, words);
  const x = (lost) => LEFT + WIDE * lost, y = (bought) => TOP + HIGH * (1 - Math.max(bought, -0.05));
  const caseOf = (name) => data.cases.find((one) => one.name === name);
  const attacksOf = (state) => caseOf(best(data, state).chosen[0])?.attacks ?? data.none;
  const spoken = (attack) => `${attack.who}${attack.times ? ", with the times" : ", vectors alone"}`;

  const boxes = data.uses.map((use) => {
    const box = make("input", { type: "checkbox", onchange: () => stage.set({ needs: data.uses.filter((other, k) => boxes[k].box.checked) }) });
    return { box, label: make("label", {}, box, ` ${use}`) };
  });
  const fear = make("select", { onchange: () => stage.set({ fear: Number(fear.value) }) }, ...data.fears.map((who, k) => make("option", { value: k }, who)));
  const times = make("input", { type: "checkbox", onchange: () => stage.set({ times: times.checked }) });
  const points = data.cases.map((one) => draw("path", { d: SHAPES[one.where] }, draw("title", {}, one.words)));
  const frontier = draw("path", { class: "frontier" });
  const ring = draw("circle", { class: "ring", r: 13 });
  const span = draw("line", { class: "span" });
  const name = draw("text", { class: "name" });
  const axis = (part, at) => draw("text", { ...at, class: "tick" }, percent(part));
  const plot = draw("svg", { viewBox: "0 0 600 340", role: "img" },
    draw("rect", { class: "enough", x: LEFT, y: TOP, width: WIDE * (1 - data.least), height: HIGH }),
    draw("path", { class: "axes", d: `M${LEFT} ${TOP}V${TOP + HIGH}H${LEFT + WIDE}` }),
    ...[0, 0.5, 1].flatMap((part) => [axis(part, { x: LEFT - 8, y: y(part) + 5, "text-anchor": "end" }), axis(part, { x: x(part), y: TOP + HIGH + 20, "text-anchor": "middle" })]),
    draw("text", { class: "title", x: LEFT + WIDE / 2, y: TOP + HIGH + 44, "text-anchor": "middle" }, "share that you lose of what you need"),
    draw("text", { class: "title", transform: `translate(16 ${TOP + HIGH / 2}) rotate(-90)`, "text-anchor": "middle" }, "share of bits taken from the thief"),
    frontier, ...points, span, ring, name);
  const verdict = make("p", { class: "big" });
  const steal = button("Now be the thief", () => stage.set({ thief: true, tried: [] }), { class: "go" });
  const owner = make("div", { class: "owner" },
    make("div", { class: "ask" },
      make("fieldset", {}, make("legend", {}, "You own a database of passes. What is it for?"), ...boxes.map(({ label }) => label)),
      make("label", {}, "The thief that you fear: ", fear),
      make("label", {}, times, " and it uses the stored times, too")),
    make("div", {}, plot, verdict, steal));
  const thief = make("div", { class: "thief" });
  stage.el.append(owner, thief);

  function drawOwner(state) {
    const { needs } = state;
    boxes.forEach(({ box }, k) => (box.checked = needs.includes(data.uses[k])));
    fear.value = state.fear;
    times.checked = state.times;
    const places = data.cases.map((one) => place(data, one, state));
    places.forEach(({ lost, bought }, k) => {
      points[k].style.transform = `translate(${x(lost)}px, ${y(bought)}px)`;
      points[k].style.display = bought === null ? "none" : ""; // that thief has no pictures
      points[k].setAttribute("class", `${data.cases[k].where} ${lost <= 1 - data.least ? "useful" : "useless"}`);
    });
    let path = "", high = -Infinity;
    for (const { lost, bought } of places.filter((one) => one.bought !== null).sort((a, b) => a.lost - b.lost || b.bought - a.bought)) {
      if (bought <= high) continue;
      path += path ? `H${x(lost)}V${y(bought)}` : `M${x(lost)} ${y(bought)}`;
      high = bought;
    }
    frontier.setAttribute("d", `${path}H${LEFT + WIDE}`);
    const found = best(data, state);
    const chosen = found && caseOf(found.chosen[0]);
    for (const mark of [ring, span, name]) mark.toggleAttribute("hidden", !chosen);
    steal.disabled = !found;
    if (!found) {
      verdict.textContent = "Tick what the database is for. An owner who needs nothing need not keep it.";
    } else if (!chosen) {
      verdict.textContent = `No defence keeps ${percent(data.least)} of ${list(needs)}.`;
    } else {
      const at = place(data, chosen, state);
      ring.style.transform = `translate(${x(at.lost)}px, ${y(at.bought)}px)`;
      for (const [key, value] of Object.entries({ x1: x(at.lost), x2: x(at.lost), y1: y(found.low), y2: y(found.high) })) span.setAttribute(key, value);
      name.setAttribute("x", x(at.lost) + 20);
      name.setAttribute("y", y(at.bought) + (at.bought > 0.9 ? 26 : 5)); // below the points at 100 %
      name.textContent = chosen.words;
      const or = found.chosen.slice(1).map((other) => ` or ${caseOf(other)?.words ?? other}`);
      const [low, high] = [found.low, found.high].map(percent);
      const interval = low === high ? "" : ` (95 % CI ${low} to ${high})`;
      verdict.textContent = `Best for ${list(needs)}: ${chosen.words}${or.join("")}. It takes ${percent(Math.max(found.share, 0))} of a link's bits from this thief${interval}.`;
    }
    plot.setAttribute("aria-label", `${data.cases.length} defences: what each costs the owner, and takes from the thief. ${verdict.textContent}`);
  }

  const list = (words) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);

  function drawThief(state) {
    const { tried, needs } = state;
    const chosen = caseOf(best(data, state).chosen[0]);
    const attacks = attacksOf(state);
    const last = attacks[tried.at(-1)];
    const number = last ? left(data.crowd, last.bits) : data.crowd;
    const dots = Array.from({ length: data.crowd }, (_, k) => draw("circle", { cx: 8 + 13 * (k % 44), cy: 8 + 13 * Math.floor(k / 44), r: 5, class: k < number ? "lit" : "" }));
    const crowd = draw("svg", { viewBox: `0 0 576 ${13 * Math.ceil(data.crowd / 44) + 4}`, role: "img", "aria-label": `${number} of ${data.crowd} passes are left` }, ...dots);
    const choose = (k) => () => stage.set({ tried: [...tried.filter((one) => one !== k), k] });
    const offer = (attack, k) =>
      button(attack.times ? "with the times" : "vectors alone", choose(k), { "aria-pressed": tried.at(-1) === k, "aria-label": spoken(attack) });
    const groups = [...new Set(attacks.map(({ who }) => who))].map((who) =>
      make("div", {}, make("p", {}, make("b", {}, who), `: ${data.who[who]}`), ...attacks.map((attack, k) => (attack.who === who ? offer(attack, k) : ""))));
    const rows = tried.map((k) => make("li", {}, `${spoken(attacks[k])}: ${left(data.crowd, attacks[k].bits)} left`));
    thief.replaceChildren(
      make("div", { class: "ask" },
        make("p", {}, make("b", {}, "You are the thief."), ` The owner needs ${list(needs)}, and uses: `, make("b", {}, chosen?.words ?? "no defence"), "."),
        make("p", {}, `You look for one vehicle among the ${data.crowd} passes at the next camera. Choose your attack:`),
        make("div", { class: "attacks" }, ...groups),
        button("Back to the owner", () => stage.set({ thief: false }))),
      make("div", {}, crowd, make("p", { class: "big" }, said(attacks, last, number)), make("ul", {}, ...rows)));
  }

  function said(attacks, last, number) {
    if (!last) return `All ${data.crowd} are lit: you know nothing yet.`;
    const bare = data.none.find((one) => one.who === last.who && one.times === last.times);
    const stronger = attacks.some((one) => one.bits > last.bits) ? "Another attack gets further." : "No other attack here gets further.";
    const open = bare && left(data.crowd, bare.bits);
    const without = !bare ? "Without the defence this was not measured." : number > open ? `Without the defence it is ${open}.` : `Without the defence it is ${open}, so against this attack the defence does nothing.`;
    return `As if ${number} of ${data.crowd} were left. ${without} ${stronger}`;
  }

  return (state) => {
    const focused = document.activeElement;
    const isInside = stage.el.contains(focused);
    const pressed = [...thief.querySelectorAll(".attacks button")].indexOf(focused);
    owner.hidden = state.thief;
    thief.hidden = !state.thief;
    if (state.thief) drawThief(state);
    else drawOwner(state);
    const goal = state.thief ? thief.querySelectorAll(".attacks button")[Math.max(pressed, 0)] : owner.contains(focused) ? focused : steal;
    if (isInside) goal.focus({ preventScroll: true });
    stage.say(state.thief ? "" : "Filled: keeps nine tenths of what you need. Squares change the vectors, triangles the database, circles the pixels.");
  };
}
