"""The quiz, played as a reader would, the questions of the course, and
their sheets of paper."""

import html
import re

import pytest

from cctview.cli import main
from cctview.course.checks.quiz import QUESTIONS, read_questions
from cctview.show.widgets import Option, Question, Quiz
from tests.browsing import browsing
from tests.moments import open_moment

YES, NO = Option("Yes", "Because <so>.", True), Option("No", "It is not.")
QUESTION = Question("Is it?", (NO, YES), "notebook 00")


@pytest.mark.browser
def test_it_says_why_counts_the_first_answer_and_begins_again():
    with browsing() as browser:
        page, errors = open_moment(browser, Quiz([QUESTION, Question("And this?", (YES, NO))]))
        status = page.locator(".quiz > .status")
        assert status.text_content().startswith("2 questions")
        is_it, and_this = (page.get_by_role("group", name=name) for name in ("Is it?", "And this?"))
        is_it.get_by_role("button", name="No").click()
        assert is_it.get_by_role("status").text_content() == "✗ It is not."
        is_it.get_by_role("button", name="Yes").press("Enter")
        assert is_it.get_by_role("status").text_content() == "✓ Because <so>."
        assert status.text_content() == "0 of 1 so far right at the first try."
        and_this.get_by_role("button", name="Yes").click()
        assert status.text_content() == "1 of 2 right at the first try."
        page.get_by_role("button", name="Begin again").click()
        assert status.text_content().startswith("2 questions")
        assert is_it.get_by_role("status").text_content() == ""
        assert errors == []


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


def test_without_a_script_each_option_folds_out_into_its_reason():
    assert re.findall(
        r"<details><summary>(.*?)</summary><p>(.*?)</p></details>", Quiz([QUESTION]).still
    ) == [
        ("No", "✗ It is not."),
        ("Yes", "✓ Because &lt;so&gt;."),
    ]
    assert "(notebook 00)" in Quiz([QUESTION]).still


@pytest.mark.parametrize("lesson", QUESTIONS)
def test_every_answer_has_its_own_reason(lesson):
    questions = QUESTIONS[lesson]
    assert len(questions) == (10 if lesson == "09" else 3)
    quiz = Quiz(questions)
    for question in questions:
        assert len(question.options) == 4
        for option in question.options:
            assert len(option.reason.split()) >= 5, option
            assert html.escape(option.reason) in quiz.still
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
    asked, feedback, answered = (
        sheets[: len(QUESTIONS)],
        sheets[len(QUESTIONS)],
        sheets[len(QUESTIONS) + 1 :],
    )
    assert feedback.count("?") == 4
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
