"""Writes the page of headline numbers, ``notebooks/numbers.md``, and the numbers in other texts."""

import re
from contextlib import suppress
from pathlib import Path
from types import ModuleType

from cctview.dataset import write_bytes
from studio.evaluation.accuracy import accuracy_table
from studio.headlines import attacks, defences, open_set, recognition, searches
from studio.headlines.answers import answers_page
from studio.headlines.headline import ANOTHER_SEED, Headline

SUBJECTS: dict[str, ModuleType] = {
    "What a search gives away": searches,
    "Searches by appearance alone, in galleries of any size": open_set,
    "Attacks": attacks,
    "Defences": defences,
    "Eras of recognition, and costs": recognition,
}
"""The page's sections in their order; a module of each has its `HEADLINES`."""
TEXTS = ("README.md", "INSTRUCTORS.md")
"""Texts that mention headline numbers, as links to the page."""
_LINK = re.compile(r"\[[^\]]*\]\(((?:notebooks/)?numbers\.md#([\w-]+))\)")
_ACCURACY = re.compile(r"(<!-- accuracy -->\n).*?(<!-- end -->)", re.S)
_HOURS = re.compile(r"(?<=take about )\d+(?= hours with their exercises)")
_MINUTES = re.compile(r"^# .*(?:Time|About this notebook)[ |:]+(\d+ minutes.*)$", re.M)
_HEAD = """\
# Headline numbers

This page is made by `python -m studio numbers` from the tables in `data/results/`. A test fails if
it does not agree with them.

Each number has the question that it answers, the gallery that it was measured in, and the command
that makes its table. Below it stands the strongest other reasonable choice, and what that choice
would have said. All numbers are of the simulated road.
"""


def numbers_page(results: Path) -> str:
    """The page, as Markdown, from a folder of stored results."""
    parts = [_HEAD]
    for title, module in SUBJECTS.items():
        parts += [f"## {title}\n", *(_entry(headline, results) for headline in module.HEADLINES)]
    return "\n".join(parts)


def _entry(headline: Headline, results: Path) -> str:
    again = ""
    if headline.command != "numbers":  # from a table
        with suppress(FileNotFoundError):  # few tables are kept for another seed
            figure = headline.compute(results / ANOTHER_SEED)
            again = f"- Another seed of the simulation: {figure}\n"
    return (
        f"### {headline.name}\n\n"
        f"{headline.compute(results)}\n\n"
        f"- Question: {headline.question}\n"
        f"- Gallery: {headline.gallery}\n"
        f"- Other choice: {headline.other} {headline.compute_other(results)}\n"
        f"{again}"
        f"- Lessons: {headline.where}. Command: `python -m studio {headline.command}`\n"
    )


def write_pages(root: Path) -> list[Path]:
    """Write the page of numbers and that of answers, and the numbers in the texts; returns all."""
    texts = {
        "notebooks/numbers.md": numbers_page(root / "data" / "results"),
        "notebooks/answers.md": answers_page(root / "notebooks"),
    }
    for name in TEXTS:
        texts[name] = with_numbers((root / name).read_text(encoding="utf-8"), root)
    for name, text in texts.items():
        write_bytes(root / name, text.encode())
    return [root / name for name in texts]


def with_numbers(text: str, root: Path) -> str:
    """A text with its numbers as they are today: the words of each link to a headline number,
    the table of accuracies, and the hours that the course takes.

    Raises
    ------
    KeyError
        If a link leads to no headline number.
    """
    figures = {
        anchor(headline.name): headline.compute(root / "data" / "results")
        for module in SUBJECTS.values()
        for headline in module.HEADLINES
        if anchor(headline.name) in text
    }
    text = _LINK.sub(lambda link: f"[{figures[link[2]].short}]({link[1]})", text)
    text = _HOURS.sub(str(round(course_minutes(root / "lessons") / 60)), text)
    table = f"\n{accuracy_table(root)}\n\n"
    return _ACCURACY.sub(lambda part: part[1] + table + part[2], text)


def course_minutes(lessons: Path) -> int:
    """The minutes that all lessons take with their exercises, as they say themselves.

    Raises
    ------
    ValueError
        If a lesson does not say it.
    """
    total = 0
    for path in sorted(lessons.glob("*.py")):
        line = _MINUTES.search(path.read_text(encoding="utf-8"))
        if not line:
            raise ValueError(f"{path}: no line says 'About this notebook: 20 minutes'")
        total += max(map(int, re.findall(r"\d+", line[1])))
    return total


def anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading.

    >>> anchor("At tolerable false alarms, appearance alone finds hardly anybody")
    'at-tolerable-false-alarms-appearance-alone-finds-hardly-anybody'
    """
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
