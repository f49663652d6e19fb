"""The glossary: every link to it lands on an entry, and its entries are in order and complete."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GLOSSARY = (ROOT / "notebooks" / "glossary.md").read_text(encoding="utf-8")
TERMS = re.findall(r"^## (.+)$", GLOSSARY, re.M)
PAGES = sorted([*(ROOT / "lessons").glob("*.py"), *(ROOT / "notebooks").glob("*.ipynb")])


def anchor(heading):
    """The anchor of a heading. GitHub writes it in lower case, JupyterLab as it stands: so it must
    be lower case already.
    """
    assert re.fullmatch(r"[a-z0-9 -]+", heading), (
        f"{heading}: GitHub and JupyterLab would make different anchors of it"
    )
    return heading.replace(" ", "-")


ANCHORS = {anchor(term) for term in TERMS}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_to_the_glossary_lands_on_an_entry(path):
    links = re.findall(r"glossary\.md(?:#([^)\s\"\\]*))?", path.read_text(encoding="utf-8"))
    assert [link for link in links if link and link not in ANCHORS] == []


def test_every_link_inside_the_glossary_lands_on_an_entry():
    assert [link for link in re.findall(r"\]\(#([^)]*)\)", GLOSSARY) if link not in ANCHORS] == []


def test_the_entries_are_in_alphabetical_order_and_each_is_there_once():
    names = [term.lower().replace("-", " ") for term in TERMS]
    assert names == sorted(set(names))


@pytest.mark.parametrize(
    "entry", re.split(r"^## ", GLOSSARY, flags=re.M)[1:], ids=lambda entry: entry.partition("\n")[0]
)
def test_an_entry_has_a_text_an_example_and_a_place(entry):
    assert re.search(
        r"^\S.*\n(?:.*\n)*Example: .+\*Notebooks? \d\d(?: and \d\d)?\.\*$",
        entry.partition("\n\n")[2],
        re.M,
    ), entry


def test_the_notebooks_that_it_names_are_those_of_the_course():
    named = re.findall(r"\*Notebooks? (\d\d)(?: and (\d\d))?\.\*", GLOSSARY)
    assert {number for pair in named for number in pair if number} <= {
        path.stem[:2] for path in (ROOT / "lessons").glob("*.py")
    }
