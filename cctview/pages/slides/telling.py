"""What a slide says. A deck is not the notebook's text: it shows, and the speaker says the rest.

From a cell of text a slide takes its heading with the first sentence, each paragraph that begins in
bold, and each list, of which it takes first sentences, or what is bold where these are long. A cell
that begins no slide and has no heading gives only what begins in bold. Worked examples are told in
the notebook. All other words are the speaker's notes. From a cell of code a slide takes what it
shows: each figure, moment or group of sliders has a slide of its own; a question has one, and what
answers it another. Where the choices are numbers in the figure before, they stand below it.

A slide holds at most 40 words. Where the rule says too little or too much, the cell's metadata say
it better: ``slide="..."`` is Markdown for the slide, with ``---`` between two; ``slide=""`` is
none; a cell of code shows its code with ``slide="code"`` and its table with ``slide="table"``.
"""

import html
import re
from dataclasses import dataclass, field
from itertools import takewhile

from cctview.pages.markup import HEADINGS, elements, markdown_html
from cctview.pages.slides.pieces import Part

MOST_WORDS = 40
"""Words of a slide at most."""
BEGINS = ("slide", "subslide")
"""The types of cells that begin a slide."""
_SENTENCE = re.compile(
    r"(?<![ (.][A-Z]\.)(?<! v\.)(?<!Mr\.)(?<!Dr\.)"
    r"(?:(?<=[.?!])|(?<=[.?!][\"”)]))\s+(?=[A-Z“\"(])"
)
_ASKS = re.compile(
    r"\b(click|drag|tick|type in|move|slider|run (this|these|the cell)|cells?"
    r"|above|below|the table|top of the page|here (is|are)|these (are|is)|this is|notebook)\b",
    re.IGNORECASE,
)
"""A sentence with such words speaks of the page, on which a slide is not."""
_EXERCISE = re.compile(r"^Exercise \d+, (together|at home|free)[.:]?\s*", re.IGNORECASE)
_WORKED = re.compile(r"^Worked\b")
_ASKED_FIRST = "Predict first"


@dataclass
class Slide:
    """One slide.

    Attributes
    ----------
    kind : str
        Its look: a class of ``static/deck.css``.
    title, kicker : str
        In large and in small letters, as text.
    body : str
        HTML.
    notes : list of str
        What the speaker says, as text.
    """

    kind: str
    title: str = ""
    body: str = ""
    kicker: str = ""
    notes: list[str] = field(default_factory=list)


def count_words(text):
    """How many words a text has."""
    return sum(any(letter.isalnum() for letter in word) for word in text.split())


