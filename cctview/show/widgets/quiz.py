"""A quiz: questions with a reason for every answer, the right one and the wrong ones.

>>> yes = Option("Yes", "It halves what is left.", True)
>>> no = Option("No", "Twenty-one of them single you out.")
>>> game = Quiz([Question("Is a bit much?", (yes, no))])
>>> game.data["questions"][0]["options"][0]["reason"]
'It halves what is left.'

It is a moment: it plays in the browser alone, and nothing is stored and nothing is sent.
"""

import html
from dataclasses import asdict, dataclass
from pathlib import Path

from cctview.show.widgets.moment import Moment

_SCRIPT = Path(__file__).parent / "static" / "quiz.js"


@dataclass(frozen=True)
class Option:
    """One answer to choose, why it is right or wrong, and which of both it is."""

    text: str
    reason: str
    right: bool = False


@dataclass(frozen=True)
class Question:
    """A question and its options, of which one is right.

    Attributes
    ----------
    text : str
    options : tuple of Option
    where : str
        Where in the course it was met.

    Raises
    ------
    ValueError
        If not exactly one option is right, two read the same, or a reason is missing.
    """

    text: str
    options: tuple[Option, ...]
    where: str = ""

    def __post_init__(self):
        object.__setattr__(self, "options", tuple(self.options))
        if len(self.options) < 2 or sum(option.right for option in self.options) != 1:
            raise ValueError(
                f"{self.text!r} needs at least two options, of which exactly one is right"
            )
        if len({option.text for option in self.options}) < len(self.options):
            raise ValueError(f"{self.text!r} has an option twice")
        if not all(option.text and option.reason for option in self.options):
            raise ValueError(f"{self.text!r} has an option without a text or without a reason")


class Quiz(Moment):
    """Questions to answer; the first answer counts.

    Parameters
    ----------
    questions : list of Question
    """

    def __init__(self, questions):
        self.questions = list(questions)
        if not self.questions:
            raise ValueError("a quiz needs at least one question")
        data = {"questions": [asdict(question) for question in self.questions]}
        none = [None] * len(self.questions)
        state = {"given": none, "first": none}
        words = f"A quiz of {len(self.questions)} questions."
        still = "\n".join(map(_folded, range(1, len(none) + 1), self.questions))
        super().__init__(_SCRIPT, "Quiz", words, data, state, still)


def _folded(number, question):
    """A question where no script runs: each option folds out into its reason."""
    options = "".join(
        f"<details><summary>{html.escape(option.text)}</summary>"
        f"<p>{'✓' if option.right else '✗'} {html.escape(option.reason)}</p></details>"
        for option in question.options
    )
    where = f" <small>({html.escape(question.where)})</small>" if question.where else ""
    return f"<div><p><b>{number}. {html.escape(question.text)}</b>{where}</p>{options}</div>"
