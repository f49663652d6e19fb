"""The page of headline numbers agrees with the stored tables, and each says what was asked."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from studio.__main__ import parser
from studio.headlines.headline import Figure, Headline
from studio.headlines.page import SUBJECTS, numbers_page

ROOT = Path(__file__).parents[1]
HEADLINES = [headline for module in SUBJECTS.values() for headline in module.HEADLINES]
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")


def differences(written, computed):
    """Lines that differ in words, or in a number by more than one of its last place."""
    for old, new in zip(written.splitlines(), computed.splitlines(), strict=True):
        words = [_NUMBER.split(line) for line in (old, new)]
        pairs = zip(_NUMBER.findall(old), _NUMBER.findall(new), strict=False)
        if words[0] != words[1] or any(apart(*pair) for pair in pairs):
            yield old, new


def apart(a, b):
    place = 10.0 ** -len(a.partition(".")[2])
    return abs(float(a.replace(",", "")) - float(b.replace(",", ""))) > 1.5 * place


def test_the_page_agrees_with_the_tables():
    """`python -m studio numbers` writes it again."""
    written = (ROOT / "notebooks" / "numbers.md").read_text(encoding="utf-8")
    assert list(differences(written, numbers_page(ROOT / "data" / "results"))) == []


def test_a_changed_number_is_found():
    line = "**59 %** (95% CI 57 to 61; n: 1,200 searches)"
    assert list(differences(line, line.replace("57", "56"))) == []
    assert list(differences(line, line.replace("57", "55")))
    assert list(differences(line, line.replace("searches", "vehicles")))


@pytest.mark.parametrize("headline", HEADLINES, ids=lambda headline: headline.name)
def test_a_headline_says_what_was_asked_and_how(headline):
    values = {field.name: getattr(headline, field.name) for field in fields(Headline)}
    assert all(values.values())
    assert parser().parse_args(headline.command.split())


def test_each_headline_stands_once():
    names = [headline.name for headline in HEADLINES]
    assert len(set(names)) == len(names)


def test_a_figure_is_printed_with_its_interval():
    assert str(Figure(0.594, 0.57, 0.61, "9 vehicles")) == (
        "**59 %** (95% CI 57 to 61; n: 9 vehicles)"
    )
    assert str(Figure(9.87, None, None, "all", "bits", 1)) == (
        "**9.9 bits** (all are counted; n: all)"
    )
