"""Writes the answers for instructors, ``notebooks/answers.md``, from the executed notebooks."""

import html
import json
import re
from pathlib import Path

_HEAD = """\
# Answers, for instructors

This page is made by `python -m studio numbers` from the executed notebooks, so its numbers are
theirs. A test fails if it does not agree with them. It holds the answer to each question that a
notebook asks before it shows something, in the notebook's order.
"""
_QUESTION = re.compile(
    r"<p><b>Predict first\.</b> (.*?)</p><ul>(.*?)</ul>\s*<details><summary><b>The answer</b>"
    r"</summary><p>(?:It is: )?(.*?)</p>",
    re.S,
)


def answers_page(notebooks: Path) -> str:
    """The page, as Markdown, from a folder of executed notebooks."""
    parts = [_HEAD]
    for path in sorted(notebooks.glob("[0-9][0-9]-*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        asked = dict.fromkeys(
            question
            for cell in cells
            for output in cell.get("outputs", [])
            for question in _QUESTION.findall("".join(output.get("data", {}).get("text/html", [])))
        )
        if asked:
            parts.append(f"## {path.stem[:2]}\n")
        for words, choices, answer in asked:
            options = " · ".join(re.findall(r"<li>(.*?)</li>", choices, re.S))
            parts.append(f"**{_plain(words)}**\n\n({_plain(options)})\n\n{_plain(answer)}\n")
    return "\n".join(parts)


def _plain(words: str) -> str:
    return html.unescape(" ".join(words.split()))
