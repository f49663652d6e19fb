// Be the operator (cctview.course.moments.operator): follow a car from camera to camera by hand, then see the system's picks and the truth.
// State: frame, car (null: none is followed), picks (which crop at each camera so far; -1: none of them),
// turned (0: your picks are seen, 1: the system's too, 2: the truth too), rounds (finished: frame, car, picks).

const NONE = -1;
const MARKS = { right: "✓", stranger: "✗", missed: "–" };
const SAID = { right: "right, or rightly none of these", stranger: "wrong: a stranger is followed", missed: "missed" };

/** What became of a pick. */
function verdict(pick, truth) {
  if (pick === truth) return "right";
  return pick === NONE ? "missed" : "stranger";
}

/** How many picks are right, and how many follow a stranger. */
function count(steps, picks) {
  const verdicts = picks.map((pick, k) => verdict(pick, steps[k].truth));
  const how = (many) => verdicts.filter((one) => one === many).length;
  return { right: how("right"), strangers: how("stranger"), of: picks.length };
}

/** Both sides of some rounds, added up. */
function total(data, rounds) {
  const sum = (who) =>
    rounds.reduce(
      (all, round) => {
        const { steps } = data.frames[round.frame].cars[round.car];
        const one = count(steps, who === "you" ? round.picks : steps.map((step) => step.system));
        return { right: all.right + one.right, strangers: all.strangers + one.strangers, of: all.of + one.of };
      },
      { right: 0, strangers: 0, of: 0 },
    );
  return { you: sum("you"), system: sum("system") };
}

