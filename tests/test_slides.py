"""Slides: what a deck holds, that it loads nothing, and, in a browser without a network, that every
page of it fits.
"""

import base64
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from matplotlib.figure import Figure
from PIL import Image

from cctview import cli
from cctview.pages import slides
from cctview.show import Int, Kept, Moment, Option, Question, Quiz, Sliders, living, predict
from tests.browsing import browsing
from tests.scenes import jpeg, picture

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
STATIC = Path(slides.__file__).parent / "static"
MOMENTS = Path(slides.__file__).parents[2] / "course" / "moments"
TELLS_TO_CLICK = re.compile(r"(?<![Yy]ou )\b[Cc]lick (a|an|any|the|it|on|here)\b|\b[Dd]rag\b")
WIDTH, HEIGHT, LEGIBLE = 1920, 1080, 22  # pixels


def code(source, *outputs, mark=None, **metadata):
    cell = nbformat.v4.new_code_cell(source, execution_count=1, outputs=list(outputs))
    return marked(cell, mark, metadata)


def text(source, mark=None, **metadata):
    return marked(nbformat.v4.new_markdown_cell(source), mark, metadata)


def marked(cell, mark, metadata):
    cell.metadata.update({**metadata, **({"slideshow": {"slide_type": mark}} if mark else {})})
    return cell


def shows(**data):
    kinds = {"html": "text/html", "plain": "text/plain", "png": "image/png"}
    return nbformat.v4.new_output(
        "display_data", {kinds[kind]: content for kind, content in data.items()}
    )


def png(width, height):
    file = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(file, "png")
    return file.getvalue()


def deck_of(folder, *cells):
    nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), folder / "11-test.ipynb")
    return slides.make_deck(folder / "11-test.ipynb")


def content(deck):
    """What lies between the tags that hold the slides: without styles and scripts."""
    return deck.partition('<div class="slides">')[2].partition("<script>")[0]


class Loads(HTMLParser):
    """Collects whatever would make a browser load something."""

    def __init__(self, deck):
        super().__init__()
        self.found = []
        self.feed(deck)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            loading = name in ("src", "srcset", "poster", "background", "data") or (
                name == "href" and tag != "a"
            )
            if loading and not (value or "").startswith("data:"):
                self.found.append(f"<{tag} {name}={value}>")


def told(deck):
    """The words of each slide, without pieces that live and the speaker's notes."""
    from bs4 import BeautifulSoup

    sections = BeautifulSoup(deck, "html.parser").select("section")
    for one in [one for section in sections for one in section.select("aside, .piece")]:
        one.decompose()
    return [" ".join(section.get_text(" ").split()) for section in sections]


def test_a_slide_says_headings_first_sentences_and_what_is_bold_and_the_speaker_the_rest(tmp_path):
    cells = [
        text("# before the first slide"),
        text("# 11 · Test\n\n**Why?** Because.\n\nMore prose.", "slide", notes="Say <this>."),
        code("import hidden_thing", mark="skip"),
        code("answer = 42\nanswer", shows(plain="42")),
        text("only for the speaker", "notes"),
        text("## 1 · Next\n\nFirst, by Mr. J. Doe in *A v. B*. Second. Click here.", "slide"),
        text("Prose.\n\n**A bold claim.** Its reason.\n\n- left out"),
        code("check(guess)", shows(html="<p>no answer yet</p>"), tags=["exercise"]),
        text("<details><summary>x</summary>guess = 43</details>", tags=["solution"]),
        text("## Points\n\n- **One thing**: because of it.\n- Another thing. And more.", "slide"),
        text("## By the rule", "slide", slide="## As given\n\nOne.\n\n---\n\n## Two"),
        text("## Not told", "slide", slide=""),
    ]
    deck = content(deck_of(tmp_path, *cells))
    assert told(deck) == [
        "Test Why? Because.",
        "Next First, by Mr. J. Doe in A v. B. Second.",
        "Next A bold claim. Its reason.",
        "Points One thing: because of it Another thing",
        "As given One.",
        "Two",
    ]
    first = deck.split("</section>")[0]
    notes = first.partition("<aside")[2]
    for said in ("Say &lt;this&gt;.", "More prose.", "only for the speaker"):
        assert said in notes
    for absent in ("before the first", "hidden_thing", "43", "no answer yet"):
        assert absent not in deck