class Teller:
    """Tells a notebook's cells as slides, one after the other.

    Parameters
    ----------
    reader : Outputs
        Reads what cells of code show.
    folder : Path
        Pictures in texts lie there.
    """

    def __init__(self, reader, folder):
        self.reader, self.folder = reader, folder
        self.slides, self.section = [], ""

    def tell(self, cell, mark):
        """Add what one cell says, by its mark (``slide_type``)."""
        before = len(self.slides)
        given = cell.metadata.get("slide")
        if "solution" in cell.metadata.get("tags", []) or mark == "skip":
            return
        if cell.cell_type == "markdown":
            read = self._elements(cell.source)
            prose = [_text(one) for one in read if one.name != "details"]
            if mark == "notes":
                self._note(prose)
                return
            if given is None:
                self._tell_text(cell.source, mark in BEGINS)
            else:
                headings = [_bare(_text(one)) for one in read if one.name in HEADINGS]
                self.section = headings[-1] if headings else self.section
                for source in filter(str.strip, str(given).split("\n---\n")):
                    self._tell_given(source)
        elif cell.cell_type == "code":
            prose = []
            self._tell_code(cell, given)
        else:
            return
        said = [str(cell.metadata.notes)] if cell.metadata.get("notes") else []
        self._note([*said, *prose], before if len(self.slides) > before else -1)

    def _note(self, notes, number=-1):
        if self.slides:
            self.slides[number].notes += [one for one in notes if one]

    def _elements(self, source):
        return elements(markdown_html(source), self.folder)

    def _add(self, kind, body="", title="", kicker=None, **more):
        kicker = self.section if kicker is None and not title else kicker or ""
        self.slides.append(Slide(kind, title, body, kicker, **more))

    def _tell_text(self, source, begins):
        """A cell of text by the rule."""
        lead, title, first = begins, "", "words"
        for one in self._elements(source):
            if one.name in HEADINGS:
                if title:
                    self._add("words", title=title)
                title = self.section = _bare(_text(one))
                first = "title" if one.name == "h1" else "words"
                lead = True
                continue
            if one.name == "details":
                continue
            if one.name == "p":
                bold = _begins_bold(one)
                if one.find("img"):
                    self._add("figure", f'<div class="room">{one.find("img")}</div>')
                elif _text(one).startswith("Predict:"):
                    self._say("question", _text(one).removeprefix("Predict:"), title)
                elif _WORKED.match(_text(one)):
                    pass
                elif _EXERCISE.match(_text(one)):
                    self._exercise(_text(one))
                elif lead or bold:
                    self._say(first if title else "words", _text(one), title, bold=bold)
                else:
                    continue
                title, lead = "", False
            elif one.name in ("ul", "ol") and (begins or title) and first != "title":
                self._list(one, title)
                title, lead = "", False
            elif one.name == "blockquote":
                heading = one.find(["h1", "h2", "h3"])
                title = _text(heading.extract()) if heading else title
                self._say("words", _text(one), title, bold=True)
                title, lead = "", False
        if title:
            self._add(first, title=title)

    def _tell_given(self, source):
        """Explicit text of a slide: a heading, and the rest as it is."""
        parts = self._elements(source)
        title = _text(parts.pop(0)) if parts and parts[0].name in HEADINGS else ""
        kind = "list" if [one.name for one in parts] == ["ul"] else "words given"
        self._add(kind, "".join(map(str, parts)), title)

    def _say(self, kind, text, title, bold=False):
        """As many of a text's first sentences as one idea and one slide hold."""
        room = MOST_WORDS - count_words(title or self.section)
        fitting = takewhile(_is_for_a_slide, sentences(text))
        said = _first(fitting, room, room if bold else min(room, 26))
        if said or title:
            told = " ".join(said)
            body = f"<p>{html.escape(told[:1].upper() + told[1:])}</p>" if said else ""
            self._add(kind, body, title)

    def _exercise(self, text):
        """What the room is asked, without what it finds in the cell."""
        if _EXERCISE.match(text)[1].lower() != "together":
            return
        self.section = "Your turn"
        told = sentences(_EXERCISE.sub("", text))
        asks = [number for number, one in enumerate(told, start=1) if one.endswith("?")]
        self._say("question", " ".join(told[: asks[-1]] if asks else told), "", bold=True)

    def _list(self, element, title):
        """A list, on as many slides as its words need."""
        open_, left = [], 0
        heading = title or self.section
        for item in element.find_all("li", recursive=False):
            strong = item.find(["strong", "b"])
            bold = _text(strong) if strong and _begins_bold(item) else ""
            said = (sentences(_text(item)) or [""])[0]
            if count_words(said) > 16 and count_words(bold) > 2:
                said = bold
            words = count_words(said)
            if not words or words > MOST_WORDS - count_words(heading) or _ASKS.search(said):
                continue
            if open_ and words > left:
                self._add("list", f"<ul>{''.join(open_)}</ul>", heading)
                open_ = []
            left = (left if open_ else MOST_WORDS - count_words(heading)) - words
            open_.append(f"<li>{html.escape(said.rstrip('.:,;'))}</li>")
        if open_:
            self._add("list", f"<ul>{''.join(open_)}</ul>", heading)

    def _tell_code(self, cell, given):
        if given == "":
            return
        if given == "code":
            lines = [line for line in cell.source.splitlines() if not line.startswith("%%")]
            self._add("code", f"<pre>{html.escape(chr(10).join(lines))}</pre>")
        if "exercise" in cell.metadata.get("tags", []):
            return
        for output in cell.outputs:
            for part in self.reader.parts(output):
                self._show(part, given)

    def _show(self, part: Part, given=None):
        if part.kind == "question":
            self._ask(part)
        elif part.kind in ("figure", "live"):
            self._add(part.kind, f'<div class="room">{part.body}</div>')
        elif part.kind == "words":
            self._say("words", part.body, "")
        elif given == "table":
            self._add("table", part.body)

    def _ask(self, part: Part):
        """The question and what one chooses from; on the next slide the answer."""
        question, choices = part.data["question"], part.data["choices"]
        kicker = part.data.get("kicker", _ASKED_FIRST)
        room = MOST_WORDS - count_words(kicker) - sum(map(count_words, choices))
        room = max(room, 0)
        *before, last = sentences(question)
        if _names_numbers(choices) and self.slides and self.slides[-1].kind == "figure":
            seen = self.slides.pop()
            self._choose(kicker, question, choices, seen.body, seen.notes)
        elif count_words(question) <= room:
            self._choose(kicker, question, choices)
        elif count_words(last) <= room:
            self._add("question", f"<p>{html.escape(' '.join(before))}</p>", kicker=kicker)
            self._choose(kicker, last, choices)
        else:
            self._add("question", f"<p>{html.escape(question)}</p>", kicker=kicker)
            self._choose(kicker, "", choices)
        self._answer(part)

    def _choose(self, kicker, question, choices, seen="", notes=()):
        """What one chooses from, on as many slides as its words need, below what is seen."""
        body = f"{seen}<p>{html.escape(question)}</p>" if question else ""
        kind = "question choose seen" if seen else "question choose"
        for first, group in _grouped(choices, MOST_WORDS - count_words(kicker)):
            items = "".join(_button(n, choice) for n, choice in enumerate(group, start=first))
            self._add(kind, f"{body}<ol>{items}</ol>", kicker=kicker, notes=list(notes))
            body = ""

    def _answer(self, part: Part):
        """What is right and, as far as there is room, why; with the first of what answers it."""
        shown = [one for one in part.answer if one.kind in ("figure", "live")]
        right = [part.data["choices"][n] for n in part.data["right"]]
        why, kicker = part.data["why"], "" if shown else "The answer"
        room = MOST_WORDS - count_words(" or ".join([*right, kicker]))
        reasons = _first(sentences(why), room, room)
        told = ", or ".join(f"<b>{html.escape(one[:1].upper() + one[1:])}</b>" for one in right)
        if reasons:
            told += f" <span>{html.escape(' '.join(reasons))}</span>"
        body = f'<p class="right">{told}</p>'
        if shown:
            body += f'<div class="room">{shown[0].body}</div>'
        kind = f"answer {shown[0].kind if shown else 'alone'}"
        notes = [] if len(reasons) == len(sentences(why)) else [why]
        self._add(kind, body, kicker=kicker, notes=notes)
        for one in shown[1:]:
            self._show(one)