function play(stage) {
  const { data } = stage;
  const carOf = ({ frame, car }) => data.frames[frame].cars[car];
  const button = (words, onclick, attributes = {}) => make("button", { type: "button", onclick, ...attributes }, words);
  const isPlayed = (frame, car) => stage.state.rounds.some((round) => round.frame === frame && round.car === car);
  const follow = (car) => stage.set({ car, picks: [], turned: 0 });
  const pick = (crop) => {
    const { car, picks } = stage.state;
    if (car === null) return;
    const { steps } = carOf(stage.state);
    if (picks.length < steps.length && crop < steps[picks.length].crops.length) stage.set({ picks: [...picks, crop] });
  };
  const back = () => {
    const { car, picks, turned } = stage.state;
    if (car !== null && !turned) stage.set(picks.length ? { picks: picks.slice(0, -1) } : { car: null });
  };
  const turn = () => {
    const { frame, car, picks, turned, rounds } = stage.state;
    stage.set(turned ? { turned: 2, rounds: [...rounds, { frame, car, picks }] } : { turned: 1 });
  };
  stage.keys({ 0: () => pick(NONE), 1: () => pick(0), 2: () => pick(1), 3: () => pick(2), 4: () => pick(3), Backspace: back });

  function choosing({ frame, rounds }) {
    const { place, time, picture, width, height, cars } = data.frames[frame];
    const boxes = cars.map(({ box, looks }, car) => {
      const [x1, y1, x2, y2] = box;
      const style = `left:${(100 * x1) / width}%;top:${(100 * y1) / height}%;width:${(100 * (x2 - x1)) / width}%;height:${(100 * (y2 - y1)) / height}%`;
      const done = isPlayed(frame, car);
      const label = `Follow the ${looks}${done ? ", again" : ""}`;
      return button(done ? "✓" : "", () => follow(car), { class: done ? "box done" : "box", style, "aria-label": label, title: label });
    });
    const others = data.frames.map((one, k) => button(one.place, () => stage.set({ frame: k }), { "aria-pressed": k === frame }));
    stage.say(`${cars.length} cars have a box: they are large enough here, and pass at least ${data.further} more cameras.`);
    return [
      make("div", { class: "look" },
        make("div", { class: "screen" }, make("img", { src: picture, alt: `The road at ${place}, ${time}, with ${cars.length} cars to choose from` }), ...boxes),
        make("div", { class: "places", role: "group", "aria-label": "Camera" }, make("span", {}, "Camera: "), ...others)),
      make("div", { class: "tell" },
        make("p", { class: "big" }, rounds.length ? "Click another car in a yellow box." : "You are the operator. Click a car in a yellow box."),
        make("p", {}, "Then find it again at each camera that it comes to next. Each time you see four cut-out pictures, called crops."),
        make("p", {}, "At the end the system's picks for the same car are turned over, and then the truth."),
        ...ledger(rounds)),
    ];
  }

  function crop({ picture, looks, after }, words = `${after} s later`) {
    return [make("img", { src: picture, alt: looks }), make("span", {}, words)];
  }

  function picking(state) {
    const { picks } = state;
    const { steps, crop: own, looks } = carOf(state);
    const { place, crops } = steps[picks.length];
    const from = data.frames[state.frame];
    const offers = crops.map((one, k) =>
      make("button", { type: "button", class: "offer", onclick: () => pick(k), "aria-label": `Crop ${k + 1}: ${one.looks}, ${one.after} s later` },
        ...crop(one, `${k + 1} · ${one.after} s after ${from.place}`)));
    stage.say(`Camera ${picks.length + 1} of ${steps.length}: ${place}. Choose a crop, or “None of these”.${keyed(` Keys: 1 to ${crops.length}, and 0.`)}`);
    return [
      make("div", { class: "own" },
        make("img", { src: own, alt: looks }),
        make("div", {}, make("p", {}, make("b", {}, "Your car"), make("br"), `${from.place}, ${from.time}`), button("Back", back))),
      make("div", { class: "ask" },
        make("p", { class: "big" }, `Camera ${picks.length + 1} of ${steps.length}: ${place}. Which is your car?`),
        make("div", { class: "offers" }, ...offers),
        button("0 · None of these", () => pick(NONE), { class: "none" }),
        ...(picks.length ? [make("p", { class: "before" }, "Your picks so far:", ...picks.map((one, k) => sofar(steps[k], one)))] : [])),
    ];
  }

  function sofar(step, picked) {
    return picked === NONE
      ? make("span", { class: "nobody" }, `${step.place}: none`)
      : make("img", { src: step.crops[picked].picture, alt: `${step.place}: ${step.crops[picked].looks}`, title: step.place });
  }

  function card(step, picked, { who, covered, judged, fresh, note }) {
    const said = picked === NONE ? "none of these" : `${step.crops[picked].after} s later`;
    const how = judged && verdict(picked, step.truth);
    const attributes = { class: `card ${covered ? "covered" : ""} ${how || ""} ${fresh ? "fresh" : ""}`, role: "img" };
    attributes["aria-label"] = `${who} at ${step.place}: ${covered ? "still covered" : said}${how ? `, ${SAID[how]}` : ""}`;
    if (covered) return make("div", { ...attributes, onclick: turn }, make("span", { class: "question" }, "?"));
    const shown = picked === NONE ? [make("span", { class: "nobody" }, "none of these")] : crop(step.crops[picked], note ?? said);
    if (picked === NONE && note) shown.push(make("span", {}, note));
    return make("div", attributes, ...shown, ...(how ? [make("b", { class: "mark" }, MARKS[how])] : []));
  }

  function turning(state) {
    const { picks, turned, rounds } = state;
    const { steps, looks, crop: own } = carOf(state);
    const judged = turned === 2;
    const rows = [
      ["You", steps.map((step, k) => card(step, picks[k], { who: "You", judged }))],
      ["The system", steps.map((step) => card(step, step.system, {
        who: "The system", judged, covered: turned < 1, fresh: turned === 1, note: step.system === NONE ? `best: ${percent(step.sure)} sure` : `${percent(step.sure)} sure`,
      }))],
      ["The truth", steps.map((step) => card(step, step.truth, { who: "The truth", covered: turned < 2, fresh: judged, note: step.truth === NONE ? "it passed, and the tracker missed it" : undefined }))],
    ];
    const grid = make("div", { class: "cards", style: `--cameras: ${steps.length}` },
      make("img", { src: own, alt: `Your car: ${looks}`, class: "corner" }), ...steps.map((step) => make("b", {}, step.place)),
      ...rows.flatMap(([who, cards]) => [make("b", { class: "who" }, who), ...cards]));
    const words = ["Turn over the system's picks", "Turn over the truth", "Follow another car"][turned];
    const go = button(words, judged ? () => stage.set({ car: null, picks: [], turned: 0 }) : turn, { class: "go" });
    const top = judged ? result(steps, picks) : turned ? linked(steps) : `Your picks for the ${looks}, at ${steps.length} cameras.`;
    stage.say(judged ? "✓ right, or rightly “none of these”   ✗ a stranger is followed   – missed" : turned ? "Which of these are right?" : "Whom did the system follow? Turn its cards over.");
    const below = judged && rounds.length > 1 ? [make("p", { class: "sum" }, summary(rounds))] : [];
    return [make("div", { class: "result" }, make("p", { class: "big" }, top), grid, make("div", { class: "next" }, go, ...below))];
  }

  const linked = (steps) => `The system links somebody at ${steps.filter((step) => step.system !== NONE).length} of ${steps.length} cameras.`;
  const percent = (share) => `${Math.round(100 * share)} %`;

  function result(steps, picks) {
    const you = count(steps, picks);
    const system = count(steps, steps.map((step) => step.system));
    return `You ${you.right} of ${you.of}, the system ${system.right} of ${system.of}. Strangers followed: you ${you.strangers}, the system ${system.strangers}.`;
  }

  function summary(rounds) {
    const { you, system } = total(data, rounds);
    return `All ${rounds.length} cars: you ${you.right} of ${you.of}, the system ${system.right}. Strangers followed: you ${you.strangers}, the system ${system.strangers}.`;
  }

  function ledger(rounds) {
    if (!rounds.length) return [];
    const cell = ({ right, strangers, of }) => make("td", {}, `${right} of ${of}${strangers ? `, ${strangers} ✗` : ""}`);
    const row = (name, { you, system }) => make("tr", {}, make("th", { scope: "row" }, name), cell(you), cell(system));
    const table = make("table", { class: "ledger" },
      make("caption", {}, "Right picks; ✗ a stranger is followed"),
      make("tr", {}, make("th", {}, "car"), make("th", { scope: "col" }, "you"), make("th", { scope: "col" }, "system")),
      ...rounds.map((round) => row(carOf(round).looks, total(data, [round]))));
    if (rounds.length > 1) table.append(row("all", total(data, rounds)));
    return [table];
  }

  return (state) => {
    const focused = document.activeElement, isInside = stage.el.contains(focused);
    const byKeys = isInside && focused.matches(":focus-visible");
    const { car, picks, turned } = state;
    const draw = car === null ? choosing : picks.length < carOf(state).steps.length ? picking : turning;
    stage.el.className = `stage ${draw.name}`;
    stage.el.replaceChildren(...draw(state));
    const goal = byKeys ? stage.el.querySelector(".offer, .go, .box:not(.done), .box") : null;
    if (isInside) (goal ?? stage.el).focus({ preventScroll: true }); // without a ring round a crop that no key has chosen
  };
}
