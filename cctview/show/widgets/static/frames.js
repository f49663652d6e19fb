// The frames of cctview.show.widgets.camera.Camera in the browser. make.js, this file, screen.js and camera.js are joined into one ES module.
//
// Python sends the times of all frames at once (the trait _index), and, when asked, the JPEG files and boxes of one minute of one
// camera (a "chunk"). Files and decoded pictures are kept here, the least recently used given up first.

const MEGABYTE = 2 ** 20;
const LIMITS = { files: 96 * MEGABYTE, pictures: 128 * MEGABYTE };
const SILENCE = 5000; // ms without an answer after which we say that Python does not answer
const ICONS = {
  play: "M5 3 L19 12 L5 21 Z", pause: "M5 3 H10 V21 H5 Z M14 3 H19 V21 H14 Z",
  back: "M18 3 L8 12 L18 21 Z M4 3 H7 V21 H4 Z", next: "M6 3 L16 12 L6 21 Z M17 3 H20 V21 H17 Z",
};

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  svg.firstChild.setAttribute("d", ICONS[name]);
  return svg;
}

/** Position of the last of the ascending times that is not after t; 0 if there is none. */
function latest(times, t) {
  let low = 0, high = times.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (times[middle] <= t) low = middle;
    else high = middle;
  }
  return low;
}

/** A Map that holds a number of bytes at most; what was used longest ago goes first. */
class Cache {
  constructor(limit, release = () => {}) {
    Object.assign(this, { limit, release, bytes: 0, entries: new Map() });
  }
  get(key) {
    const entry = this.entries.get(key);
    if (!entry) return undefined;
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry.value;
  }
  set(key, value, bytes) {
    this.bytes += bytes - (this.entries.get(key)?.bytes ?? 0); // an answer that was late comes twice
    this.entries.delete(key);
    this.entries.set(key, { value, bytes });
    for (const [old, entry] of this.entries) {
      if (this.bytes <= this.limit || old === key) break;
      this.entries.delete(old);
      this.bytes -= entry.bytes;
      this.release(entry.value);
    }
  }
}

/** The frames that Python has sent, shared by all views of one widget. */
class Frames {
  constructor(model) {
    this.model = model;
    this.index = model.get("_index");
    this.files = new Cache(LIMITS.files);
    this.pictures = new Cache(LIMITS.pictures, (picture) => picture.close?.());
    this.asked = new Map(); // chunk -> when
    this.decoding = new Set();
    this.listeners = new Set();
    this.followers = new Set(); // of what is picked and marked
    Object.assign(this, { picked: null, marks: [] });
    model.on("msg:custom", (message, buffers) => {
      if (message.kind === "chunk") this.receive(message, buffers);
      if (message.kind !== "marks") return;
      message.frames.forEach(([camera, k], n) => this.decode(camera, k, buffers[n]));
      Object.assign(this, { picked: message.picked, marks: message.marks });
      for (const follower of this.followers) follower();
    });
    this.send({ kind: "marks" });
  }
  /** Send Python a message. It throws where the kernel has ended or begun again: then `silent` says so. */
  send(message) {
    try {
      this.model.send(message);
    } catch {
      this.cut = true;
    }
  }
  tell() {
    for (const listener of this.listeners) listener();
  }
  receive({ camera, chunk, first, boxes }, buffers) {
    const files = buffers.map((buffer) => new Blob([buffer], { type: "image/jpeg" }));
    const bytes = files.reduce((sum, file) => sum + file.size, 0);
    this.files.set(`${camera}/${chunk}`, { first, boxes, files }, bytes);
    this.asked.delete(`${camera}/${chunk}`);
    this.tell();
  }
  /** The chunk that holds frame k of a camera; asks for it, and returns undefined, if it is not here. */
  chunk(camera, k) {
    const chunk = Math.floor(this.index.cameras[camera].times[k] / this.index.chunk);
    const key = `${camera}/${chunk}`;
    const found = this.files.get(key);
    if (!found && !(performance.now() - this.asked.get(key) < SILENCE)) {
      this.asked.set(key, performance.now());
      this.send({ kind: "need", camera, chunk });
    }
    return found;
  }
  boxes(camera, k) {
    const chunk = this.chunk(camera, k);
    return chunk ? chunk.boxes[k - chunk.first] : [];
  }
  /** The decoded picture, or undefined until it is; listeners are told then. null if the file is damaged. */
  picture(camera, k) {
    const key = `${camera}/${k}`;
    const found = this.pictures.get(key);
    if (found !== undefined || this.decoding.has(key)) return found;
    const chunk = this.chunk(camera, k);
    if (!chunk) return undefined;
    this.decode(camera, k, chunk.files[k - chunk.first]);
    return undefined;
  }
  /** Decode a JPEG file: that of a marked frame comes with the marks, so its minute need not be asked for. */
  decode(camera, k, file) {
    const key = `${camera}/${k}`;
    if (this.pictures.get(key) !== undefined || this.decoding.has(key)) return;
    this.decoding.add(key);
    createImageBitmap(new Blob([file], { type: "image/jpeg" })).catch(() => null).then((picture) => {
      this.decoding.delete(key);
      this.pictures.set(key, picture, picture ? 4 * picture.width * picture.height : 0);
      this.tell();
    });
  }
  silent() {
    return this.cut || [...this.asked.values()].some((when) => performance.now() - when > SILENCE - 500);
  }
  clock(seconds) {
    return new Date(1000 * (this.index.begin + seconds)).toISOString().slice(11, 19);
  }
}

/** The seconds (of the clock of _index) at which a detection or frame was taken, read from its id. */
function secondsOf(id, begin) {
  const [, date, h, m, s] = id.match(/--(\d{4}-\d\d-\d\d)--(\d\d)\.(\d\d)\.(\d\d)/);
  return Date.parse(`${date}T${h}:${m}:${s}Z`) / 1000 - begin;
}