def test_what_follows_a_slide_as_given_stands_under_its_cell_s_heading(tmp_path):
    figure = shows(png=base64.b64encode(png(9, 9)).decode())
    cells = [
        text("## 1 · Old", "slide"),
        text("## 2 · New", "slide", slide="Said."),
        code("draw()", figure),
    ]
    assert told(content(deck_of(tmp_path, *cells))) == ["Old", "New Said.", "New"]


def test_of_a_cell_s_slides_the_first_has_what_the_speaker_says(tmp_path):
    cells = [
        text("# 11", "slide"),
        text("## Old", "slide", slide="One.\n\n---\n\nTwo.", notes="Take a breath."),
        text("More prose."),
    ]
    notes = [
        one.partition("<aside")[2]
        for one in content(deck_of(tmp_path, *cells)).split("</section>")[:3]
    ]
    assert ["Take a breath." in one for one in notes] == [False, True, False]
    assert ["More prose." in one for one in notes] == [False, False, True]


def test_without_marks_each_heading_begins_a_slide(tmp_path):
    cells = text("no heading"), text("# One"), text("### of it"), text("## Two")
    assert told(content(deck_of(tmp_path, *cells))) == ["One", "of it", "Two"]


def test_too_many_words_are_the_speaker_s(tmp_path):
    long = "This sentence has " + "very " * 40 + "many words."
    listed = "".join(f"- {'point ' * 15}{number}\n" for number in range(4))
    cells = text(f"## Short\n\n{long}", "slide"), text(f"## List\n\n{listed}", "slide")
    words = told(deck := content(deck_of(tmp_path, *cells)))
    assert words[0] == "Short"
    assert [slides.count_words(one) for one in words[1:]] == [33, 33]
    assert long in deck


def test_the_code_of_what_draws_is_left_out_and_its_picture_is_there(tmp_path):
    output = shows(plain='a "line"', png=base64.b64encode(png(440, 220)).decode())
    deck = content(deck_of(tmp_path, text("# 11", "slide"), code("Sliders(update, [])", output)))
    assert "Sliders(update" not in deck
    figure = r'<img src="data:image/png;base64,[^"]+" width="440" height="220" alt="a &quot;line'
    assert re.search(figure, deck)


def test_a_question_and_its_answer_are_on_different_slides(tmp_path):
    figure = f'<img src="data:image/png;base64,{base64.b64encode(png(9, 9)).decode()}" alt="it">'
    asked = predict("How many?", ["one", "two of them"], "two of them", "So it is.")
    asked.cover(figure)
    quiz = Quiz([Question("Is it?", (Option("Yes", "It is.", True), Option("No", "Not so.")))])
    cells = [text("# 11", "slide")]
    cells += [code("x", shows(html=one.html(), plain="")) for one in (asked, quiz)]
    deck = content(deck_of(tmp_path, *cells))
    question, answer, asks, tells = deck.split("</section>")[1:5]
    assert "two of them" in question
    assert "So it is." not in question
    assert "<img" not in question
    assert "<b>Two of them</b>" in answer
    assert "So it is." in answer
    assert "<img" in answer
    assert "It is." not in asks
    assert "It is." in tells


def questions_of(folder, *cells):
    """The words of the slides after the first, without the numbers of choices."""
    deck = content(deck_of(folder, text("# 11", "slide"), *cells))
    return told(re.sub("<kbd>.*?</kbd>", "", deck))[1:], deck


def test_a_long_question_is_asked_on_two_slides_and_what_is_too_long_to_say_why_is_left_out(
    tmp_path,
):
    choices = ["none " * 14, "all of the others " * 4]
    why = "A first reason. " + "A much longer reason, which no slide holds. " * 5
    asked = predict("This is so, as all of us know. Is it?", choices, choices[0], why)
    (situation, question, answer), _ = questions_of(tmp_path, code("x", shows(html=asked.html())))
    assert situation == "Predict first This is so, as all of us know."
    assert question.startswith("Predict first Is it? none")
    assert "A first reason. A much longer" in answer
    assert slides.count_words(answer) <= slides.MOST_WORDS


def test_choices_that_are_numbers_in_a_figure_stand_below_it(tmp_path):
    figure = shows(png=base64.b64encode(png(9, 9)).decode())
    for choices, count in ((["car 1", "car 2"], 2), (["car 1", "none"], 3)):
        asked = shows(html=predict("Which?", choices, choices[0], "So it is.").html())
        words, deck = questions_of(tmp_path, code("x", figure), code("x", asked))
        assert len(words) == count
        assert ("<img" in deck.split("</section>")[count - 1]) == (count == 2)


