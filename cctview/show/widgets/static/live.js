// The browser's side of cctview.show.widgets.live.Live, an anywidget: shows what Python sends, and keeps it nowhere else.

function draw(el, { kind, text }, buffer) {
  if (kind === "text/html") {
    el.innerHTML = text;
    for (const idle of el.querySelectorAll("script")) { // of a moment: a script that innerHTML made does not run
      const script = document.createElement("script");
      script.type = idle.type;
      script.textContent = idle.textContent;
      idle.replaceWith(script);
    }
  }
  else if (kind === "text/plain") {
    const words = document.createElement("pre");
    words.textContent = text;
    el.replaceChildren(words);
  } else if (!buffer.byteLength) el.replaceChildren();
  else {
    const image = el.querySelector("img") ?? el.appendChild(document.createElement("img"));
    const before = image.src;
    image.onload = () => URL.revokeObjectURL(before);
    Object.assign(image, { alt: text, src: URL.createObjectURL(new Blob([buffer], { type: kind })) });
    image.style.maxWidth = "100%";
  }
}

export default {
  render({ model, el }) {
    el.classList.add("cctview-live");
    const shown = (message, buffers) => draw(el, message, buffers[0]);
    model.on("msg:custom", shown);
    model.send({ kind: "need" });
    return () => model.off("msg:custom", shown);
  },
};
