"""The quizzes on paper: one HTML page to print, with the answers on separate sheets at its end."""

import html

from cctview.course.checks.quiz import QUESTIONS

_STYLE = """
body { font: 12pt/1.4 sans-serif; max-width: 44em; margin: 2em auto; padding: 0 1em; color: #000; }
section { break-after: page; margin-bottom: 4em; }
section:last-of-type { break-after: auto; }
h1 { font-size: 16pt; }
ol > li { margin-bottom: 1.2em; break-inside: avoid; }
ol ul { list-style: none; padding-left: 0; }
ol ul li { margin: 0.35em 0; }
.note { border-left: 4px solid #000; padding-left: 0.8em; }
"""
_ABOUT = (
    "<p>Do not write your name. Write a word that only you know, and the same word on every sheet:"
    " ____________________</p>"
)
_FOR_INSTRUCTORS = (
    '<p class="note">For the instructor. Print the first sheet twice, and hand it out before the'
    " first notebook and after the last one; do not talk about its answers before the second"
    " time. Compare the two sheets with the same word: count who changed to the correct answer, and"
    " who changed away from it.</p>"
)
_FEEDBACK = (
    "What can you do now that you could not do before?",
    "Where did you get lost?",
    "Which number do you not believe?",
    "What will you ask, and whom?",
)


def quiz_sheets() -> str:
    """The HTML page: a sheet for each quiz, a feedback form, then the answers to each quiz."""
    sheets = [_sheet(name, answers=False) for name in QUESTIONS]
    lines = "".join(f"<li><b>{each}</b>{'<br>' * 6}</li>" for each in _FEEDBACK)
    sheets.append(f"<section><h1>Feedback</h1><ol>{lines}</ol></section>\n")
    answers = [_sheet(name, answers=True) for name in QUESTIONS]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Quizzes</title>'
        f"<style>{_STYLE}</style></head><body>\n{''.join(sheets + answers)}</body></html>\n"
    )


def _sheet(name: str, answers: bool) -> str:
    title = "Before and after the course" if name == "course" else f"After notebook {name}"
    head = f"<h1>{'Answers: ' if answers else ''}{title}</h1>"
    about = (_FOR_INSTRUCTORS if name == "course" else "") if answers else _ABOUT
    asked = []
    for question in QUESTIONS[name]:
        options = ""
        for letter, option in zip("ABCDEFG", question.options, strict=False):
            box = "☒" if answers and option.right else "☐"
            reason = f"<br><i>{html.escape(option.reason)}</i>" * answers
            options += f"<li>{box} {letter} {html.escape(option.text)}{reason}</li>"
        asked.append(f"<li><b>{html.escape(question.text)}</b><ul>{options}</ul></li>")
    return f"<section>{head}{about}<ol>{''.join(asked)}</ol></section>\n"
