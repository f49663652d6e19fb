"""A quiz: questions with a reason for every answer, the right one and the wrong ones.

>>> yes = Option("Yes", "It halves what is left.", True)
>>> no = Option("No", "Twenty-one of them single you out.")
>>> game = Quiz([Question("Is a bit much?", (yes, no))])
>>> game.answer(0, 1)
'✗ Twenty-one of them single you out.'
>>> game.answer(0, 0), game.score()
('✓ It halves what is left.', (0, 1))

Answers stay in the kernel: nothing is stored and nothing is sent.
"""

import html
from dataclasses import dataclass

from cctview.show.widgets.still import display_with_still

_TEXT = 'style="font-size: 15px; line-height: 1.4; white-space: normal"'
_made: list["Quiz"] = []


def all_quizzes():
    """Every `Quiz` made in this Python process, in order; for tests that answer them."""
    return list(_made)


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


class Quiz:
    """Questions, and what was answered.

    Parameters
    ----------
    questions : list of Question

    Attributes
    ----------
    given : list of int or None
        The option chosen last at each question.
    first : list of int or None
        The option chosen first: these count.
    """

    def __init__(self, questions):
        self.questions = list(questions)
        if not self.questions:
            raise ValueError("a quiz needs at least one question")
        self.given = [None] * len(self.questions)
        self.first = [None] * len(self.questions)
        self._shell = None
        _made.append(self)

    def answer(self, number, choice):
        """Answer a question; returns the reason, with a mark before it.

        Parameters
        ----------
        number, choice : int
            Which question, and which of its options, from 0.

        Raises
        ------
        IndexError
            If there is no such question or option.
        """
        if not (
            0 <= number < len(self.questions) and 0 <= choice < len(self.questions[number].options)
        ):
            raise IndexError(
                f"there is no option {choice} of question {number}; both are counted from 0"
            )
        self.given[number] = choice
        if self.first[number] is None:
            self.first[number] = choice
        return reason(self.questions[number].options[choice])

    def score(self):
        """How many questions were right at the first try, and how many were answered."""
        tried = [
            (question, choice)
            for question, choice in zip(self.questions, self.first, strict=True)
            if choice is not None
        ]
        return sum(question.options[choice].right for question, choice in tried), len(tried)

    def standing(self):
        """The score in a sentence."""
        right, tried = self.score()
        if not tried:
            return (
                f"{len(self.questions)} questions. The first answer counts; after it, read the"
                " other reasons too."
            )
        so_far = "" if tried == len(self.questions) else " so far"
        return f"{right} of {tried}{so_far} right at the first try."

    def reset(self):
        """Forget all answers."""
        self.given = [None] * len(self.questions)
        self.first = [None] * len(self.questions)
        if self._shell:
            self._shell.clear()

    @property
    def widget(self):
        """The ipywidgets box; made when first asked for."""
        if self._shell is None:
            self._shell = _Shell(self)
        return self._shell.box

    def static(self):
        """The quiz as HTML that needs no kernel: each option folds out into its reason."""
        parts = []
        for number, question in enumerate(self.questions, start=1):
            options = "".join(
                f"<details><summary>{html.escape(option.text)}</summary>"
                f"<p>{html.escape(reason(option))}</p></details>"
                for option in question.options
            )
            words = f"<b>{number}. {html.escape(question.text)}</b>{_where(question)}"
            parts.append(f"<div><p>{words}</p>{options}</div>")
        return "\n".join(parts)

    def _ipython_display_(self):
        display_with_still(self.widget, self.static(), f"A quiz of {len(self.questions)} questions")


def reason(option):
    """An option's reason with its mark."""
    return f"{'✓' if option.right else '✗'} {option.reason}"


def _where(question):
    return f" <small>({html.escape(question.where)})</small>" if question.where else ""


class _Shell:
    """The ipywidgets of a `Quiz`."""

    def __init__(self, quiz):
        import ipywidgets

        self.quiz, self.quiet = quiz, False
        self.choices, self.reasons, rows = [], [], []
        for number, question in enumerate(quiz.questions):
            words = f"<b>{number + 1}. {html.escape(question.text)}</b>{_where(question)}"
            options = [(option.text, choice) for choice, option in enumerate(question.options)]
            layout = {"width": "auto", "height": "auto", "max_width": "100%"}
            choices = ipywidgets.RadioButtons(
                options=options, value=None, tooltip=question.text, layout=layout
            )
            choices.observe(lambda change, number=number: self._chosen(number, change.new), "value")
            answer = ipywidgets.HTML()
            self.choices.append(choices)
            self.reasons.append(answer)
            rows.append(
                ipywidgets.VBox(
                    [ipywidgets.HTML(f"<p {_TEXT}>{words}</p>"), choices, answer],
                    layout={"margin": "0 0 12px 0"},
                )
            )
        again = ipywidgets.Button(description="Begin again", icon="undo", layout={"width": "auto"})
        again.on_click(lambda _: quiz.reset())
        self.standing = ipywidgets.HTML()
        self.box = ipywidgets.VBox([*rows, self.standing, again], layout={"width": "100%"})
        self.box.add_class("cctview-quiz")
        self._say()

    def _chosen(self, number, choice):
        if choice is None or self.quiet:
            return
        words = self.quiz.answer(number, choice)
        colour = "#0072B2" if words.startswith("✓") else "#D55E00"
        style = "font-size: 15px; line-height: 1.4; margin: 0 0 0 1.6em; padding-left: 0.7em"
        self.reasons[number].value = (
            f'<p role="status" aria-live="polite" style="{style}; border-left: 5px solid'
            f' {colour}">{html.escape(words)}</p>'
        )
        self._say()

    def _say(self):
        self.standing.value = (
            f'<p role="status" aria-live="polite" {_TEXT}>{html.escape(self.quiz.standing())}</p>'
        )

    def clear(self):
        self.quiet = True
        try:
            for choices, answer in zip(self.choices, self.reasons, strict=True):
                choices.value, answer.value = None, ""
        finally:
            self.quiet = False
        self._say()
