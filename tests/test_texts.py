"""The texts that people read: their links lead somewhere, their commands exist, their numbers are
those of today's tables and notebooks, and their words are the course's.
"""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from cctview.cli import COMMANDS
from studio.__main__ import COMMANDS as STUDIO
from studio.evaluation.accuracy import AGREEMENT, PLACE, REAL, SIMULATED, accuracy_table, keep
from studio.headlines.answers import answers_page
from studio.headlines.cards import cards
from studio.headlines.page import TEXTS, anchor, course_minutes, with_numbers
from tests.test_numbers import differences

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    path
    for pattern in ("*.md", "notebooks/*.md", "data/*.md", "models/*.md", "cctview/**/*.md")
    for path in ROOT.glob(pattern)
)
LESSONS = sorted((ROOT / "lessons").glob("*.py"))


def text(path):
    return path.read_text(encoding="utf-8")


def names(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PAGES, ids=names)
def test_every_link_to_a_file_or_a_heading_of_ours_leads_there(path):
    for target in re.findall(r"\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"", text(path)):
        place, _, heading = (target[0] or target[1]).partition("#")
        if place.startswith(("http", "mailto")):
            continue
        there = path.parent / place if place else path
        assert there.exists(), place
        if heading and there.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", text(there), re.M)
            assert heading in map(anchor, headings), target


@pytest.mark.parametrize("path", PAGES, ids=names)
def test_every_command_that_is_named_exists(path):
    if path.name == "CHANGELOG.md":
        return
    for code in re.findall(r"`([^`\n]+)`|^((?:cctview|python -m studio) .+)$", text(path), re.M):
        words = (code[0] or code[1]).split()
        if words[:1] == ["cctview"] and len(words) > 1 and words[1].isalpha():
            assert words[1] in {*COMMANDS, "COMMAND"}, words
        if words[:3] == ["python", "-m", "studio"] and len(words) > 3 and words[3].isalpha():
            assert words[3] in STUDIO, words


@pytest.mark.parametrize("name", TEXTS)
def test_the_numbers_of_a_text_are_those_of_the_tables(name):
    """`python -m studio numbers` writes them again."""
    written = text(ROOT / name)
    assert list(differences(written, with_numbers(written, ROOT))) == []


def test_the_answers_are_those_of_the_notebooks():
    """`python -m studio numbers` writes them again."""
    assert text(ROOT / "notebooks" / "answers.md") == answers_page(ROOT / "notebooks")


def test_accuracies_are_of_todays_weights():
    """`python -m studio evaluate --keep` measures them again."""
    manifest = json.loads(text(ROOT / "models" / "manifest.json"))
    for row in pd.read_csv(ROOT / PLACE).itertuples():
        assert row.sha256 == manifest[row.weights]["sha256"]
        digits = f"{row.estimate:.3f}"[1:].removesuffix("0")
        assert digits in text(ROOT / "models" / manifest[row.weights]["card"])


def test_what_was_measured_takes_the_place_of_the_same_frames(tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / PLACE).parent.mkdir(parents=True)
    for name in ("models/manifest.json", str(AGREEMENT)):
        (tmp_path / name).write_text(text(ROOT / name))
    keep(tmp_path, SIMULATED, {"recall": (0.9, 0.8, 0.95), "precision": (0.7, 0.6, 0.8)})
    keep(tmp_path, REAL, {"recall at precision .85": (0.4, 0.3, 0.5)})
    keep(tmp_path, REAL, {"recall at precision .85": (0.5, 0.4, 0.6)})
    table = accuracy_table(tmp_path).splitlines()
    assert len(table) == 6
    assert table[2].endswith(
        "| 50 % (95% CI 40–60), while 85 % of its boxes show a vehicle"
        " | 90 % (95% CI 80–95), while 70 % of its boxes show a vehicle |"
    )
    rank1 = (
        pd.read_csv(ROOT / AGREEMENT)
        .set_index("figure")
        .loc["shipped network, rank-1 without labels"]
    )
    assert table[4].split("|")[2].startswith(f" {100 * rank1.real:.0f} % (95% CI ")
    assert table[4].split("|")[3].startswith(f" {100 * rank1.simulated:.0f} % (95% CI ")
    assert "%" not in table[5].split("|")[2]  # nobody drew true boxes on real frames


def test_the_readme_links_every_notebook_and_says_how_long_they_take(tmp_path):
    page = text(ROOT / "README.md")
    for path in LESSONS:
        question = re.search(r"^# \*\*(.+?)\*\*", text(path), re.M)[1]
        assert f"](notebooks/{path.stem}.ipynb) | {question} |" in page
    assert re.search(r"take about \d+ hours with their exercises", page)
    for words in ("# | Time | 16 minutes; with 2 exercises, 29 |", "# x", "# Time: 20 minutes"):
        (tmp_path / "00.py").write_text(words)
        if words == "# x":
            with pytest.raises(ValueError, match="00.py: no line says"):
                course_minutes(tmp_path)
        else:
            assert course_minutes(tmp_path) == (29 if "|" in words else 20)


def test_the_cards_have_todays_tables():
    """`python -m studio numbers` writes them."""
    for place, card in cards(ROOT).items():
        assert list(differences(text(ROOT / place), card)) == [], place


def test_the_citation_has_the_originals_addresses():
    found = re.findall(r'"(https://\S+)"', text(ROOT / "CITATION.cff"))
    assert len(found) == 2
    assert all(address in text(ROOT / "README.md") for address in found)


WORDS = {
    "look-alike, or simulated road": r"\b(?:sisters?|twins?)\b",
    "look-alike": r"(?<!git )\bclones?\b(?! of it| without)",
    "pass": r"\bpassages?\b",
    "system, detector or network": r"\bmachines?\b(?! learning)",
    "learned": r"\blearnt\b",
    "on average, every": r"\b(?:in the mean|each \d+ s)\b",
    "anyone who, people who": r"\b[Ww]hoever\b|(?:^|[.!:] )Who [^.?!\n]*\.(?: |$)",
    "the correct vehicle": r"\bthe right ones?\b",
    "says it knows": r"\bbelieves? to\b",
    "does not have": r"\b(?:has|have|had) not[,.;]",
    "British spelling": r"(?i)\b(?:colors?|colored|gray|cent(?:er|ers|ered)|behaviors?|neighbor\w*|"
    r"defenses?|recogniz\w+|organiz\w+|analyz\w+|anonymiz\w+|labeled|modeled|traveled)\b",
}
"""The word to use, and the words that it replaces; spoken of the course's own things, of which no
text should have two names."""


def prose(path):
    """What readers of a page or of a lesson read, without code and addresses."""
    words = text(path)
    if path.suffix == ".py":
        said = [line[2:] for line in words.splitlines() if re.match(r"# (?!%%)", line)]
        words = "\n".join([*said, *re.findall(r'notes="([^"]*)"', words)])
    words = re.sub(r"```.*?```|`[^`\n]*`", "", words, flags=re.S)
    return re.sub(r"https?://\S+|\]\([^)]*\)", "", words)


@pytest.mark.parametrize(
    "path", [*PAGES, *LESSONS, ROOT / "cctview/course/predictions.toml"], ids=names
)
def test_one_thing_has_one_word(path):
    said = prose(path)
    found = {
        word: said[max(0, match.start() - 40) : match.end() + 30]
        for word, others in WORDS.items()
        for match in re.finditer(others, said, re.M)
    }
    assert found == {}
