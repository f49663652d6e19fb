"""The quiz: its core, its widget driven as a user would, the questions of the course, and
their sheets of paper."""

import html
import re

import pytest

from cctview.cli import main
from cctview.course.checks.quiz import QUESTIONS, read_questions
from cctview.show.widgets import Quiz, all_quizzes
from cctview.show.widgets.quiz import Option, Question, reason

YES, NO = Option("Yes", "Because <so>.", True), Option("No", "It is not.")
QUESTION = Question("Is it?", (NO, YES), "notebook 00")


def test_the_first_answer_counts():
    quiz = Quiz([QUESTION, Question("And this?", (YES, NO))])
    assert "2 questions" in quiz.standing()
    assert quiz.score() == (0, 0)
    assert quiz.answer(0, 0) == "✗ It is not."
    assert quiz.answer(0, 1) == "✓ Because <so>."
    assert quiz.score() == (0, 1)
    assert quiz.given == [1, None]
    assert quiz.first == [0, None]
    assert quiz.answer(1, 0).startswith("✓")
    assert quiz.standing() == "1 of 2 right at the first try."
    quiz.reset()
    assert quiz.score() == (0, 0)


@pytest.mark.parametrize(("number", "choice"), [(1, 0), (-1, 0), (0, 2), (0, -1)])
def test_what_is_not_there_cannot_be_answered(number, choice):
    with pytest.raises(IndexError, match="counted from 0"):
        Quiz([QUESTION]).answer(number, choice)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ((YES,), "exactly one"),
        ((NO, Option("Never", "No.")), "exactly one"),
        ((YES, Option("Sure", "Yes.", True)), "exactly one"),
        ((YES, Option("Yes", "No.")), "twice"),
        ((YES, Option("No", "")), "without a reason"),
    ],
)
def test_a_question_without_one_right_answer_and_all_reasons_is_refused(options, complaint):
    with pytest.raises(ValueError, match=complaint):
        Question("Is it?", options)


def test_a_quiz_without_questions_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        Quiz([])


def test_the_widget_says_the_reason_and_the_score_and_begins_again():
    quiz = Quiz([QUESTION, QUESTION])
    assert quiz in all_quizzes()
    assert quiz.widget is quiz.widget
    shell = quiz._shell
    shell.choices[0].value = 0
    assert "✗ It is not." in shell.reasons[0].value
    assert "0 of 1 so far" in shell.standing.value
    shell.choices[0].value = 1
    assert "✓ Because &lt;so&gt;." in shell.reasons[0].value
    assert shell.reasons[1].value == ""
    shell.choices[1].value = 1
    assert "1 of 2 right" in shell.standing.value
    button = shell.box.children[-1]
    button.click()
    assert [one.value for one in shell.choices] == [None, None]
    assert quiz.score() == (0, 0)
    assert shell.reasons[0].value == ""
    assert "2 questions" in shell.standing.value


def test_without_a_kernel_each_option_folds_out_into_its_reason(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    Quiz([QUESTION])._ipython_display_()
    bundle = shown[0]._repr_mimebundle_()
    assert bundle["text/plain"] == "A quiz of 1 questions"
    assert re.findall(
        r"<details><summary>(.*?)</summary><p>(.*?)</p></details>", bundle["text/html"]
    ) == [
        ("No", "✗ It is not."),
        ("Yes", "✓ Because &lt;so&gt;."),
    ]
    assert "(notebook 00)" in bundle["text/html"]


@pytest.mark.parametrize("lesson", QUESTIONS)
def test_every_answer_has_its_own_reason(lesson):
    questions = QUESTIONS[lesson]
    assert len(questions) == (10 if lesson == "09" else 3)
    quiz = Quiz(questions)
    for number, question in enumerate(questions):
        assert len(question.options) == 4
        for choice, option in enumerate(question.options):
            assert quiz.answer(number, choice) == reason(option)
            assert len(option.reason.split()) >= 5, option
            assert html.escape(option.reason) in quiz.static()
    reasons = {option.reason for question in questions for option in question.options}
    assert len(reasons) == 4 * len(questions)


@pytest.mark.parametrize("lesson", QUESTIONS)
def test_the_right_answers_stand_in_all_places_and_are_not_the_longest(lesson):
    places = [
        next(k for k, option in enumerate(question.options) if option.right)
        for question in QUESTIONS[lesson]
    ]
    assert max(places.count(k) for k in range(4)) <= 0.4 * len(places)
    longest = [
        max(question.options, key=lambda option: len(option.text)).right
        for question in QUESTIONS[lesson]
    ]
    assert sum(longest) <= 0.67 * len(longest)


def test_every_notebook_before_the_summary_has_its_question_in_the_last_quiz():
    met = [int(re.fullmatch(r"notebook (\d\d)", one.where)[1]) for one in QUESTIONS["09"]]
    assert met == sorted(met)
    assert set(met) == set(range(9))


def test_the_sheets_ask_without_answers_and_answer_at_the_end(tmp_path):
    assert main(["quiz", "--out", str(tmp_path / "page.html")]) == 0
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    sheets = re.findall(r"<section>(.*?)</section>", page, re.S)
    asked, answered = sheets[: len(QUESTIONS)], sheets[len(QUESTIONS) :]
    for questions, sheet, answers in zip(QUESTIONS.values(), asked, answered, strict=True):
        assert sheet.count("☐") == 4 * len(questions)
        assert answers.count("☒") == len(questions)
        for question in questions:
            right = next(one for one in question.options if one.right)
            assert re.search(rf"☒ [A-D] {re.escape(html.escape(right.text))}<br>", answers)
            assert all(html.escape(one.text) in sheet for one in question.options)
            assert not any(html.escape(one.reason) in sheet for one in question.options)


@pytest.mark.parametrize(
    "words", ["## Is it?\n\n- [x] Yes\n  So.\n", "## Is it? (notebook 00)\n\n- Yes\n  So.\n"]
)
def test_a_line_of_another_form_is_quoted(words):
    with pytest.raises(ValueError, match=r"a quiz has the line '(Is it\?|Yes)'"):
        read_questions(words)
