// The browser's side of cctview.show.widgets.camera.Camera, an anywidget: pictures, strip, time line, candidates, keys.

const BUSY = 150; // ms after which a picked vehicle is said to be searched for
const RATES = [[1, "real time"], [5, "5 × speed"], [15, "15 × speed"], [40, "40 × speed"]];
const AHEAD = 6; // frames decoded before they are due
const HELP =
  "Pictures. Arrow left and right: step. Space: play. Arrow up and down: other camera. Tab: vehicles; enter picks one. Escape: none.";

class View {
  constructor(model, frames, el) {
    Object.assign(this, { model, frames, el, playing: false, rate: 5, pinned: new Map(), clock: 0, asked: 0 });
    this.current = model.get("_at")[0];
    this.statistics = { drawn: 0, answers: [], pictured: [] }; // read by tests and benchmarks
    this.screens = frames.index.cameras.map((_, camera) => new Screen(this, camera));
    this.build();
    const followed = {
      _at: () => this.follow(), boxes: () => this.refreshBoxes(),
      together: () => (this.arrange(), this.marked()),
    };
    for (const [name, react] of Object.entries(followed)) model.on(`change:${name}`, react);
    const answered = (message) => message.kind === "answer" && this.answered(message);
    model.on("msg:custom", answered);
    const arrived = () => this.paint(), marked = () => this.marked();
    frames.listeners.add(arrived);
    frames.followers.add(marked);
    this.clean = () => {
      this.playing = false;
      clearInterval(this.watch);
      frames.listeners.delete(arrived);
      frames.followers.delete(marked);
      model.off("msg:custom", answered);
      for (const [name, react] of Object.entries(followed)) model.off(`change:${name}`, react);
    };
    this.watch = setInterval(() => this.watchSilence(), 1000);
    this.arrange();
    this.follow();
    this.marked();
    this.say("Click a vehicle to pick it, or press tab and enter. Space plays, arrow keys step.");
  }

  get times() {
    return this.frames.index.cameras[this.current].times;
  }
  get k() {
    return latest(this.times, this.clock);
  }

  build() {
    const { index } = this.frames;
    const several = index.cameras.length > 1;
    const button = (name, label, onclick) =>
      make("button", { type: "button", class: "tool", title: label, "aria-label": label, onclick }, icon(name));
    this.playButton = button("play", "Play (space)", () => this.play(!this.playing));
    const scrubbed = () => this.seek(this.times[this.scrub.valueAsNumber]);
    this.scrub = make("input", { type: "range", min: 0, step: 1, "aria-label": "Time", oninput: scrubbed });
    this.ticks = make("div", { class: "ticks", "aria-hidden": "true" });
    this.clockText = make("output", { class: "clock" });
    const speed = make("select", { "aria-label": "Speed", onchange: () => (this.rate = Number(speed.value)) },
      ...RATES.map(([rate, words]) => make("option", { value: rate }, words)));
    speed.value = String(this.rate);
    this.showBoxes = make("input", { type: "checkbox", onchange: () => this.set("boxes", this.showBoxes.checked) });
    this.showAll = make("input", { type: "checkbox", onchange: () => this.set("together", this.showAll.checked) });
    this.status = make("p", { class: "status", role: "status", "aria-live": "polite" });
    this.cards = make("ol", { class: "cards", "aria-label": "Candidates" });
    this.grid = make("div", { class: "screens", tabindex: "0", role: "group", "aria-label": HELP },
      ...this.screens.map((screen) => screen.element));
    const bar = make("div", { class: "bar" },
      button("back", "One frame back (arrow left)", () => this.step(-1)), this.playButton,
      button("next", "One frame on (arrow right)", () => this.step(1)),
      make("div", { class: "time-line" }, this.scrub, this.ticks), this.clockText, speed,
      make("label", {}, this.showBoxes, " boxes"), ...(several ? [make("label", {}, this.showAll, " all cameras")] : []));
    const parts = several ? [this.buildStrip(index)] : [];
    const onkeydown = (event) => this.key(event);
    this.root = make("div", { class: "cctview-camera", role: "group", "aria-label": "Clickable camera", onkeydown },
      ...parts, make("div", { class: "main" }, make("div", { class: "watching" }, this.grid, bar, this.status), this.cards));
    this.root.cctview = this.statistics;
    this.el.append(this.root);
  }

