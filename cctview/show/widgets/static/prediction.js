// cctview.show.widgets.prediction: a question, its choices, and what stays covered until one of them is chosen.

function play(stage) {
  const { key, question, choices, right, why } = stage.data;
  const box = stage.el.parentElement;
  const covered = box.querySelector(":scope > .still .covered");
  const buttons = choices.map((choice, n) => make("button", { type: "button", onclick: () => stage.set({ given: n, open: true }) }, choice));
  const anyway = make("button", { type: "button", class: "anyway", onclick: () => stage.set({ open: true }) }, "Show the answer");
  stage.el.append(make("p", {}, make("b", {}, "Predict first. "), question),
    make("div", { class: "choices", role: "group", "aria-label": question }, ...buttons, anyway));
  box.dataset.key = key;
  if (covered) box.append(covered);
  stage.keys(Object.fromEntries(buttons.map((button, n) => [String(n + 1), () => button.disabled || button.click()])));
  // A presenter uncovers all at once, and covers them again.
  const pressed = (event) => event.key === "F8" && stage.set({ given: null, open: !event.shiftKey });
  document.addEventListener("keydown", pressed, { capture: true, signal: stage.ended });
  return ({ given, open }) => {
    box.classList.toggle("open", open);
    if (covered) covered.hidden = !open;
    anyway.hidden = open;
    buttons.forEach((button, n) => {
      button.disabled = open;
      button.setAttribute("aria-pressed", n === given);
      button.classList.toggle("right", open && right.includes(n));
      button.classList.toggle("wrong", open && n === given && !right.includes(n));
    });
    const answer = right.map((n) => choices[n]).join(", or ");
    stage.say(!open ? "" : right.includes(given) ? `Right: ${answer}. ${why}` : given === null ? `The answer: ${answer}. ${why}` : `No. It is: ${answer}. ${why}`);
  };
}