def _button(number, choice):
    """A choice with its number, which is enough where it is the choice."""
    hidden = " hidden" if choice == str(number) else ""
    return (
        f'<li><button type="button" aria-pressed="false"><kbd>{number}</kbd>'
        f"<span{hidden}>{html.escape(choice)}</span></button></li>"
    )


def _names_numbers(choices):
    """Whether each choice is its own number, as "vehicle 2" is."""
    return all(one.split()[-1:] == [str(n)] for n, one in enumerate(choices, start=1))


def _is_for_a_slide(sentence):
    """Whether a sentence neither speaks of the page nor leads on to what follows on it."""
    return not _ASKS.search(sentence) and not sentence.endswith(":")


def _first(told, room, most):
    """The first of some sentences: one of at most `room` words, and more up to `most` words."""
    said, left = [], most
    for sentence in told:
        if count_words(sentence) > (left if said else room):
            break
        said.append(sentence)
        left -= count_words(sentence)
    return said


def _grouped(choices, most):
    """The choices, as many together as a slide holds: (number of the first, texts)."""
    groups: list[tuple[int, list[str]]] = []
    for number, choice in enumerate(choices, start=1):
        words = sum(map(count_words, [*(groups[-1][1] if groups else []), choice]))
        if groups and words <= most:
            groups[-1][1].append(choice)
        else:
            groups.append((number, [choice]))
    return groups


def _text(element):
    return " ".join(element.get_text().split())


def _bare(title):
    """A heading without the numbers of its sections."""
    return re.sub(r"^\d+( and \d+)* · ", "", title)


def _begins_bold(element):
    """Whether the first words of a paragraph are bold."""
    children = [one for one in element.children if str(one).strip()]
    first = children[0] if children else None
    if getattr(first, "name", None) == "p":
        return _begins_bold(first)
    return getattr(first, "name", None) in ("strong", "b")


def sentences(text):
    """A text's sentences."""
    return [one.strip() for one in _SENTENCE.split(text) if one.strip()]