  buildStrip({ cameras, travel }) {
    this.stations = cameras.map(({ name, km, facing }, camera) => {
      const short = name.replace(/^.*@ */, "");
      const facts = [km === null ? null : `km ${km}`, facing && `faces ${facing}`].filter(Boolean).join(", ");
      const title = [name, facts].filter(Boolean).join(": ");
      return make("button", { type: "button", class: "station", title, onclick: () => this.choose(camera) },
        make("span", { class: "dot" }), make("b", {}, short), make("small", {}, facts), make("small", { class: "lag" }));
    });
    const items = this.stations.map((station, n) => {
      const gap = n && travel[n - 1];
      const [low, high] = gap ? gap.map((s) => Math.round(s)) : [];
      const text = gap ? (low === high ? `${low} s` : `${low}–${high} s`) : "";
      if (!text) return make("li", {}, station);
      return make("li", {}, make("span", { class: "gap", title: "travel time from the camera before" }, text), station);
    });
    const direction = cameras[0].km === null ? [] : [make("span", { class: "direction" }, "south →")];
    return make("nav", { class: "strip", "aria-label": "Cameras in driving order" }, make("ol", {}, ...items), ...direction);
  }

  set(name, value) {
    this.model.set(name, value);
    try {
      this.model.save_changes();
    } catch {
      this.frames.cut = true;
    }
  }
  say(text, kind = "") {
    this.status.textContent = text;
    this.status.className = `status ${kind}`;
  }

  /** Which screens are shown, and which camera is the current one. */
  arrange() {
    const together = this.model.get("together");
    this.showAll.checked = together;
    this.grid.classList.toggle("together", together);
    for (const screen of this.screens) {
      screen.element.hidden = !together && screen.camera !== this.current;
      screen.element.classList.toggle("current", screen.camera === this.current);
    }
    this.stations?.forEach((station, camera) => station.setAttribute("aria-current", camera === this.current));
    this.refreshBoxes();
    this.tickMarks();
    this.paint();
  }
  refreshBoxes() {
    this.showBoxes.checked = this.model.get("boxes");
    for (const screen of this.screens) screen.drawBoxes();
  }

  /** Draw what is due. */
  paint() {
    for (const screen of this.screens) {
      if (screen.element.hidden) continue;
      const { times } = screen.info;
      const k = this.pinned.get(screen.camera) ?? latest(times, this.clock);
      if (screen.show(k)) this.statistics.drawn += 1;
      if (this.playing) for (let n = 1; n <= AHEAD && k + n < times.length; n++) this.frames.picture(screen.camera, k + n);
    }
    const { k } = this;
    if (this.scrub.valueAsNumber !== k) this.scrub.value = String(k);
    const time = this.frames.clock(this.times[k]);
    if (this.clockText.value !== time) {
      this.clockText.value = time;
      this.scrub.setAttribute("aria-valuetext", `${time}, frame ${k + 1} of ${this.times.length}`);
    }
    this.drawCards();
  }

  /** Minutes, and the moments of the picked vehicle and the candidates, below the time line. */
  tickMarks() {
    const { times, frames } = this;
    this.scrub.max = String(times.length - 1);
    this.scrub.disabled = times.length < 2;
    const at = (k) => `left: ${(100 * k) / Math.max(times.length - 1, 1)}%`;
    const minute = (k) => Math.floor(times[k] / 60);
    const firsts = [...times.keys()].filter((k) => !k || minute(k) !== minute(k - 1));
    const every = Math.ceil(firsts.length / 4);
    const words = (k, n) => (n % every ? "" : frames.clock(times[k]).slice(0, 5));
    const ticks = firsts.map((k, n) => make("span", { style: at(k) }, words(k, n)));
    const moments = [...this.marks?.values() ?? []].filter((mark) => mark.camera === this.current);
    this.ticks.replaceChildren(...ticks, ...moments.map((mark) => make("i", { style: at(mark.k) })));
  }

