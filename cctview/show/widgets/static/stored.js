// Sliders on a page without Python: what panel.js needs of a model. The states are in the page, or in a script file beside it, which
// says cctviewKept(name, states); each is [the picture's address, its description, the words below it].

/** What script files have given so far, by their name: what they hold, or who waits for it. */
const files = new Map();
globalThis.cctviewKept = (name, data) => {
  for (const tell of files.get(name)?.waiting ?? []) tell(data);
  files.set(name, { data, waiting: [] });
};

/** What a script file holds. */
function load(address) {
  const name = address.replace(/^.*\/|\.js$/g, "");
  const file = files.get(name);
  if (file?.data) return Promise.resolve(file.data);
  if (!file) {
    files.set(name, { waiting: [] });
    document.head.append(make("script", { src: address }));
  }
  return new Promise((tell) => files.get(name).waiting.push(tell));
}

/** Load the pictures of these addresses, a few at a time, the first ones first. */
function preload(addresses) {
  const next = () => {
    const address = addresses.shift();
    if (!address) return;
    const image = new Image();
    image.onload = image.onerror = next;
    image.src = address;
  };
  for (let n = 0; n < 4; n++) next();
}

class Stored {
  constructor({ controls, at, first, ratio, states, script }) {
    this.traits = { _controls: controls, at, _first: first, ratio, stored: true };
    Object.assign(this, { states, script, heard: {} });
  }
  get(name) {
    return this.traits[name];
  }
  set(name, value) {
    this.traits[name] = value;
  }
  save_changes() {
    this.preload();
  }
  on(what, done) {
    (this.heard[what] ??= []).push(done);
  }
  off(what, done) {
    this.heard[what] = this.heard[what].filter((one) => one !== done);
  }
  send({ kind }) {
    if (kind !== "need") return;
    this.tell(this.states);
    if (this.script) void load(this.script).then((states) => this.tell(states));
  }
  tell(states) {
    this.states = states;
    for (const done of this.heard["msg:custom"] ?? []) done({ kind: "states", states }, []);
  }
  /** Load all pictures, from those that are near, once somebody wants to move a slider. */
  preload() {
    const count = Object.keys(this.states).length;
    if (this.loaded === count) return;
    this.loaded = count;
    const at = this.traits.at;
    const away = (key) => key.split(",").reduce((sum, k, n) => sum + Math.abs(k - at[n]), 0);
    const keys = Object.keys(this.states).sort((a, b) => away(a) - away(b));
    preload(keys.map((key) => this.states[key][0]));
  }
}

players.panel = (el, data) => {
  const model = new Stored(data);
  for (const event of ["pointerenter", "focusin"]) el.addEventListener(event, () => model.preload());
  panel.render({ model, el });
};
