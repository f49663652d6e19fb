"""The glossary: every link to it lands on an entry, its entries are in order and used, and it has
the short forms of the lessons.
"""

import re
import tomllib
from pathlib import Path

import jupytext
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


NAMES = set(
    re.findall(
        r"\w+",
        """
        ACLU AI API BIPA CBS CCPA CIV CNN COCO COVID CSV CV CVPR DC DRIVE DROP EDPS EFF EU FBI FDR
        FHWA FIVE FOIL FRTE GB GDPR GPS GPU HTML HTTP ICE ICLR ID IEEE IR JDAI JPEG JSON LFW LSE MIT
        NBC NIST NW NYC NYPD PIL PNG POST PUT SRB SSD SUV UK URL US USC UTC VIN VOC YOLO HH MM SS KB
        MB OK REAL
        """,
    )
)
"""Names of organisations, laws, units, data sets and models, which are no terms of the course."""


def words_of(path):
    """What a lesson says to its readers, and the strings of its code."""
    for cell in jupytext.read(path).cells:
        if cell.cell_type == "markdown":
            yield cell.source
        else:
            for words in re.findall(r"\"([^\"\n]*)\"", cell.source):
                yield re.sub(r"\{[^}]*\}", "", words)


SAID = {path: "\n".join(words_of(path)) for path in (ROOT / "lessons").glob("*.py")}
FIGURES = [
    path.read_text(encoding="utf-8")
    for folder in ("course", "show")
    for path in (ROOT / "cctview" / folder).rglob("*")
    if path.suffix in {".py", ".js", ".md", ".toml"}
]


@pytest.mark.parametrize("path", sorted(SAID), ids=lambda path: path.stem)
def test_every_short_form_stands_in_the_glossary(path):
    """In a lesson's text, or in a question that it asks."""
    asked = tomllib.loads((ROOT / "cctview/course/predictions.toml").read_text(encoding="utf-8"))
    questions = [str(words) for name, words in asked.items() if name.startswith(path.stem[:2])]
    text = re.sub(r"`[^`]*`|https?://\S+", "", SAID[path] + " ".join(questions))
    short = set(re.findall(r"\b(?:[A-Z]{2,5}|m[A-Z]{2,3})\b", text)) - NAMES
    assert {word for word in short if word not in GLOSSARY and word.lower() not in TERMS} == set()


@pytest.mark.parametrize("term", TERMS)
def test_every_entry_is_used(term):
    """In a lesson, or in a figure."""
    text = "\n".join([*SAID.values(), *FIGURES]).lower()
    assert f"#{anchor(term)})" in text or term.split()[0] in text