def test_the_room_is_asked_a_question_and_not_to_fill_in_a_cell(tmp_path):
    exercise = "**Exercise 1, together.** We count cars. How many? Replace the `...`."
    cells = [
        text("## Your turn\n\n**Worked example.** How many are two and two?", "slide"),
        text(exercise),
        text("**Exercise 2, at home.** How many in your street?"),
        code("%%script --out printed\nfrom cars import count", slide="code"),
    ]
    words, _ = questions_of(tmp_path, *cells)
    assert words == [
        "Your turn We count cars. How many?",
        "Your turn from cars import count",
    ]


def test_nothing_that_loads_or_runs_comes_from_the_notebook(tmp_path):
    hostile = (
        "<script>alert(1)</script><link href='https://example.org/a.css'><iframe src='x'></iframe>"
    )
    (tmp_path / "near.jpeg").write_bytes(jpeg(picture(1)))
    deck = deck_of(
        tmp_path,
        text("# 11\n\n**[A word](glossary.md#bit) and [a page](https://example.org/x)**", "slide"),
        text("![near](near.jpeg) ![far](https://example.org/far.png) ![lost](lost.png)"),
        code("x", shows(html="<table><tr><td>kept</td></tr></table>" + hostile), slide="table"),
    )
    inside = content(deck)
    assert Loads(deck).found == []
    assert "A word" in inside
    assert "glossary.md" not in inside
    assert 'src="data:image/jpeg;base64,' in inside
    assert "far" in inside
    assert "lost" in inside
    assert "kept" in inside
    assert "alert(1)" not in inside


HOSTILE = [
    "<details ontoggle='HIT' open><summary>x</summary>y</details>",
    "<svg onload='HIT'><script>HIT</script></svg>",
    "<p onclick='HIT' onmouseover='HIT'>p</p>",
    "<img src=x onerror='HIT'>",
    "<form action='https://example.org'><input autofocus onfocus='HIT'><button>b</button></form>",
    "<noscript><p title='</noscript><img src=x onerror=HIT>'></noscript>",
    "<math><mtext><table><mglyph><style><img src=x onerror='HIT'></style></mglyph></table></math>",
    "<!--><img src=x onerror='HIT'>-->",
    "<![CDATA[><img src=x onerror='HIT'>]]>",
    "<?php ><img src=x onerror='HIT'>?>",
    "<a href='javascript:HIT'>a</a><a href=' https://x' onclick='HIT'>b</a>",
    "<meta http-equiv=refresh content='0;url=javascript:HIT'><base href='https://example.org'>",
    "<style>@import 'https://example.org/a.css'</style><link rel=stylesheet href='//x/a.css'>",
    "<div style='background:url(https://example.org/a.png)'>d</div>",
    "<video poster='https://example.org/a.png' onerror='HIT'><source src=x onerror='HIT'></video>",
    "<iframe srcdoc='<script>HIT</script>'></iframe><object data='https://example.org'></object>",
    "<section data-background-iframe='https://example.org'>s</section>",
    "<textarea></textarea><img src=x onerror='HIT'>",
    "<x-y onclick='HIT'>words in a tag that nobody knows</x-y>",
    "<scr<script>ipt>HIT</script>",
]


def hostile_deck(folder):
    """A deck of a notebook with all of that, in its texts, its outputs and its pictures."""
    broken = png(4, 4)
    breaking = base64.b64encode(broken).decode() + '" onerror="HIT'
    cells = [text("# 11\n\n" + "\n\n".join(HOSTILE), "slide", notes="<img src=x onerror='HIT'>")]
    cells += [code("x", shows(html=one, plain="plain")) for one in HOSTILE]
    cells.append(code("Sliders(a, b)", shows(png=breaking, plain="<img src=x onerror='HIT'>")))
    cells.append(code("Sliders(a, b)", shows(png="bm90IGEgcGljdHVyZQ==", plain="not one")))
    running = json.dumps(cells).replace("HIT", "document.title=/HIT/")
    return deck_of(folder, *map(nbformat.from_dict, json.loads(running)))


def test_of_a_hostile_notebook_only_what_shows_is_kept(tmp_path):
    deck = hostile_deck(tmp_path)
    tags = re.findall(r"<[^>]*>", re.sub(r"<pre.*?</pre>", "", content(deck), flags=re.DOTALL))
    assert [tag for tag in tags if re.search(r"\son\w+\s*=|style=|javascript:|srcdoc", tag)] == []
    assert "words in a tag that nobody knows" in deck
    assert "a picture that cannot be read" in deck
    assert Loads(deck).found == []


