// The browser's side of cctview.show.widgets.panel.Panel, an anywidget: controls, and the picture for their positions. make.js and
// this file are joined into one ES module.
//
// `render` needs of its model: get, set, save_changes, on, off and send. On a page without Python that is a `Stored` (stored.js), with
// get("stored") true, which answers the message "need" with all states: then the nearest one is shown.

const SILENCE = 6000; // ms without an answer after which we say that Python does not answer
const HEAD = 132; // px of a window that are not the notebook's, and air
let made = 0;

/** A control: its elements, and how it is set to a position. */
function control({ kind, label, about, words }, changed) {
  const id = `cctview-control-${++made}`, title = about || null;
  if (kind === "tick") {
    const input = make("input", { type: "checkbox", id, onchange: () => changed(+input.checked) });
    const row = make("div", { class: "control", title }, make("label", { for: id, class: "tick" }, input, make("span", {}, label)));
    return { row, input, set: (k) => (input.checked = k === 1) };
  }
  if (kind === "menu") {
    const input = make("select", { id, onchange: () => changed(input.selectedIndex) });
    input.append(...words.map((word) => make("option", {}, word)));
    const row = make("div", { class: "control", title }, make("label", { for: id }, label), input);
    return { row, input, set: (k) => (input.selectedIndex = k) };
  }
  const input = make("input", { type: "range", id, min: 0, max: words.length - 1, step: 1, oninput: () => changed(+input.value) });
  const says = make("output", { for: id });
  const longest = Math.max(...words.map((word) => word.length));
  says.style.minWidth = `${Math.min(longest, 22)}ch`;
  const set = (k) => {
    input.value = k;
    says.textContent = words[k];
    input.setAttribute("aria-valuetext", words[k]);
  };
  return { row: make("div", { class: "control", title }, make("label", { for: id }, label), input, says), input, set };
}

/** The pictures that Python has sent for one model, shared by its views. */
class States {
  constructor(model) {
    Object.assign(this, { model, held: new Map(), views: new Set() });
    model.on("msg:custom", (message, buffers) => {
      if (message.kind === "states") {
        for (const [key, [src, alt, words]] of Object.entries(message.states)) this.held.set(key, { key, src, alt, words });
        for (const view of this.views) view.show();
      }
      if (message.kind !== "state") return;
      const old = this.held.get(message.key);
      if (old?.src) URL.revokeObjectURL(old.src);
      const src = buffers.length ? URL.createObjectURL(new Blob([buffers[0]], { type: message.type })) : null;
      this.held.set(message.key, { ...message, src });
      for (const view of this.views) view.show();
    });
  }
  nearest(at) {
    let best, least = Infinity;
    const controls = this.model.get("_controls");
    for (const [key, state] of this.held) {
      const away = key.split(",").reduce((sum, k, n) => sum + Math.abs(k - at[n]) / controls[n].words.length, 0);
      if (state.src && away < least) [best, least] = [state, away];
    }
    return best;
  }
}

