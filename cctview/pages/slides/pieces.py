"""What a cell shows, as parts of slides: figures, questions, and pieces that live.

What runs is ours: of a moment or of sliders in a notebook only the data are taken, and the script
is the package's own of that name.
"""

import base64
import html
import io
import json
from dataclasses import dataclass, field
from itertools import product
from math import prod
from pathlib import Path

from cctview.pages.markup import below, elements, parsed

MOMENTS = Path(__file__).parents[2] / "course" / "moments"
_STATES = 40  # pictures of one group of sliders in a deck, which is one file
_MOST_STATES = 100  # where a menu's options would be left out otherwise
_QUALITY = 82  # of these, as WebP: a state is a third as large as a file without loss
_PICTURES = ("image/png", "image/jpeg")


@dataclass
class Part:
    """Something that a cell shows.

    Attributes
    ----------
    kind : str
        "figure", "live", "table" or "question".
    body : str
        HTML; of a question nothing.
    data : dict
        Of a question: ``question``, ``choices``, ``right``, ``why``; and ``kicker``, what stands
        over it, if it is not asked before something is shown.
    answer : list of Part
        Of a question: what it covers.
    """

    kind: str
    body: str = ""
    data: dict = field(default_factory=dict)
    answer: list["Part"] = field(default_factory=list)


class Outputs:
    """Reads the outputs of one notebook.

    Parameters
    ----------
    folder : Path
        Of its pictures, and of what was kept of its widgets.
    """

    def __init__(self, folder: Path):
        self.folder = folder

    def parts(self, output) -> list[Part]:
        """What one output shows."""
        if output.output_type == "error":
            return []
        data = output.get("data", {"text/plain": output.get("text", "")})
        words = "".join(data.get("text/plain", ""))
        for kind in _PICTURES:
            if kind in data:
                alt = output.metadata.get(kind, {}).get("alt") or words
                return [_picture(kind, data[kind], alt)]
        return self._read(data["text/html"]) if "text/html" in data else []

    def _read(self, text):
        soup = parsed(text)
        found = []
        for element in [child for child in soup.children if getattr(child, "name", None)]:
            classes = element.get("class", [])
            if "cctview-moment" in classes:
                found += self._read_moment(element)
            elif "cctview-living" in classes and element.get("data-player") == "panel":
                held = json.loads(element.find("script", type="application/json").string)
                found.append(self._panel(held, element.get("aria-label", "")))
            else:
                found += self._still(element)
        return found

    def _read_moment(self, element):
        name, script = element.get("data-moment", ""), element.find("script", recursive=False)
        held = json.loads(script.string) if script else {}
        if held and name == "prediction":
            covered = element.select_one(".still .covered")
            answer = self._read(covered.decode_contents()) if covered else []
            return [Part("question", data=held["data"], answer=answer)]
        if held and name == "quiz":
            return [_quiz_question(one) for one in held["data"]["questions"]]
        if not held or not _is_moment(name):
            return self._still(element)
        return [_moment(name, element.get("aria-label", ""), held)]

    def _still(self, element):
        """The pictures and tables of an element."""
        found = []
        for one in elements(str(element), self.folder):
            for picture in [one] if one.name == "img" else one.find_all("img"):
                if picture.get("src", "").startswith("data:image/"):
                    found.append(Part("figure", str(picture)))
            found += [Part("table", str(table)) for table in _all(one, "table")]
        return found

    def _panel(self, held, label):
        """Sliders, with some of their states in the page."""
        states = dict(held["states"])
        if script := held.pop("script", None):
            states |= self._kept(script)
        shown = {key: states[key] for key in _thinned(states, held) if key in states}
        held["states"] = {
            key: [self._small(address), alt, words] for key, (address, alt, words) in shown.items()
        }
        return Part("live", _holding("cctview-living panel", {"data-player": "panel"}, label, held))

    def _kept(self, address):
        """The data of a script that was kept."""
        text = (below(address, self.folder) or b"").decode().strip()
        return json.loads(text.removeprefix("cctviewKept(...").removesuffix(");"))[1]

    def _small(self, address):
        """A kept picture as a data address."""
        from PIL import Image

        content = None if address.startswith("data:") else below(address, self.folder)
        if content is None:
            return address
        buffer = io.BytesIO()
        with Image.open(io.BytesIO(content)) as picture:
            picture.convert("RGB").save(buffer, "WEBP", quality=_QUALITY, method=4)
        return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _is_moment(name):
    return any(path.stem == name for path in MOMENTS.glob("*.js"))


def _all(element, name):
    return [element] if element.name == name else element.find_all(name)


def _quiz_question(one):
    right = next(n for n, option in enumerate(one["options"]) if option["right"])
    choices = [option["text"] for option in one["options"]]
    data = {"question": one["text"], "choices": choices, "kicker": "Quiz"}
    return Part("question", data={**data, "right": [right], "why": one["options"][right]["reason"]})


def _moment(name, label, held):
    return Part("live", _holding(f"cctview-moment {name}", {"data-moment": name}, label, held))


def _holding(classes, attributes, label, held):
    """An element that a script brings to life, with the data that it holds."""
    data = json.dumps(held, ensure_ascii=False).replace("<", "\\u003c")
    named = "".join(f' {name}="{html.escape(value)}"' for name, value in attributes.items())
    return (
        f'<div class="piece {html.escape(classes)}"{named} role="group"'
        f' aria-label="{html.escape(label)}"><script type="application/json">{data}</script></div>'
    )


def _thinned(states, held):
    """The keys of some states: of sliders every second position, or third and so on, until there
    are few enough, with both ends and the present one; of menus all, unless they are too many.
    """
    now = held["at"]
    grid = [sorted({int(key.split(",")[n]) for key in states}) for n in range(len(now))]
    steps, kept = range(1, 1 + max(map(len, grid))), grid
    for kinds, most in (("slider", _STATES), ("slider menu", _MOST_STATES)):
        for step in steps:
            if prod(map(len, kept)) <= most:
                break
            kept = [
                sorted({*ks[::step], ks[-1], at}) if control["kind"] in kinds else same
                for ks, at, control, same in zip(grid, now, held["controls"], kept, strict=True)
            ]
    return [",".join(map(str, at)) for at in product(*kept)]


def _picture(kind, encoded, words):
    """A picture with its size, so that the browser can lay it out before it has read it."""
    from PIL import Image

    words = html.escape("".join(words), quote=True)
    try:
        content = base64.b64decode("".join(encoded.split()), validate=True)
        with Image.open(io.BytesIO(content)) as picture:
            width, height = picture.size
    except (ValueError, OSError, Image.DecompressionBombError):
        return Part("words", f"{words} (a picture that cannot be read)")
    encoded = base64.b64encode(content).decode()
    return Part(
        "figure",
        f'<img src="data:{kind};base64,{encoded}" width="{width}" height="{height}" alt="{words}">',
    )
