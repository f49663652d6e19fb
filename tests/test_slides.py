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
from PIL import Image

from cctview import cli
from cctview.course import slides
from tests.browsing import browsing
from tests.scenes import jpeg, picture

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
STATIC = Path(slides.__file__).parent / "static"
ON_STAGE = [path for path in NOTEBOOKS if path.stem[:2] in ("00", "05", "08", "09")]
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


def test_what_is_marked_is_shown_and_what_is_skipped_is_not(tmp_path):
    deck = content(
        deck_of(
            tmp_path,
            text("# before the first slide"),
            text("# 11 · Test", "slide", notes="Say <this>."),
            code("import hidden_thing", mark="skip"),
            text("A *fragment*.", "fragment"),
            code("answer = 42\nanswer", shows(plain="42")),
            text("only for the speaker", "notes"),
            text("## Next", "slide"),
            code(
                "guess = ...\ncheck(guess)", shows(html="<p>no answer yet</p>"), tags=["exercise"]
            ),
            text(
                "<details><summary>Solution</summary>\n\n```python\nguess = 43\n```\n\n</details>",
                tags=["solution"],
            ),
        )
    )
    assert deck.count("<section>") == 2
    first, second = deck.split("</section>")[:2]
    assert "11 · Test" in first
    assert "answer = 42" in first
    assert "<pre>42</pre>" in first
    assert "block text fragment" in first
    assert "<em>fragment</em>" in first
    assert "<p>Say &lt;this&gt;.</p><p>only for the speaker</p></aside>" in first
    assert "guess = ..." in second
    assert "no answer yet" not in second
    for absent in ("before the first", "hidden_thing", "43", "Right"):
        assert absent not in deck


def test_without_marks_each_heading_begins_a_slide(tmp_path):
    deck = content(
        deck_of(tmp_path, text("no heading"), text("# One"), text("### of it"), text("## Two"))
    )
    assert deck.count("<section>") == 2
    assert "of it" in deck.split("</section>")[0]


def test_the_code_of_what_draws_is_left_out_and_its_picture_is_there(tmp_path):
    output = shows(plain='a "line"', png=base64.b64encode(png(440, 220)).decode())
    deck = content(deck_of(tmp_path, text("# 11", "slide"), code("Sliders(update, [])", output)))
    assert "Sliders(update" not in deck
    figure = (
        r'class="block figure"><img src="data:image/png;base64,[^"]+" width="440" height="220"'
        r' alt="a &quot;line'
    )
    assert re.search(figure, deck)


def test_nothing_that_loads_or_runs_comes_from_the_notebook(tmp_path):
    hostile = (
        "<script>alert(1)</script><link href='https://example.org/a.css'><iframe src='x'></iframe>"
    )
    (tmp_path / "near.jpeg").write_bytes(jpeg(picture(1)))
    deck = deck_of(
        tmp_path,
        text("# 11\n\n[a word](glossary.md#bit) and [a page](https://example.org/x)", "slide"),
        text("![near](near.jpeg) ![far](https://example.org/far.png) ![lost](lost.png)"),
        code("x", shows(html="<p>kept</p>" + hostile)),
    )
    inside = content(deck)
    assert Loads(deck).found == []
    assert "a word" in inside
    assert "glossary.md" not in inside
    assert '<a href="https://example.org/x">' in inside  # a link loads nothing until it is clicked
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
        for folded in page.locator("section.present details summary").all():
            folded.click()
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


def test_a_question_keeps_its_choices_and_each_of_a_quiz_stands_alone(tmp_path):
    asked = shows(html="<p>How many?</p><ul><li>one</li><li>two</li></ul>")
    quiz = shows(
        html=(
            "<div><p>1. Is it?</p></div>\n<div><p>2. Is"
            " it?</p></div><table><tr><td>3</td></tr></table>"
        )
    )
    deck = content(
        deck_of(tmp_path, text("# 11", "slide"), code("ask(x)", asked), code("Quiz(y)", quiz))
    )
    assert '<div class="block text"><p>How many?</p><ul>' in deck
    assert deck.count('<div class="block text"><div>') == 2
    assert deck.count('<div class="block wide"><table>') == 1


def test_a_hint_stays_folded_round_its_text(tmp_path):
    hint = "<details><summary>Hint</summary>\n\nTry *this*.\n\n</details>"
    deck = content(deck_of(tmp_path, text("# 11", "slide"), text(hint)))
    assert re.search(
        r"<details><summary>Hint</summary>\s*<p>Try <em>this</em>.</p>\s*</details>", deck
    )


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
    assert cli.main(["slides", "10"]) == 0
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


MEASURE = """() => {
  const page = Reveal.getCurrentSlide().querySelector(".page");
  const boxes = [...page.querySelectorAll("*")].map(one => one.getBoundingClientRect());
  const holds = boxes.filter(box => box.width && box.height);
  const images = [...page.querySelectorAll("img")];
  return {
    right: Math.max(...holds.map(box => box.right)),
    bottom: Math.max(...holds.map(box => box.bottom)),
    left: Math.min(...holds.map(box => box.left)),
    top: Math.min(...holds.map(box => box.top)),
    letters: parseFloat(getComputedStyle(page).fontSize),
    scrolls: page.classList.contains("scrolls"),
    broken: images.filter(image => !image.naturalWidth).length,
    small: images.filter(image => image.getBoundingClientRect().width < 700).length,
  };
}"""


@pytest.mark.browser
@pytest.mark.parametrize("path", ON_STAGE, ids=lambda path: path.stem)
def test_every_page_fits_without_a_network(offline, path, tmp_path):
    page, errors = opened(offline, slides.make_deck(path), tmp_path)
    pages = page.evaluate("Reveal.getTotalSlides()")
    assert pages >= 8
    for number in range(pages):
        page.evaluate(f"Reveal.slide({number}, 0, 99)")
        seen = page.evaluate(MEASURE)
        assert min(seen["left"], seen["top"]) >= 0, (number + 1, seen)
        assert seen["right"] <= WIDTH, (number + 1, seen)
        assert seen["bottom"] <= HEIGHT, (number + 1, seen)
        assert seen["letters"] >= LEGIBLE, (number + 1, seen)
        assert not seen["scrolls"], (number + 1, seen)
        assert seen["broken"] == seen["small"] == 0, (number + 1, seen)
        for folded in page.locator("section.present details summary").all():
            folded.click()
            assert page.locator("section.present details[open]").count() == 1
            assert page.evaluate(MEASURE)["bottom"] <= HEIGHT, (number + 1, folded.text_content())
    page.close()
    assert offline[1] == []
    assert errors == []


@pytest.mark.browser
def test_a_page_that_cannot_fit_scrolls_and_says_so(offline, tmp_path):
    endless = "\n".join(f"- line {number}" for number in range(90))
    page, _ = opened(
        offline, deck_of(tmp_path, text(f"# 11\n\nFirst.\n\n{endless}", "slide")), tmp_path
    )
    page.evaluate("Reveal.slide(1)")
    assert page.evaluate(MEASURE)["scrolls"]
    page.close()


@pytest.mark.browser
def test_the_speaker_sees_the_notes_from_a_file_without_a_network(offline, tmp_path):
    page, _ = opened(
        offline,
        deck_of(tmp_path, text("# 11", "slide", notes="Breathe."), text("# 12", "slide")),
        tmp_path,
    )
    with offline[0].expect_page() as popup:
        page.keyboard.press("s")
    popup.value.locator(".speaker-controls-notes", has_text="Breathe.").wait_for(timeout=20_000)
    popup.value.close()
    page.close()
    assert offline[1] == []
