"""The quizzes that end some notebooks, and the three questions before and after the course: their
words stand in ``quiz.md``.
"""

import re
from pathlib import Path

from cctview.show import Option, Question


def read_questions(text: str) -> tuple[Question, ...]:
    """The questions of a Markdown text.

    A heading is a question and where it was met, in brackets. Each item of its list is an option,
    the right one ticked, and in the lines below it the reason.

    Raises
    ------
    ValueError
        If a heading or an item has another form; quotes it.

    Examples
    --------
    >>> words = "## A bit? (notebook 00)\\n\\n- [x] Yes\\n  It halves.\\n- [ ] No\\n  It does."
    >>> read_questions(words)[0].options[0]
    Option(text='Yes', reason='It halves.', right=True)
    """
    questions = []
    for block in re.split(r"^## ", text, flags=re.M)[1:]:
        heading, *items = re.split(r"^- ", block, flags=re.M)
        question, where = _parts(r"(.+) \((.+)\)", heading.strip())
        options = []
        for item in items:
            answer, *reason = item.splitlines()
            right, words = _parts(r"\[([ x])\] (.+)", answer)
            options.append(Option(words, " ".join(" ".join(reason).split()), right == "x"))
        questions.append(Question(question, tuple(options), where))
    return tuple(questions)


def _parts(pattern, line):
    match = re.fullmatch(pattern, line)
    if not match:
        raise ValueError(f"a quiz has the line {line!r}, which should look like {pattern}")
    return match.groups()


_WORDS = Path(__file__).with_suffix(".md").read_text(encoding="utf-8")
QUESTIONS = {
    lesson or "course": read_questions(words)
    for lesson, words in re.findall(
        r"^# (?:After (\d\d)|Before and after the course)$(.*?)(?=^# |\Z)", _WORDS, re.M | re.S
    )
}
"""By the lesson that they end, such as "08"; and "course": before the first and after the last."""