  seek(seconds) {
    this.play(false);
    this.pinned.clear();
    this.clock = seconds;
    this.paint();
    this.settle();
  }
  step(count) {
    const k = Math.min(Math.max(this.k + count, 0), this.times.length - 1);
    this.seek(this.times[k]);
  }
  /** Tell Python, and the screen reader, where we stand, once we have stood for a moment. */
  settle() {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      const { k, current } = this;
      const count = this.frames.boxes(current, k).length;
      const boxes = `${count} ${count === 1 ? "box" : "boxes"}`;
      this.say(`${this.screens[current].info.name}, ${this.frames.clock(this.times[k])}: ${boxes}`);
      this.set("_at", [current, k]);
    }, 250);
  }
  follow() {
    const [camera, k] = this.model.get("_at");
    if (camera === this.current && k === this.k) return this.paint();
    this.play(false);
    this.pinned.clear();
    this.current = camera;
    this.clock = this.times[k];
    this.arrange();
  }
  choose(camera, settle = true) {
    if (camera === this.current && !settle) return;
    this.current = camera;
    const pinned = this.pinned.get(camera);
    if (pinned !== undefined && !this.model.get("together")) {
      this.pinned.delete(camera);
      this.clock = this.times[pinned];
    }
    this.arrange();
    this.settle();
  }

  play(on) {
    if (on === this.playing) return;
    this.playing = on;
    this.playButton.replaceChildren(icon(on ? "pause" : "play"));
    const label = on ? "Pause (space)" : "Play (space)";
    this.playButton.title = label;
    this.playButton.setAttribute("aria-label", label);
    if (!on) return this.settle();
    this.say("");
    this.pinned.clear();
    const end = Math.max(...this.frames.index.cameras.map(({ times }) => times[times.length - 1]));
    if (this.clock >= end) this.clock = 0;
    let before = performance.now();
    const tick = (now) => {
      if (!this.playing) return;
      this.clock += (this.rate * Math.min(now - before, 250)) / 1000;
      before = now;
      if (this.clock >= end) this.clock = end;
      this.paint();
      if (this.clock >= end) this.play(false);
      else requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab") return;
    event.stopPropagation(); // or the notebook would take it for one of its own commands
    if (["INPUT", "SELECT"].includes(event.target.tagName)) return;
    const actions = {
      ArrowLeft: () => this.step(-1), ArrowRight: () => this.step(1),
      Home: () => this.step(-Infinity), End: () => this.step(Infinity),
      ArrowUp: () => this.choose(Math.max(this.current - 1, 0)),
      ArrowDown: () => this.choose(Math.min(this.current + 1, this.screens.length - 1)),
      Escape: () => this.pick(null, event), b: () => this.set("boxes", !this.model.get("boxes")),
    };
    if (event.target.tagName !== "BUTTON") actions[" "] = () => this.play(!this.playing);
    if (!(event.key in actions)) return;
    event.preventDefault();
    if (event.target.classList.contains("box")) this.grid.focus({ preventScroll: true }); // the box goes, and would take it along
    actions[event.key]();
  }

  pick(id, event) {
    event.stopPropagation();
    const screen = id && this.screens.find(({ info }) => id.startsWith(`${info.id}--`));
    if (screen) {
      const { shown } = screen;
      if (this.playing) this.play(false);
      clearTimeout(this.settling);
      this.current = screen.camera;
      if (!this.pinned.has(screen.camera)) this.clock = this.times[shown];
      this.arrange();
    }
    this.question = { number: ++this.asked, begin: event.timeStamp };
    this.clicked = null;
    this.frames.send({ kind: "pick", id, number: this.asked });
    if (this.frames.cut) return this.watchSilence();
    clearTimeout(this.busy);
    this.busy = setTimeout(() => this.say("Python is working …", "busy"), BUSY);
  }
  answered({ number, error }) {
    if (number !== this.question?.number) return;
    clearTimeout(this.busy);
    this.statistics.answers.push(performance.now() - this.question.begin);
    this.clicked = this.question.begin;
    if (this.statistics.answers.length > 1000) this.statistics.answers.shift();
    this.question = null;
    if (error) this.say(error, "error");
    else {
      this.marked();
      this.sayPicked();
    }
  }
  sayPicked() {
    const { picked, marks } = this;
    if (!picked) return this.say("Nothing picked.");
    const [camera, , , , , type, percent] = picked.split("--");
    const name = this.frames.index.cameras.find(({ id }) => id === camera).name;
    const found = marks.size ? ` ${marks.size} candidate${marks.size > 1 ? "s" : ""}.` : "";
    const time = this.frames.clock(secondsOf(picked, this.frames.index.begin));
    this.say(`Picked: ${type}, ${Math.round(percent)} %, ${name}, ${time}.${found}`);
  }

  /** Another vehicle is picked, or other candidates are marked. */
  marked() {
    const { index } = this.frames;
    this.picked = this.frames.picked;
    this.marks = new Map(this.frames.marks.map((mark) => [mark.id, mark]));
    this.pinned.clear();
    const best = new Map();
    for (const mark of this.marks.values()) if (!best.has(mark.camera)) best.set(mark.camera, mark);
    const begin = this.picked ? secondsOf(this.picked, index.begin) : null;
    if (this.picked) {
      const camera = index.cameras.findIndex(({ id }) => this.picked.startsWith(`${id}--`));
      best.set(camera, { k: latest(index.cameras[camera].times, begin), picked: true });
    }
    if (this.marks.size) for (const [camera, { k }] of best) this.pinned.set(camera, k);
    if (!this.model.get("together")) this.pinned.clear();
    this.stations?.forEach((station, camera) => {
      const mark = best.get(camera);
      station.classList.toggle("hit", Boolean(mark));
      station.classList.toggle("picked", Boolean(mark?.picked));
      station.classList.toggle("none", Boolean(mark?.weak));
      station.lastChild.textContent = !mark ? "" : mark.picked ? "picked" : mark.weak ? "not found" : this.lag(mark);
    });
    this.cards.replaceChildren(...this.makeCards([...this.marks.values()]));
    if (this.status.textContent.startsWith("Picked")) this.sayPicked(); // another count, or none
    this.tickMarks();
    this.refreshBoxes();
    this.paint();
  }
  lag(mark) {
    const seconds = this.frames.index.cameras[mark.camera].times[mark.k];
    if (!this.picked) return this.frames.clock(seconds);
    const lag = seconds - secondsOf(this.picked, this.frames.index.begin);
    return `${Math.abs(lag)} s ${lag < 0 ? "before" : "later"}`;
  }
  /** A card for each candidate; with a heading for each camera, where cameras have ranks of their own. */
  makeCards(marks) {
    const grouped = marks.filter(({ rank }) => rank === 1).length > 1;
    this.cards.classList.toggle("grouped", grouped);
    return marks.flatMap((mark, n) => {
      const card = this.makeCard(mark, grouped && mark.rank === 1);
      if (!grouped || marks[n - 1]?.camera === mark.camera) return [card];
      const found = make("small", {}, mark.label);
      return [make("li", { class: mark.weak ? "of unsure" : "of" }, `${this.screens[mark.camera].info.name}: `, found), card];
    });
  }
  makeCard(mark, headed) {
    const { info } = this.screens[mark.camera];
    const thumb = make("canvas", { width: 96, height: 64, "aria-hidden": "true" });
    const go = () => {
      this.pinned.delete(mark.camera);
      this.current = mark.camera;
      this.seek(info.times[mark.k]);
      this.arrange();
    };
    const facts = [this.lag(mark), headed ? "" : mark.label].filter(Boolean).join(" · ");
    const card = make("li", mark.weak ? { class: "weak" } : {}, make("button", { type: "button", onclick: go },
      make("b", { class: "rank" }, String(mark.rank)), thumb, make("span", {}, info.name), make("small", {}, facts)));
    Object.assign(card, { mark, thumb });
    return card;
  }
  /** Cut each candidate out of its frame, where that has come meanwhile. */
  drawCards() {
    for (const { mark, thumb } of [...this.cards.children].filter((card) => !card.drawn && (card.mark ?? false))) {
      const picture = this.frames.picture(mark.camera, mark.k);
      if (picture === undefined) continue;
      thumb.parentElement.parentElement.drawn = true;
      if (!picture) continue;
      const [x1, y1, x2, y2] = mark.box;
      const width = Math.max((x2 - x1) * 1.3, (y2 - y1) * 1.3 * 1.5), height = width / 1.5;
      thumb.getContext("2d").drawImage(picture, (x1 + x2 - width) / 2, (y1 + y2 - height) / 2, width, height, 0, 0, 96, 64);
    }
    if (this.clicked === null || [...this.cards.children].some((card) => card.mark && !card.drawn)) return;
    this.statistics.pictured.push(performance.now() - this.clicked);
    this.clicked = null;
  }

  watchSilence() {
    if (this.frames.silent()) {
      this.say("Python does not answer: its kernel has ended or begun again. Choose Run All Cells in the menu Run to bring the camera to life.", "error");
      this.paint();
    } else if (this.status.classList.contains("error") && this.status.textContent.startsWith("Python does")) this.sayPicked();
  }
}

const shared = new WeakMap();

export default {
  render({ model, el }) {
    if (!shared.has(model)) shared.set(model, new Frames(model));
    const view = new View(model, shared.get(model), el);
    return () => view.clean();
  },
};
