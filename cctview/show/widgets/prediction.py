"""Questions to predict the answer of, before one looks.

>>> question = predict("How many of ten do you find?", "Seven.", ["two", "five", "seven"])
>>> question.given is None
True
"""

import html
from dataclasses import dataclass, field

_TEXT = 'style="font-size: 15px; line-height: 1.4"'


@dataclass
class Prediction:
    """A question to think about before the answer is seen; made by `predict`.

    Attributes
    ----------
    given : str or None
        What the reader has answered.
    asking, answering
        The two halves, each displayable, where `Sliders` stand between them.
    """

    question: str
    answer: str
    choices: list = field(default_factory=list)
    given: str | None = None

    def __post_init__(self):
        self.asking = _Half(self._ask, self._static_question)
        self.answering = _Half(self._reveal, self._static_answer)

    def _static_question(self):
        choices = "".join(f"<li>{html.escape(choice)}</li>" for choice in self.choices)
        return f"<p><b>Predict first.</b> {html.escape(self.question)}</p><ul>{choices}</ul>"

    def _static_answer(self):
        return (
            "<details><summary><b>The"
            f" answer</b></summary><p>{html.escape(self.answer)}</p></details>"
        )

    def _ask(self):
        import ipywidgets

        words = ipywidgets.HTML(
            f"<p {_TEXT}><b>Predict first.</b> {html.escape(self.question)}</p>"
        )
        if self.choices:
            entry = ipywidgets.RadioButtons(
                options=self.choices, value=None, layout={"width": "auto"}
            )
        else:
            entry = ipywidgets.Text(placeholder="your guess", layout={"max_width": "100%"})
        entry.tooltip = self.question

        def answered(change):
            self.given = change.new

        entry.observe(answered, "value")
        return ipywidgets.VBox([words, entry])

    def _reveal(self):
        import ipywidgets

        about = f"The answer to: {self.question}"
        button = ipywidgets.Button(
            description="Show the answer", tooltip=about, layout={"width": "auto"}
        )
        words = ipywidgets.HTML()

        def show(_):
            given = f"You said: {html.escape(self.given)}. " if self.given else ""
            words.value = f'<p role="status" {_TEXT}>{given}<b>{html.escape(self.answer)}</b></p>'

        button.on_click(show)
        return ipywidgets.VBox([button, words], layout={"align_items": "flex-start"})

    def _ipython_display_(self):
        from IPython.display import display

        display(self.asking)
        display(self.answering)


@dataclass
class _Half:
    """A widget, made when first displayed, and the HTML for where widgets do not run."""

    make: object
    static: object
    widget: object = None

    def _repr_mimebundle_(self, **kwargs):
        self.widget = self.widget or self.make()
        return self.widget._repr_mimebundle_(**kwargs) | {
            "text/html": self.static(),
            "text/plain": "",
        }


def predict(question, answer, choices=None):
    """Ask for a prediction, and show the answer when the reader wants it.

    Parameters
    ----------
    question, answer : str
    choices : list of str, optional
        To choose from; without, the reader types a guess.

    Returns
    -------
    Prediction
        To be displayed by itself, or given to `Sliders`, which then stand between question and
        answer.

    Raises
    ------
    ValueError
        If there is no question, no answer, or only one choice.
    """
    if not question or not answer:
        raise ValueError("a prediction needs a question and an answer")
    if choices is not None and len(choices) < 2:
        raise ValueError(
            f"there is nothing to choose between in {choices!r}; give two choices or none"
        )
    return Prediction(question, answer, [str(choice) for choice in choices or []])
