/** Make an element: make("button", {class: "x", onclick: f, "aria-label": "…"}, child, "text", …). */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Words about keys, where there are some: not on a phone. */
function keyed(words) {
  return matchMedia("(pointer: fine)").matches ? words : "";
}