@pytest.mark.browser
def test_a_hostile_notebook_runs_nothing(offline, tmp_path):
    page, _ = opened(offline, hostile_deck(tmp_path), tmp_path)
    for number in range(page.evaluate("Reveal.getTotalSlides()")):
        page.evaluate(f"Reveal.slide({number}, 0, 99)")
    handler = "document.body.setAttribute('onclick', 'document.title=`HIT`'); document.body.click()"
    page.evaluate(handler)  # and if a handler had got in, the policy would not run it
    assert "HIT" not in page.title()
    page.close()
    assert offline[1] == []


def test_no_picture_from_outside_the_folder_is_put_in(tmp_path):
    inside = tmp_path / "course"
    (inside / "pictures").mkdir(parents=True)
    for place in (tmp_path / "secret.png", inside / "pictures" / "a b.png"):
        place.write_bytes(png(3, 3))
    (inside / "link.png").symlink_to(tmp_path / "secret.png")
    (inside / "up").symlink_to(tmp_path)
    (inside / "words.txt").write_text("secret")
    outside = [tmp_path / "secret.png", "../secret.png", "pictures/../../secret.png", "link.png"]
    outside += ["up/secret.png", "%2e%2e/secret.png", (tmp_path / "secret.png").as_uri()]
    outside += ["//host/share/a.png", "C:/a.png", "words.txt", "a%00.png", "\\\\host\\a.png"]
    for source in outside:
        deck = deck_of(inside, text("# 11", "slide"), text(f"<img src='{source}' alt='left out'>"))
        assert "data:" not in content(deck), source
    deck = deck_of(inside, text("# 11", "slide"), text("![in](pictures/a%20b.png)"))
    assert content(deck).count("data:image/png") == 1


@pytest.fixture(scope="module")
def living_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("living")


@pytest.fixture(scope="module")
def living_cells(living_folder):
    """Cells with sliders and with a moment, as a run that kept what they show leaves them."""
    place = Kept(living_folder)

    def draw(values):
        figure = Figure(figsize=(2, 1))
        figure.subplots().bar([0], [values["height"]])
        return figure

    sliders = Sliders(
        lambda values: values, [Int("height", 1, 42, default=9)], draw=draw, describe=str
    )
    panel = living("panel", "<p>still</p>", sliders.player(place), "Sliders")
    moment = Moment(MOMENTS / "base_rates.js", "Stop and sort", "x", {"large": 1}, {})
    cells = [text("# 11", "slide")]
    return [*cells, *(code("x", shows(html=one)) for one in (panel, moment.html()))]


def test_what_lives_is_in_the_file_and_only_so_many_states_of_it(living_folder, living_cells):
    deck = content(deck_of(living_folder, *living_cells))
    panel, moment = re.findall(r'<script type="application/json">(.*?)</script>', deck)
    states = json.loads(panel)["states"]
    assert len(states) <= 40
    assert {"0", "8", "41"} <= set(states)
    assert all(address.startswith("data:image/webp;base64,") for address, *_ in states.values())
    assert "kept/" not in deck
    assert json.loads(moment)["data"] == {"large": 1}
    assert 'data-moment="base_rates"' in deck


def test_of_a_moment_in_a_notebook_only_the_data_are_taken(tmp_path):
    held = '<script type="application/json">{"data": {"a": "</p><b>"}, "state": {}}</script>'
    run = '<script type="module">document.title = "HIT"</script>'
    of = f'<div class="cctview-moment" data-moment="NAME">{held}{run}</div>'
    cells = [
        code("x", shows(html=of.replace("NAME", name))) for name in ("city", "../../x", "unknown")
    ]
    deck = content(deck_of(tmp_path, text("# 11", "slide"), *cells))
    assert deck.count('data-moment="') == 1
    assert "HIT" not in deck


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_deck_of_the_course_loads_nothing(path):
    deck = slides.make_deck(path)
    assert Loads(deck).found == []
    assert (
        re.findall(
            r"(?:url\(|@import\s)[\"']?(?!data:)[\w.:/]",
            re.sub(r"<script>.*?</script>", "", deck, flags=re.S),
        )
        == []
    )
    assert (
        re.findall(
            r"(?:^|[^\w.])(?:import\(|fetch\(|importScripts|new Worker)",
            (STATIC / "deck.js").read_text(),
        )
        == []
    )