class View {
  constructor(model, states, el) {
    Object.assign(this, { model, states, since: null });
    this.board = make("div", { class: "board" });
    this.root = make("div", { class: "cctview-panel", role: "group", "aria-label": "Controls" }, this.board);
    this.root.addEventListener("keydown", (event) => {
      if (!event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation(); // or a notebook would take it for one of its own commands
    });
    if (model.get("ratio")) {
      this.image = make("img", { alt: "" });
      this.says = make("p", { class: "says", role: "status", "aria-live": "polite" });
      this.root.append(make("div", { class: "drawn" }, this.image, this.says));
      this.root.setAttribute("aria-label", "Controls of a figure");
      this.timer = setInterval(() => this.watch(), 500);
      new ResizeObserver(() => this.fit()).observe(this.board);
    }
    el.replaceChildren(this.root);
    this.heard = [["change:at", () => this.follow()], ["change:_controls", () => this.build()], ["change:disabled", () => this.follow()]];
    for (const [what, done] of this.heard) model.on(what, done);
    states.views.add(this);
    this.build();
    if (this.image) this.ask({ kind: "need", held: [...states.held.keys()] });
  }
  clean() {
    clearInterval(this.timer);
    if (this.image) this.ask({ kind: "gone" });
    this.states.views.delete(this);
    for (const [what, done] of this.heard) this.model.off(what, done);
  }

  build() {
    this.controls = this.model.get("_controls").map((spec, n) => control(spec, (k) => this.turn(n, k)));
    this.board.replaceChildren(...this.controls.map((one) => one.row));
    if (this.image) {
      const reset = make("button", { type: "button", class: "reset", onclick: () => this.go([...this.model.get("_first")]) }, "Reset");
      this.board.append(reset);
    }
    this.follow();
  }
  turn(n, k) {
    this.go(this.model.get("at").map((old, m) => (m === n ? k : old)));
  }
  go(at) {
    this.since = performance.now();
    this.model.set("at", at);
    this.follow();
    try {
      this.model.save_changes();
    } catch {
      this.silent = true;
    }
  }
  follow() {
    const at = this.model.get("at"), disabled = this.model.get("disabled") ?? [];
    if (at.length !== this.controls.length) return; // the controls change next
    this.controls.forEach((one, n) => {
      one.set(at[n]);
      one.input.disabled = disabled.includes(n);
    });
    this.show();
  }
  ask(message) {
    this.since = performance.now();
    try {
      this.model.send(message);
    } catch {
      this.silent = true;
    }
  }

  show() {
    if (!this.image) return;
    const at = this.model.get("at"), exact = this.states.held.get(at.join(","));
    const state = exact ?? (this.silent || this.model.get("stored") ? this.states.nearest(at) : undefined);
    this.root.classList.toggle("waiting", !state);
    if (!state) return;
    if (exact) Object.assign(this, { since: null, silent: false });
    if (state.src && this.image.src !== state.src) Object.assign(this.image, { src: state.src, alt: state.alt });
    const seen = !state.alt?.startsWith(state.words) || state.error; // a title stands in the picture already
    const near = exact || !this.model.get("stored") ? "" : `The nearest stored picture: ${this.named(state.key)}. `;
    this.tell(state.error ?? near + state.words, state.error ? "says error" : seen || near ? "says" : "says unseen");
  }
  /** The words for the positions of a key. */
  named(key) {
    return this.model.get("_controls").map(({ label, words }, n) => `${label} ${words[key.split(",")[n]]}`).join(", ");
  }
  tell(words, kind) {
    if (this.says.textContent !== words) this.says.textContent = words;
    this.says.className = kind;
    this.fit();
  }
  watch() {
    const waits = this.since === null ? 0 : performance.now() - this.since;
    if (this.model.get("stored") || this.states.held.has(this.model.get("at").join(","))) return;
    if (waits > SILENCE || this.silent) {
      this.silent = true;
      this.show();
      const near = this.image.src ? " The picture is the nearest one that was drawn." : "";
      this.tell(`Python does not answer. Choose Run All Cells in the menu Run to bring the sliders to life.${near}`, "says error");
    } else if (waits > 400) this.tell("drawing …", "says");
  }
  /** The picture as wide as what stands above it lets it be, so that all of it is on the screen. */
  fit() {
    const above = this.board.offsetHeight + (this.says.className === "says unseen" ? 0 : 30);
    this.root.style.setProperty("--ratio", this.model.get("ratio"));
    this.root.style.setProperty("--tall", `calc(100vh - ${HEAD}px)`);
    this.root.style.setProperty("--above", `${above}px`);
  }
}

const shared = new WeakMap();

export default {
  render({ model, el }) {
    if (!shared.has(model)) shared.set(model, new States(model));
    const view = new View(model, shared.get(model), el);
    return () => view.clean();
  },
};
