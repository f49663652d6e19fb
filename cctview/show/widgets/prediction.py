"""Questions whose answer the reader predicts before it is seen.

What follows the question is covered until a choice is made, or F8 is pressed, which uncovers all of
a page (shift and F8 cover them again). With CCTVIEW_PRESENTER=1 all are open from the start. Where
no script runs the answer is folded.

>>> question = predict("How many of ten do you find?", ["two", "five", "seven"], "seven", "Seven.")
>>> question.data["right"]
[2]
"""

import hashlib
import html
import os
from pathlib import Path

from cctview.show.widgets.moment import Moment

PRESENTER = "CCTVIEW_PRESENTER"
"""The environment variable that lets all be seen at once."""
_SCRIPT = Path(__file__).parent / "static" / "prediction.js"


class Prediction(Moment):
    """A question to think about before the answer is seen; made by `predict`."""

    def __init__(self, question, choices, right, why):
        key = hashlib.sha256(question.encode()).hexdigest()[:8]
        data = {"key": key, "question": question, "choices": choices, "right": right, "why": why}
        opened = os.environ.get(PRESENTER, "0") not in ("", "0")
        state = {"given": None, "open": opened}
        super().__init__(_SCRIPT, "Predict first", question, data, state)
        self.cover("")

    def cover(self, covered):
        """Cover this HTML until a choice is made, and live widgets with the class `covers`."""
        choices = "".join(f"<li>{html.escape(choice)}</li>" for choice in self.data["choices"])
        answer = ", or ".join(self.data["choices"][n] for n in self.data["right"])
        opened = f'.prediction.open[data-key="{self.data["key"]}"]'
        self.still = (
            f"<style>body:not(:has({opened})) .{self.covers} {{ display: none !important; }}"
            f" body:has(.{self.covers}) {opened} > .covered {{ display: none; }}</style>"
            f"<p><b>Predict first.</b> {html.escape(self.words)}</p><ul>{choices}</ul>"
            f"<details><summary><b>The answer</b></summary><p>It is: {html.escape(answer)}."
            f' {html.escape(self.data["why"])}</p><div class="covered">{covered}</div></details>'
        )

    @property
    def covers(self):
        """The class of a widget that is covered."""
        return f"cctview-after-{self.data['key']}"


def predict(question, choices, right, why, shows=None):
    """Ask for a prediction, and cover what follows until it is made.

    Parameters
    ----------
    question : str
    choices : list of str
    right : str or list of str
        The choice, or choices, that are right.
    why : str
        Said after the choice: why it is so, in whole sentences.
    shows : Card, Moment or DataFrame, optional
        What is covered. Give the prediction to `Sliders` to cover these.

    Returns
    -------
    Prediction

    Raises
    ------
    ValueError
        If there is no question or reason, only one choice, or the right one is none of them.
    """
    if not question or not why:
        raise ValueError("a prediction needs a question, and a reason for its answer")
    if len(choices) < 2:
        raise ValueError(f"there is nothing to choose between in {choices!r}; give two choices")
    right = [right] if isinstance(right, str) else list(right)
    if not right or not set(right) <= set(choices):
        raise ValueError(f"the right answer {right!r} is none of the choices {choices!r}")
    made = Prediction(question, list(choices), [choices.index(one) for one in right], why)
    if shows is not None:
        whole = getattr(shows, "_repr_mimebundle_", None)  # a Card's _repr_html_ is pyplot's: None
        made.cover(whole()["text/html"] if whole else shows._repr_html_())
    return made
