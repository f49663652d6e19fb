"""What the lessons ask before they show: every question is asked once, and nothing beside it gives
its answer away.
"""

import ast
import string
import tomllib
from pathlib import Path

import jupytext
import pandas as pd
import pytest

from cctview.course import ask
from cctview.show import Card

ROOT = Path(__file__).parent.parent
QUESTIONS = tomllib.loads((ROOT / "cctview/course/predictions.toml").read_text(encoding="utf-8"))
LESSONS = sorted((ROOT / "lessons").glob("*.py"))


def asked(path):
    """The calls of `ask` in a lesson: name, the values given, and whether it shows a figure."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        called = isinstance(node, ast.Call) and (
            getattr(node.func, "id", None) or getattr(node.func, "attr", None)
        )
        if called == "ask":
            yield node.args[0].value, {word.arg for word in node.keywords} - {"shows"}


def mentioned(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_each_question_is_asked_with_the_values_that_it_mentions(path):
    for name, values in asked(path):
        question = QUESTIONS[name]
        needed = mentioned(question["question"]) | mentioned(question["why"])
        computed = set() if "right" in question else {"of"}
        assert needed | computed == values, name
        assert name.startswith(path.stem[:2])


def test_all_questions_are_asked_once():
    assert sorted(name for path in LESSONS for name, _ in asked(path)) == sorted(QUESTIONS)


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_answer_is_one_of_the_choices_and_the_question_does_not_hold_it(name):
    question = QUESTIONS[name]
    choices = question["choices"]
    if "right" in question:
        assert question["right"] in choices
    else:
        assert question["below"] == sorted(question["below"])
        assert len(question["below"]) == len(choices) - 1
    assert "of" not in mentioned(question["question"])


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_no_cell_that_is_read_holds_the_reason(path):
    """The code of no cell, nor the text before the question, says why."""
    cells = jupytext.read(path).cells
    for name, _ in asked(path):
        why = QUESTIONS[name]["why"]
        pieces = [piece for piece in why.replace("}", "{").split("{")[::2] if len(piece) > 25]
        seen = next(k for k, cell in enumerate(cells) if f'"{name}"' in cell.source)
        for cell in cells[: seen + 1]:
            assert not any(piece in " ".join(cell.source.split()) for piece in pieces), name


def test_an_answer_follows_from_the_number():
    def right(share):
        question = ask("03 polling", Card("A title", 1), of=share, single=0.04)
        return question.data["choices"][question.data["right"][0]], question.data["why"]

    assert right(0.049)[0] == "almost none"
    assert right(0.05)[0] == "about a tenth"
    choice, why = right(0.232)
    assert choice == "about a quarter"
    assert why.startswith("23 % of the vehicles")


def test_a_figure_and_a_table_are_covered_whole():
    table = pd.DataFrame({"a": [417]})
    for shown, part in ((Card("A title", 1), "<img src="), (table, "<td>417</td>")):
        assert part in ask("03 polling", shown, of=0.2, single=0.04).still
