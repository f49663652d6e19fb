"""INSTRUCTORS.md: what it names exists, no slider is forgotten, and its minutes add up."""

import json
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

from cctview import cli

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "INSTRUCTORS.md").read_text(encoding="utf-8")
STEMS = {path.stem[:2]: path.stem for path in sorted((ROOT / "lessons").glob("*.py"))}
LESSONS = {
    number: (ROOT / "lessons" / f"{stem}.py").read_text(encoding="utf-8")
    for number, stem in STEMS.items()
}
AGENDAS = {"45 minutes": (45, 45), "Half a day": (180, 240), "A full day": (420, 510)}
CONTROL = re.compile(r"\b(?:Int|Float|Choice|Steps|Toggle)\(\s*\"(\w+)\"")


def section(heading, level="###"):
    return re.search(rf"^{level} {re.escape(heading)}\n(.*?)(?=^##|\Z)", PAGE, re.M | re.S)[1]


def rows(heading):
    return [
        (int(minutes), what)
        for minutes, what in re.findall(r"^\| (\d+) \| (.*?) \|", section(heading), re.M)
    ]


SLIDERS = dict(re.findall(r"^### (\d\d) · (.+)$", PAGE, re.M))


@pytest.mark.parametrize("heading", AGENDAS)
def test_the_minutes_of_an_agenda_add_up(heading):
    low, high = AGENDAS[heading]
    assert low <= sum(minutes for minutes, _ in rows(heading)) <= high


NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
MINUTES = re.compile(rf"(?i)\b({'|'.join(NUMBERS)}) minutes?\b")


def minutes_of_notes(number):
    """The heading of each part of a lesson with speaker's notes, and the minutes that they give."""
    heading, parts = "", []
    for cell in re.split(r"^# %%", LESSONS[number], flags=re.M)[1:]:
        heading = next(iter(re.findall(r"^# #+ (?:\d+ · )?(.+)$", cell, re.M)), heading)
        if notes := re.search(r'notes="(.*)"', cell.partition("\n")[0]):
            told = MINUTES.search(notes[1])
            parts.append((heading, 1 + NUMBERS.index(told[1].lower()) if told else 0))
    return parts


def needed(number, cell):
    """The minutes of what a row of an agenda shows, by the speaker's notes."""
    parts, named = minutes_of_notes(number), set(re.findall(r"\*([A-Z][^*]+)\*", cell))
    if "without exercises" in cell:
        parts = [part for part in parts if not part[0].startswith("Your turn")]
    if cell.startswith("All but"):
        return sum(minutes for heading, minutes in parts if heading not in named)
    if cell.startswith("All"):
        return sum(minutes for _, minutes in parts)
    first = parts[0][1] if "first screen" in cell else 0
    return first + sum(minutes for heading, minutes in parts if heading in named)


@pytest.mark.parametrize("agenda", AGENDAS)
def test_an_agenda_gives_each_part_the_minutes_of_its_notes(agenda):
    for minutes, number, cell in re.findall(
        r"^\| (\d+) \| `(\d\d)` \| (.*?) \|$", section(agenda), re.M
    ):
        assert 0 < needed(number, cell) <= int(minutes), (number, cell)


def test_the_full_day_shows_every_notebook_but_the_homework():
    shown = [number for _, what in rows("A full day") for number in re.findall(r"`(\d\d)`", what)]
    assert shown == [f"{number:02d}" for number in range(10)]


def test_every_notebook_that_it_names_exists():
    named = set(re.findall(r"`(\d\d)`", PAGE)) | set(SLIDERS)
    assert named <= set(LESSONS), sorted(named - set(LESSONS))
    for path in re.findall(r"\]\(([^)]+\.ipynb)\)", PAGE):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("number", sorted(LESSONS), ids=STEMS.get)
def test_every_slider_of_a_notebook_is_told_and_none_that_is_not_there(number):
    there = Counter(CONTROL.findall(LESSONS[number]))
    if not there:
        assert number not in SLIDERS
        return
    assert number in SLIDERS, (
        f"INSTRUCTORS.md, 'Notebook by notebook': give notebook {number} a section, with a"
        f" line for {', '.join(there)}"
    )
    told = Counter()
    for line in re.findall(
        r"^- (`\w+`(?:, `\w+`)*)", section(f"{number} · {SLIDERS[number]}"), re.M
    ):
        told.update(re.findall(r"`(\w+)`", line))
    assert told == there


@pytest.mark.parametrize("number", sorted(SLIDERS), ids=STEMS.get)
def test_its_titles_are_those_of_the_notebooks(number):
    assert f"# # {number} · {SLIDERS[number]}\n" in LESSONS[number]
    assert "- Wrong answers" in section(f"{number} · {SLIDERS[number]}")


def test_the_parts_that_it_names_are_there():
    """Those that the agendas name in italics, with a capital letter."""
    named = 0
    for number, cell in re.findall(r"^\| \d+ \| `(\d\d)` \| (.*?) \|$", PAGE, re.M):
        for part in re.findall(r"\*([A-Z][^*]+)\*", cell):
            assert re.search(rf"^# ## \d+ · {re.escape(part)}$", LESSONS[number], re.M), part
            named += 1
    assert named >= 10


def test_the_commands_that_it_names_are_there():
    commands = set(re.findall(r"`cctview (\w+)", PAGE))
    assert {"slides", "site", "quiz", "doctor"} == commands <= set(cli.COMMANDS)


@pytest.mark.parametrize("number", sorted(LESSONS), ids=STEMS.get)
def test_each_notebook_says_what_to_ask_and_where_people_get_stuck(number):
    told = section(f"{number} · {SLIDERS[number]}")
    for part in ("- **Ask, and wait**", "- **Where people get stuck**", "- Wrong answers"):
        assert part in told, part


def test_each_remedy_was_tried_by_a_test_that_is_there():
    tried = re.findall(r"`(tests/\w+\.py)`", section("When something fails on stage", "##"))
    assert len(set(tried)) >= 5
    for path in tried:
        assert (ROOT / path).exists(), path


def commands_of_jupyterlab():
    schemas = Path(sys.prefix, "share", "jupyter", "lab", "schemas", "@jupyterlab")
    commands = schemas / "application-extension" / "commands.json"
    return json.loads(commands.read_text(encoding="utf-8"))


def test_jupyterlab_has_the_key_that_makes_figures_wider():
    named = re.search(r"Press Ctrl and (\w): the list of files goes away", PAGE)[1]
    keys = {
        one["command"]: one["keys"] for one in commands_of_jupyterlab()["jupyter.lab.shortcuts"]
    }
    assert keys["application:toggle-left-area"] == [f"Accel {named}"]


def test_jupyterlab_has_the_menu_that_makes_letters_larger():
    named = re.search(r"choose \*View\*, \*(\w+)\*, \*Presentation Mode\*", PAGE)[1]
    menus = commands_of_jupyterlab()["jupyter.lab.menus"]["main"]
    view = next(menu for menu in menus if menu["id"] == "jp-mainmenu-view")
    under = {
        command.get("command"): item["submenu"]["label"]
        for item in view["items"]
        for command in item.get("submenu", {}).get("items", ())
    }
    assert under["application:toggle-presentation-mode"] == named
