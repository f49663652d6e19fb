"""How every figure of the course looks: one style, one palette, one card.

A figure is a `Card`: a matplotlib Figure on a light ground of its own, so that it reads the same in
a light and in a dark JupyterLab, in a slide and on paper. It states its finding in its title, says
in its last line where its numbers come from, and shows itself in a notebook without pyplot. The
fonts come with matplotlib, so the pictures are the same everywhere.

The palette is that of Okabe and Ito (2008), which people with any of the usual forms of colour
blindness can tell apart; and no figure tells things apart by colour alone.
"""

import io
from functools import cache
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from PIL import Image

from cctview.show.inline_pictures import picture_html

INK, GREY, PALE, PAPER = "#1c1c1c", "#5f5f5f", "#dddad2", "#fbfaf7"
BLUE, ORANGE, SKY, GREEN = "#0072B2", "#E69F00", "#56B4E9", "#009E73"
YELLOW, RED, PURPLE = "#F0E442", "#D55E00", "#CC79A7"

SAME, DIFFERENT = BLUE, RED
"""Pairs of pictures of one vehicle, and of two; also what is right, and what is wrong."""
DELIVERED, CLAIMED = BLUE, PURPLE
"""The meter's two numbers."""

SIMULATION = "Simulated"
"""The last line of a figure of simulated frames. What its numbers are worth beside real frames:
``notebooks/numbers.md``."""

WIDTH = 7.2
"""Inches: of every card. Type is set for this width: it stays legible in a column of 400 pixels."""
_DOTS, _COLOURS, SCREEN = 200, 128, 110
"""Dots per inch and colours that are drawn, and pixels per inch that they are shown at."""
_LINE = 0.29  # in, a line of the title
_HEADING = FontProperties(family="DejaVu Sans", size=14.5, weight="bold")

_LOOK = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 12.5,
    "axes.edgecolor": GREY,
    "axes.facecolor": PAPER,
    "axes.labelcolor": INK,
    "axes.labelsize": 12.5,
    "axes.linewidth": 0.9,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.dpi": _DOTS,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "hatch.color": GREY,
    "hatch.linewidth": 1.0,
    "lines.linewidth": 2.4,
    "lines.solid_capstyle": "butt",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": GREY,
    "xtick.labelcolor": INK,
    "xtick.labelsize": 11.5,
    "ytick.color": GREY,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 11.5,
}


def style() -> Any:
    """The look, for a ``with`` block or as a decorator of a function that draws.

    Examples
    --------
    >>> with style():
    ...     matplotlib.rcParams["font.sans-serif"]
    ['DejaVu Sans']
    """
    return matplotlib.rc_context(_LOOK)


class Card(Figure):
    """A figure of the course.

    Parameters
    ----------
    title : str
        The finding, as a sentence; lines are broken where they must be.
    height : float
        Of what lies between title and last line, in inches.
    note : str
        The last line: where the numbers come from; "" for none.
    photographs : bool
        Whether it holds pictures of vehicles: then it is shown as JPEG, which is smaller.
    **margins : float
        Inches around the axes: `left`, `right`, `bottom` (of the axis labels, above the note) and
        `top` (below the title). With `wspace`, `hspace` as in
        `matplotlib.figure.Figure.subplots_adjust`.

    Attributes
    ----------
    title : str
    """

    def __init__(
        self,
        title: str,
        height: float = 3.4,
        note: str = SIMULATION,
        photographs: bool = False,
        left: float = 0.85,
        right: float = 0.3,
        bottom: float = 0.62,
        top: float = 0.12,
        **spaces: float,
    ) -> None:
        lines = _broken(title.replace(" %", "\N{NO-BREAK SPACE}%"), 72 * (WIDTH - 0.4))
        above, below = _LINE * len(lines) + 0.16, 0.27 if note else 0.0
        tall = height + above + below
        super().__init__(figsize=(WIDTH, tall), dpi=_DOTS)
        FigureCanvasAgg(self)
        self.title, self.photographs = title, photographs
        heading: dict[str, Any] = {"va": "top", "fontproperties": _HEADING}
        self.text(0.16 / WIDTH, 1 - 0.1 / tall, "\n".join(lines), linespacing=1.25, **heading)
        if note:
            self.text(0.16 / WIDTH, 0.09 / tall, note, va="bottom", fontsize=9.8, color=GREY)
        self.subplots_adjust(
            left=left / WIDTH,
            right=1 - right / WIDTH,
            bottom=(below + bottom) / tall,
            top=1 - (above + top) / tall,
            **spaces,
        )

    def to_bytes(self, kind: str = "png", dots: int = _DOTS) -> bytes:
        """The picture, as a PNG or JPEG file."""
        self.set_dpi(dots)
        canvas = FigureCanvasAgg(self)
        with style():
            canvas.draw()
        picture = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
        if kind != "jpeg":  # a palette makes it half as large
            picture = picture.quantize(
                _COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
            )
        file = io.BytesIO()
        picture.save(file, kind, quality=88)
        return file.getvalue()

    def __repr__(self):
        return f"<figure: {self.title}>"

    __str__ = __repr__

    def _repr_mimebundle_(self, include=None, exclude=None):
        kind = "jpeg" if self.photographs else "png"
        size = tuple(round(inches * SCREEN) for inches in self.get_size_inches())
        picture = self.to_bytes(kind, 150 if self.photographs else _DOTS)
        return {
            "text/plain": repr(self),
            "text/html": picture_html(picture, self.describe(), kind, size),
        }

    def describe(self) -> str:
        """What is drawn, in words, for people who do not see it."""
        return " ".join([self.title.rstrip(".") + ".", *map(_describe_axes, self.axes)])


