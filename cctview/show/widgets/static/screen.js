// One camera's picture in the browser, with its boxes.

/** One camera's picture with its boxes, each a button. */
class Screen {
  constructor(view, camera) {
    Object.assign(this, { view, camera, k: -1, shown: null, unboxed: false, buttons: [] });
    this.info = view.frames.index.cameras[camera];
    this.canvas = make("canvas", { width: 352, height: 240, role: "img" });
    this.layer = make("div", { class: "boxes" });
    this.stage = make("div", { class: "stage" }, this.canvas, this.layer);
    this.time = make("span", { class: "time" });
    this.caption = make("figcaption", {}, make("b", {}, this.info.name), " ", this.time);
    this.element = make("figure", { class: "screen", onclick: () => view.choose(camera, false) }, this.stage, this.caption);
  }
  /** Show frame k as soon as its picture is there; returns whether something was drawn. */
  show(k) {
    this.k = k;
    const { frames } = this.view;
    if (this.shown === k) {
      // A candidate's picture comes before the boxes of its minute.
      if (this.unboxed && frames.chunk(this.camera, k)) this.drawBoxes();
      return false;
    }
    const picture = frames.picture(this.camera, k);
    this.element.classList.toggle("waiting", picture === undefined);
    if (picture === undefined) return false;
    this.shown = k;
    const pen = this.canvas.getContext("2d");
    if (picture) {
      if (this.canvas.width !== picture.width || this.canvas.height !== picture.height) {
        Object.assign(this.canvas, { width: picture.width, height: picture.height });
        this.stage.style.aspectRatio = `${picture.width} / ${picture.height}`;
      }
      pen.drawImage(picture, 0, 0);
    } else pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const time = frames.clock(this.info.times[k]);
    this.time.textContent = picture ? time : `${time} (this frame's file is damaged)`;
    this.canvas.setAttribute("aria-label", `${this.info.name} at ${time}`);
    this.drawBoxes();
    return true;
  }
  drawBoxes() {
    if (this.shown === null) return;
    const { view } = this;
    this.unboxed = !view.frames.chunk(this.camera, this.shown);
    const boxes = view.model.get("boxes") ? [...view.frames.boxes(this.camera, this.shown)] : [];
    const size = ([, , , x1, y1, x2, y2]) => (x2 - x1) * (y2 - y1);
    boxes.sort((a, b) => size(b) - size(a)); // the small ones lie on top, where they can be clicked
    while (this.buttons.length < boxes.length) this.buttons.push(this.makeBox());
    this.buttons.forEach((button, n) => this.place(button, boxes[n]));
  }
  makeBox() {
    const tag = make("span", { class: "tag" }, make("span"), make("span", { class: "more" }));
    const pick = (event) => this.view.pick(button.dataset.id, event);
    const button = make("button", { class: "box", type: "button", onclick: pick }, tag);
    this.layer.append(button);
    return button;
  }
  place(button, box) {
    button.hidden = !box;
    if (!box) return;
    const { view, canvas } = this;
    const [id, type, percent, x1, y1, x2, y2] = box;
    const mark = view.marks.get(id);
    const isPicked = id === view.picked;
    const share = (value, whole) => `${(100 * value) / whole}%`;
    Object.assign(button.style, {
      left: share(x1, canvas.width), top: share(y1, canvas.height),
      width: share(x2 - x1, canvas.width), height: share(y2 - y1, canvas.height),
    });
    const role = isPicked ? "picked" : mark ? "candidate" : type === "person" || type === "bicycle" ? "other" : "vehicle";
    button.className = `box ${role}${mark?.weak ? " weak" : ""}${y1 < 0.15 * canvas.height ? " low" : ""}${x1 > 0.6 * canvas.width ? " left" : ""}`;
    button.dataset.id = id;
    button.tabIndex = this.camera === view.current ? 0 : -1;
    const words = `${type} ${percent.toFixed(0)} %`;
    const rank = mark ? `${mark.rank}${mark.label ? ` · ${mark.label}` : ""}` : "";
    const [brief, more] = button.firstChild.children;
    brief.textContent = isPicked ? "picked" : mark ? mark.rank : words;
    more.textContent = isPicked ? ` ${words}` : mark ? ` ${[mark.label, words].filter(Boolean).join(" · ")}` : "";
    button.setAttribute("aria-pressed", isPicked);
    const where = ["left", "middle", "right"][Math.min(2, Math.floor((1.5 * (x1 + x2)) / canvas.width))];
    const spoken = [type, `${percent.toFixed(0)} per cent`, where, mark && `candidate ${rank}`, isPicked && "picked"];
    button.setAttribute("aria-label", spoken.filter(Boolean).join(", "));
  }
}
