"""The questions that the lessons ask before they show something: `ask`.

The words stand in ``predictions.toml``, so that no cell gives an answer away, and so that they can
be translated. Each has a `question`, `choices`, the answer and a `why`. The answer is the choice
`right`; or it follows from the number that the lesson gives as `of`: `below` holds the ends of all
choices but the last. In texts ``{name}`` stands for a value that the lesson gives; shares are
written as per cent.
"""

import numbers
import string
import tomllib
from bisect import bisect_right
from functools import cache
from pathlib import Path

from cctview.show import Card, percent, predict


class _Words(string.Formatter):
    """Format a number without a format of its own as a share."""

    def format_field(self, value, spec):
        if not spec and isinstance(value, numbers.Real) and not isinstance(value, numbers.Integral):
            return percent(value)
        return super().format_field(value, spec)


@cache
def _all_questions() -> dict:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def ask(name: str, shows: Card | None = None, **values):
    """The prediction of that name, such as "03 polling"; it covers the figure `shows`.

    Parameters
    ----------
    name : str
        In ``predictions.toml``: the lesson's number, and what is asked about.
    shows : Card, optional
        Anything that shows itself as HTML. Without it, give the prediction to `Sliders`.
    **values
        What the texts mention, and `of`, from which the right choice follows.

    Raises
    ------
    KeyError
        If there is no such question, or its texts mention a value that is missing.
    """
    asked, words = _all_questions()[name], _Words()
    right = asked.get("right") or asked["choices"][bisect_right(asked["below"], values["of"])]
    question, why = (words.format(asked[part], **values) for part in ("question", "why"))
    return predict(question, asked["choices"], right, why, shows)
