// cctview.show.widgets.quiz: questions, and a reason for each answer. The first answer counts.

function play(stage) {
  const { questions } = stage.data;
  const answer = (number, choice) => {
    const { given, first } = stage.state;
    const put = (list, value) => list.map((old, n) => (n === number ? value : old));
    stage.set({ given: put(given, choice), first: first[number] === null ? put(first, choice) : first });
  };
  const rows = questions.map(({ text, where, options }, number) => {
    const buttons = options.map((option, choice) =>
      make("button", { type: "button", onclick: () => answer(number, choice) }, option.text));
    const reason = make("p", { class: "reason", role: "status", "aria-live": "polite" });
    const asked = make("p", {}, make("b", {}, `${number + 1}. ${text}`), where ? make("small", {}, ` (${where})`) : "");
    stage.el.append(make("div", { class: "question", role: "group", "aria-label": text }, asked,
      make("div", { class: "options" }, ...buttons), reason));
    return { buttons, reason, options };
  });
  const none = questions.map(() => null);
  stage.el.append(make("button", { type: "button", class: "again", onclick: () => stage.set({ given: none, first: none }) }, "Begin again"));
  return ({ given, first }) => {
    rows.forEach(({ buttons, reason, options }, number) => {
      const chosen = options[given[number]];
      buttons.forEach((button, choice) => {
        button.setAttribute("aria-pressed", choice === given[number]);
        button.classList.toggle("right", choice === given[number] && options[choice].right);
        button.classList.toggle("wrong", choice === given[number] && !options[choice].right);
      });
      const words = chosen ? `${chosen.right ? "✓" : "✗"} ${chosen.reason}` : "";
      if (reason.textContent !== words) reason.textContent = words;
      reason.className = `reason ${chosen ? (chosen.right ? "right" : "wrong") : ""}`;
    });
    const tried = first.filter((choice) => choice !== null).length;
    const right = first.filter((choice, number) => choice !== null && questions[number].options[choice].right).length;
    stage.say(!tried ? `${questions.length} questions. The first answer counts; after it, read the other reasons too.`
      : `${right} of ${tried}${tried < questions.length ? " so far" : ""} right at the first try.`);
  };
}
