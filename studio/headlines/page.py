"""Writes the page of headline numbers, ``notebooks/numbers.md``."""

from contextlib import suppress
from pathlib import Path
from types import ModuleType

from cctview.dataset import write_bytes
from studio.headlines import attacks, defences, open_set, recognition, searches
from studio.headlines.headline import ANOTHER_SEED, Headline

SUBJECTS: dict[str, ModuleType] = {
    "What a search gives away": searches,
    "Searches by appearance alone, in galleries of any size": open_set,
    "Attacks": attacks,
    "Defences": defences,
    "Eras of recognition, and costs": recognition,
}
"""The page's sections in their order; a module of each has its `HEADLINES`."""
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


def write_page(results: Path, place: Path) -> Path:
    """Write the page; returns its place."""
    write_bytes(place, numbers_page(results).encode())
    return place