def _describe_axes(axes: Axes) -> str:
    """The quantities along both axes, with their ranges, and what the key and the labels name."""
    parts = []
    for words, axis, label in (
        ("Across", axes.xaxis, axes.get_xlabel()),
        ("Upwards", axes.yaxis, axes.get_ylabel()),
    ):
        ticks = [tick.get_text() for tick in axis.get_ticklabels() if tick.get_text()]
        if label or (axes.axison and ticks):
            ends = f"{ticks[0]} to {ticks[-1]}" if axes.axison and len(ticks) > 1 else ""
            parts.append(f"{words}: {', '.join(filter(None, [label, ends]))}.")
    legend = axes.get_legend()
    key = [text.get_text() for text in legend.get_texts()] if legend else []
    written = [text.get_text() for text in axes.texts if text.get_text().strip()]
    title = axes.get_title()
    if named := list(dict.fromkeys([*([title] if title else []), *key, *written])):
        parts.append(f"It names: {'; '.join(named[:12])}.")
    return " ".join(" ".join(parts).split())


def _broken(title: str, width: float) -> list[str]:
    """The lines of a title, none of them wider than so many points."""
    lines, left = [], 0.0
    for word in title.split(" "):
        left -= _width(f" {word}")
        if left < 0:
            lines.append(word)
            left = width - _width(word)
        else:
            lines[-1] += f" {word}"
    return lines


@cache
def _width(words: str) -> float:
    """The width of these words in a title, in points."""
    return text_to_path.get_text_width_height_descent(words, _HEADING, ismath=False)[0]


def label(axes: Axes, x: float, y: float, text: str, colour: str = INK, **options: Any) -> Text:
    """Write a label at a place in the data, on a ground that keeps it legible over lines."""
    ground = {"facecolor": PAPER, "edgecolor": "none", "alpha": 0.85, "pad": 1.2}
    return axes.text(x, y, text, **{"color": colour, "fontsize": 11.5, "bbox": ground, **options})


def percent(share: float) -> str:
    """A share in words that fit its size.

    Examples
    --------
    >>> [percent(x) for x in (0.5, 0.031, 0.0004, 0.0, 1.0)]
    ['50 %', '3.1 %', '0.04 %', '0 %', '100 %']
    """
    if share in (0, 1) or share >= 0.0995:
        return f"{100 * share:.0f} %"
    return f"{100 * share:.1f} %" if share >= 0.00095 else f"{100 * share:.2g} %"


def called(kind: str, colour: str = "") -> str:
    """A vehicle in words.

    Examples
    --------
    >>> [called("sedan", "blue"), called("suv"), called("taxi van", "yellow taxi")]
    ['blue sedan', 'SUV', 'yellow taxi van']
    >>> called("green taxi", "green taxi")
    'green taxi'
    """
    colour = colour.removesuffix(" taxi")
    words = kind if kind.startswith(colour) and colour else f"{colour} {kind}".strip()
    return words.replace("suv", "SUV")


def one_of(count: float) -> str:
    """An anonymity set in words.

    Examples
    --------
    >>> [one_of(x) for x in (2_000_000, 5234, 37.2, 1.4, 0.3)]
    ['one of 2 million', 'one of 5,200', 'one of 37', 'singled out', 'singled out']
    """
    if count < 1.5:
        return "singled out"
    if count < 100:
        return f"one of {count:.0f}"
    digits = 2 - len(f"{count:.0f}")
    rounded = int(round(count, digits))
    return f"one of {rounded / 1e6:g} million" if rounded >= 1e6 else f"one of {rounded:,}"


def short(count: float) -> str:
    """A large number in few letters.

    Examples
    --------
    >>> [short(x) for x in (0.25, 3.14, 42.4, 1966, 38_400, 2e6, 3e10)]
    ['0.25', '3.1', '42', '2,000', '38,000', '2 million', '30 billion']
    """
    if count < 10:
        return f"{count:.2g}"
    rounded = float(f"{count:.2g}")
    for size, name in ((1e9, "billion"), (1e6, "million")):
        if rounded >= size:
            return f"{rounded / size:g} {name}"
    return f"{rounded:,.0f}"