def test_reveal_is_whole_and_has_its_licence():
    assert (STATIC / "reveal.js").stat().st_size == 118_912
    assert "MIT" in (STATIC / "reveal.js").read_text(encoding="utf-8")[:200]
    licence = (STATIC / "LICENSE-reveal.js").read_text(encoding="utf-8").strip()
    assert "Hakim El Hattab" in licence
    assert licence in slides.make_deck(NOTEBOOKS[0])


def test_the_command_writes_one_file(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["slides", "10", "--stored"]) == 0
    assert (
        (tmp_path / "10-working-with-sample-data.slides.html")
        .read_text(encoding="utf-8")
        .startswith("<!DOCTYPE html>")
    )
    assert "10-working-with-sample-data.slides.html" in capsys.readouterr().out
    assert cli.main(["slides", str(NOTEBOOKS[0]), "--out", "one.html"]) == 0
    assert (tmp_path / "one.html").exists()


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda folder: slides.find_notebook("77"), "no notebook '77'.*00-the-end"),
        (lambda folder: slides.find_notebook("05", folder), "there are none"),
        (lambda folder: deck_of(folder, text("no heading")), "marked as a slide"),
        (
            lambda folder: deck_of(
                folder, text("# 11", "slide"), nbformat.v4.new_code_cell("1 + 1")
            ),
            "never run",
        ),
        (
            lambda folder: (
                (folder / "x.ipynb").write_text("no") and slides.make_deck(folder / "x.ipynb")
            ),
            "no notebook",
        ),
        (
            lambda folder: (
                (folder / "x.ipynb").write_text("{}") and slides.make_deck(folder / "x.ipynb")
            ),
            "no notebook",
        ),
    ],
)
def test_what_cannot_become_slides_is_refused(make, complaint, tmp_path):
    with pytest.raises(ValueError, match=complaint):
        make(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"outputs": [{"output_type": "display_data", "data": {"text/html": ["<p>", 1.5]}}]},
        {"outputs": [{"output_type": "display_data", "data": []}]},
        {"metadata": {"slideshow": ["slide"]}},
        {"metadata": []},
    ],
)
def test_anything_can_be_anywhere_in_a_notebook(changes, tmp_path):
    cell = code("1") | changes
    notebook = {"cells": [text("# 11", "slide"), cell], "metadata": {}}
    path = tmp_path / "x.ipynb"
    path.write_text(json.dumps(notebook | {"nbformat": 4, "nbformat_minor": 4}))
    with pytest.raises(ValueError, match="x.ipynb: no notebook"):
        slides.make_deck(path)


def test_what_cannot_be_written_or_found_is_replaced(tmp_path):
    """Half a surrogate pair; a picture's name that no file system takes."""
    notebook = nbformat.v4.new_notebook(cells=[text("# 11 HALF", "slide")])
    notebook.cells[0].source += f"\n\n![seen]({'a' * 5000}.png)"
    path = tmp_path / "x.ipynb"
    path.write_text(nbformat.writes(notebook).replace("HALF", "\\ud800"))
    shown = content(slides.make_deck(path))
    assert "11 ?" in shown
    assert "seen" in shown


def test_a_missing_file_is_named(capsys):
    assert cli.main(["slides", "nowhere.ipynb"]) == 1
    assert "nowhere.ipynb" in capsys.readouterr().err


@pytest.fixture(scope="module")
def offline():
    """A browser that has no network, and a list of everything beyond the file that it asked for."""
    with browsing() as browser:
        context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, offline=True)
        asked = []

        def refuse(route):
            if route.request.url.startswith(("file:", "data:")):
                return route.continue_()
            asked.append(route.request.url)
            return route.abort()

        context.route("**/*", refuse)
        yield context, asked
        context.close()


def opened(offline, deck, folder):
    context, _ = offline
    (folder / "deck.html").write_text(deck, encoding="utf-8")
    page, errors = context.new_page(), []
    page.on(
        "console",
        lambda message: (
            errors.append(message.text) if message.type in ("error", "warning") else None
        ),
    )
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((folder / "deck.html").as_uri())
    page.wait_for_function("() => window.Reveal && Reveal.isReady()")
    return page, errors


