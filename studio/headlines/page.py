"""Writes the page of headline numbers, ``notebooks/numbers.md``, and the numbers in other texts."""

import math
import re
from pathlib import Path
from types import ModuleType

from cctview.dataset import write_bytes
from studio.evaluation.accuracy import accuracy_table
from studio.headlines import attacks, defences, open_set, real, recognition, searches, trips
from studio.headlines.answers import answers_page
from studio.headlines.cards import cards
from studio.headlines.headline import ANOTHER_SEED, Figure, Headline

SUBJECTS: dict[str, ModuleType] = {
    "What a search gives away": searches,
    "Trips": trips,
    "Searches by appearance alone, in galleries of any size": open_set,
    "Attacks": attacks,
    "Defences": defences,
    "Eras of recognition, and costs": recognition,
    "What can be compared with real frames": real,
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

Each number has the question that it answers, the gallery that it was measured in, and the command
that makes its table. Below it stands the strongest other reasonable choice, and what that choice
would have said. All numbers but those of the last section are of the simulated road.

An interval says how much a number depends on the vehicles that happened to drive there. A second
seed of the simulation has other vehicles on other trips: it says how much is chance altogether.

This page is made by `python -m studio numbers` from the tables in `data/results/`. A test fails if
it does not agree with them.
"""
_CHANCE = {
    "numbers": "nothing is drawn at random",
    "city": "each town has a seed of its own",
    "evaluate --keep": "there are these real minutes alone",
    "agreement --out data/results/agreement.csv": "there are these real minutes alone",
}
"""By command: why no second seed is needed."""


def numbers_page(results: Path) -> str:
    """The page, as Markdown, from a folder of stored results."""
    parts, apart = [], []
    for title, module in SUBJECTS.items():
        parts.append(f"## {title}\n")
        for headline in module.HEADLINES:
            figure, again = headline.compute(results), _on_another_seed(headline, results)
            if again and again.low is not None:
                apart.append(differ(figure, again))
            parts.append(_entry(headline, figure, again, results))
    chance = (
        f"So {len(apart)} numbers with an interval were measured twice. {sum(apart)} of them differ"
        f" by more than their intervals explain; about {len(apart) / 20:.0f} would by chance.\n"
    )
    return "\n".join([_HEAD, chance, *parts])


def _on_another_seed(headline: Headline, results: Path) -> Figure | None:
    """What another seed of the simulation gives, if that was measured, and if it can differ."""
    if headline.command in _CHANCE:
        return None
    try:
        return headline.compute(results / ANOTHER_SEED)
    except FileNotFoundError:
        return None


def _entry(headline: Headline, figure: Figure, again: Figure | None, results: Path) -> str:
    if again is None:
        seed = _CHANCE.get(headline.command, "not measured")
    elif again.low is None:
        seed = f"{again}"
    else:
        more = "more than" if differ(figure, again) else "no more than"
        seed = f"{again}. The two differ by {more} their intervals explain."
    return (
        f"### {headline.name}\n\n"
        f"{figure}\n\n"
        f"- Question: {headline.question}\n"
        f"- Gallery: {headline.gallery}\n"
        f"- Other choice: {headline.other} {headline.compute_other(results)}\n"
        f"- Another seed of the simulation: {seed}\n"
        f"- Lessons: {headline.where}. Command: `python -m studio {headline.command}`\n"
    )


def differ(one: Figure, other: Figure) -> bool:
    """Whether two numbers of different vehicles differ by more than their 95 % intervals explain.

    >>> differ(Figure(0.5, 0.4, 0.6, ""), Figure(0.62, 0.52, 0.72, ""))
    False
    >>> differ(Figure(0.5, 0.4, 0.6, ""), Figure(0.65, 0.55, 0.75, ""))
    True
    """
    low, high = sorted((one, other), key=lambda figure: figure.estimate)
    up = 0.0 if low.high is None else low.high - low.estimate
    down = 0.0 if high.low is None else high.estimate - high.low
    return high.estimate - low.estimate > math.hypot(up, down)


def write_pages(root: Path) -> list[Path]:
    """Write the page of numbers and that of answers, and the numbers in texts and in the models'
    cards; returns all.
    """
    texts = {
        "notebooks/numbers.md": numbers_page(root / "data" / "results"),
        "notebooks/answers.md": answers_page(root / "notebooks"),
    }
    texts |= cards(root)
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
