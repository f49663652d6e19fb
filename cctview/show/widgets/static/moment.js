// The stage on which a moment plays (cctview.show.widgets.moment): it plays from data and a state, without Python.
// make.js, this file and the moment's own file, which defines `play`, are joined into one ES module.

const ONCE = Symbol.for("cctview.moments"); // shared by all modules of the page

/**
 * Let a moment play inside `el`. Returns a function that ends it.
 * `play(stage)` builds the elements, and returns a function that draws a state. `save(state)` is told of each change.
 */
function mount(el, play, data, state, save = () => {}) {
  const status = make("p", { class: "status", role: "status", "aria-live": "polite" });
  const root = make("div", { class: "stage", tabindex: "-1", onkeydown: (event) => pressed(event) });
  el.append(root, status);
  const ends = new AbortController();
  const keys = {};
  let draw = () => {};
  const stage = {
    el: root, data, calm: matchMedia("(prefers-reduced-motion: reduce)").matches, ended: ends.signal,
    get state() {
      return state;
    },
    /** Change the state, and draw it. */
    set(changes) {
      state = Object.freeze({ ...state, ...changes });
      save(state);
      draw(state);
    },
    /** Say something below the stage; screen readers read it aloud. */
    say(words) {
      status.textContent = words;
    },
    /** Keys that work wherever the focus is inside: stage.keys({ s: () => answer("same") }). */
    keys: (more) => void Object.assign(keys, more),
    /** Call step(0 … 1) for so many milliseconds; only step(1), and at once, for people who want no motion. */
    animate(milliseconds, step) {
      if (stage.calm) return Promise.resolve(step(1));
      return new Promise((done) => {
        let begin = null;
        const frame = (now) => {
          begin ??= now;
          const part = Math.min((now - begin) / milliseconds, 1);
          step(part);
          if (part === 1 || ends.signal.aborted) done();
          else requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);
      });
    },
  };
  function pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab") return;
    event.stopPropagation(); // or a notebook would take it for one of its own commands
    const act = keys[event.key] ?? keys[event.key.toLowerCase()];
    if (!act || event.target.matches("input:not([type=radio], [type=checkbox], [type=range]), textarea, select")) return;
    if ([" ", "Enter"].includes(event.key) && event.target.matches("button, summary, a")) return;
    event.preventDefault();
    act(event);
  }
  state = Object.freeze({ ...state });
  draw = play(stage) ?? draw;
  draw(state);
  return () => {
    ends.abort();
    root.remove();
    status.remove();
  };
}

/** Bring the moments of that name to life that stand still in this page, also those that come later. */
function start(name, play) {
  const { live } = (globalThis[ONCE] ??= { live: new WeakSet() });
  for (const el of document.querySelectorAll(`.cctview-moment[data-moment="${name}"]`)) {
    if (live.has(el)) continue;
    live.add(el);
    const { data, state } = JSON.parse(el.querySelector(":scope > script[type='application/json']").textContent);
    el.classList.add("live");
    mount(el, play, data, state);
  }
}