MEASURE = """(number) => {
  const page = Reveal.getCurrentSlide().querySelector(".page");
  const seen = page.cloneNode(true);
  seen.querySelectorAll(".piece").forEach(one => one.remove());
  const clear = [...page.querySelectorAll("*")].filter(one => !one.closest(".unseen"));
  const all = clear.map(one => one.getBoundingClientRect());
  const boxes = all.filter(box => box.width && box.height);
  const letters = document.createTreeWalker(page, NodeFilter.SHOW_TEXT);
  const sizes = [];
  while (letters.nextNode())
    if (letters.currentNode.data.trim() && !letters.currentNode.parentElement.closest(".piece"))
      sizes.push(parseFloat(getComputedStyle(letters.currentNode.parentElement).fontSize));
  const room = page.querySelector(".room")?.getBoundingClientRect();
  return {
    number, kind: page.className,
    right: Math.max(...boxes.map(box => box.right)),
    bottom: Math.max(...boxes.map(box => box.bottom)),
    left: Math.min(...boxes.map(box => box.left)), top: Math.min(...boxes.map(box => box.top)),
    letters: Math.min(...sizes), words: seen.textContent, room: room && room.height,
    broken: [...page.querySelectorAll("img")].filter(one => one.src && !one.naturalWidth).length,
    live: [...page.querySelectorAll(".piece")].every(one => one.classList.contains("live")),
  };
}"""


def walk(page):
    """What is to be seen on each slide, when it stands."""
    for number in range(page.evaluate("Reveal.getTotalSlides()")):
        page.evaluate(
            """(number) => new Promise((done) => {
                const wait = (n) => (n ? requestAnimationFrame(() => wait(n - 1)) : done());
                Reveal.slide(number);
                wait(4);
            })""",
            number,
        )
        yield page.evaluate(MEASURE, number + 1)


@pytest.mark.browser
def test_every_slide_of_every_deck_fits_without_a_network(offline, tmp_path):
    for path in NOTEBOOKS:
        page, errors = opened(offline, slides.make_deck(path), tmp_path)
        count = 0
        for seen in walk(page):
            count += 1
            about = path.stem, seen
            assert min(seen["left"], seen["top"]) >= -1, about
            assert seen["right"] <= WIDTH + 1, about
            assert seen["bottom"] <= HEIGHT + 1, about
            assert seen["letters"] >= LEGIBLE, about
            words = seen["words"]
            assert slides.count_words(words) <= slides.MOST_WORDS, about
            assert "live" in seen["kind"] or not TELLS_TO_CLICK.search(words), about
            share = 0.6 if "choose" in seen["kind"] else 0.7  # a question and choices stand below
            assert seen["room"] is None or seen["room"] > share * HEIGHT, about
            assert seen["broken"] == 0, about
        assert count >= 8
        page.close()
        assert errors == [], path.stem
    assert offline[1] == []


@pytest.mark.browser
def test_sliders_live_on_a_slide_and_the_keys_of_a_presenter_work(
    offline, living_folder, living_cells
):
    asked = predict("How many?", ["one", "two, or more"], "two, or more", "So it is.")
    cells = [*living_cells[:2], code("x", shows(html=asked.html())), text("## End", "slide")]
    page, errors = opened(offline, deck_of(living_folder, *cells), living_folder)
    page.keyboard.press("PageDown")
    page.locator(".piece.live img").wait_for()
    slider, before = page.get_by_role("slider"), page.locator(".piece img").get_attribute("src")
    slider.focus()
    slider.press("End")
    assert page.locator(".piece img").get_attribute("src") != before
    assert slider.get_attribute("aria-valuetext") == "42"
    page.keyboard.press("PageDown")  # a clicker's key goes on, wherever the focus is
    assert page.evaluate("Reveal.getIndices().h") == 2
    page.keyboard.press("2")
    assert page.get_by_role("button", name="two, or more").get_attribute("aria-pressed") == "true"
    page.keyboard.press("F8")
    assert page.evaluate("Reveal.getIndices().h") == 3
    assert page.locator("section.present .chosen").text_content() == " The room was right."
    page.keyboard.press("Shift+F8")
    assert page.evaluate("Reveal.getIndices().h") == 2
    page.close()
    assert errors == []


@pytest.mark.browser
def test_the_speaker_sees_the_notes_from_a_file_without_a_network(
    offline, living_folder, living_cells
):
    deck = deck_of(living_folder, *living_cells[:2], text("# 12", "slide", notes="Breathe."))
    page, _ = opened(offline, deck, living_folder)
    page.keyboard.press("PageDown")
    page.get_by_role("slider").focus()  # as it is after a slider was moved
    with offline[0].expect_page() as popup:
        page.keyboard.press("s")
    page.keyboard.press("End")
    popup.value.locator(".speaker-controls-notes", has_text="Breathe.").wait_for(timeout=20_000)
    popup.value.close()
    page.close()
    assert offline[1] == []
