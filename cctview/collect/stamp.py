"""The simulated cameras' stamp: drawn across the top of a frame, and read back by comparing it with
pictures of digits.

The stamp says ``Facing North 2031-05-05 01:36:40 PM SIMULATED`` in a fixed font (DejaVu Sans Mono,
as matplotlib ships it) at a fixed place, in white, on some cameras with a dark shadow. So each
character has its own cell, and reading it is template matching: the character that best explains
the cell's pixels wins. A pixel that a character paints should have the paint's brightness, give or
take `SPREAD`; what lies beside the strokes is scenery and may have any. Stamps of real cameras have
other fonts and are not read.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

BAR = 18
"""Rows at the top of a frame that the stamp covers."""

SPREAD = 40.0
"""Standard deviation, of 255, of a painted pixel's brightness after JPEG."""

_PLACE = (3, 2)
_SHADOW = 20
_FACINGS = ("North", "South")
_STYLES = tuple((facing, shadow) for facing in _FACINGS for shadow in (False, True))
_LAYOUT = "Facing {facing} %Y-%m-%d %I:%M:%S %p SIMULATED"
_EXAMPLE = datetime(2031, 5, 5, 8, 40)
_CHANGING = (13, 35)  # places of date, time and AM or PM in the line
_GAIN = float(
    np.log(256 / (SPREAD * np.sqrt(2 * np.pi)))
)  # log-likelihood of perfect paint over that of any scenery


def stamp_text(facing: str, time: datetime) -> str:
    """The line across the top of a simulated frame.

    Examples
    --------
    >>> stamp_text("North", datetime(2031, 5, 5, 13, 36, 40))
    'Facing North 2031-05-05 01:36:40 PM SIMULATED'
    """
    return time.strftime(_LAYOUT.format(facing=facing))


def draw_stamp(image: np.ndarray, facing: str, time: datetime) -> np.ndarray:
    """A copy of an (H, W, 3) uint8 image whose top `BAR` rows are black and hold the stamp."""
    drawn = image.copy()
    drawn[:BAR] = 0
    picture = Image.fromarray(drawn)
    ImageDraw.Draw(picture).text(
        _PLACE, stamp_text(facing, time), font=_font(), fill=(255, 255, 255)
    )
    return np.asarray(picture)


def read_stamp(image: np.ndarray) -> datetime | None:
    """The time in a simulated frame's stamp, to the second; None where there is no stamp that can
    be read.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
        RGB.

    Examples
    --------
    >>> read_stamp(draw_stamp(np.zeros((240, 352, 3), np.uint8), "South", datetime(2031, 5, 5, 8, 40, 17)))
    datetime.datetime(2031, 5, 5, 8, 40, 17)
    >>> read_stamp(np.zeros((240, 352, 3), np.uint8)) is None
    True
    """
    width = _edges()[-1] + 1
    if image.shape[0] < BAR or image.shape[1] < width:
        return None
    bar = image[:BAR, :width].mean(axis=2)
    score, facing, shadow = max(
        (_score(bar, *_letters(*style)).mean(), *style) for style in _STYLES
    )
    if score <= 0:
        return None
    cells = _cells(facing, shadow)
    line = "".join(
        c.characters[int(_score(bar[c.slices], c.paint, c.painted).sum(axis=(1, 2)).argmax())]
        for c in cells
    )
    try:
        return datetime.strptime(line, "%Y-%m-%d %I:%M:%S %p")
    except ValueError:
        return None


def prepare() -> None:
    """Load the font and draw all characters: what reading the first stamp of each kind otherwise
    takes its time for.
    """
    for style in _STYLES:
        _letters(*style)
        _cells(*style)


def _score(pixels: np.ndarray, paint: np.ndarray, painted: np.ndarray) -> np.ndarray:
    """The log-likelihood by which paint explains each pixel better than scenery does; 0 where
    nothing is painted.
    """
    return painted * (_GAIN - 0.5 * ((pixels - paint) / SPREAD) ** 2)


@dataclass(frozen=True)
class _Cell:
    """One place of the line: where it is, which characters may stand there, and what they would
    paint.
    """

    slices: tuple[slice, slice]
    characters: str
    paint: np.ndarray  # (characters, h, w) brightness
    painted: np.ndarray  # (characters, h, w) bool


@cache
def _letters(facing: str, shadow: bool) -> tuple[np.ndarray, np.ndarray]:
    """What the characters that never change would paint, and where."""
    line, first, last = stamp_text(facing, _EXAMPLE), *_CHANGING
    return _painted(line[:first] + " " * (last - first) + line[last:], shadow)


@cache
def _cells(facing: str, shadow: bool) -> tuple[_Cell, ...]:
    """The places between the letters, where date and time stand."""
    line, edges, cells = stamp_text(facing, _EXAMPLE), _edges(), []
    for k in range(*_CHANGING):
        characters = "0123456789" if line[k].isdigit() else "AP" if line[k] == "A" else line[k]
        slices = (slice(0, BAR), slice(edges[k], edges[k + 1] + 1))
        glyphs = [_painted(" " * k + c, shadow) for c in characters]
        paint, painted = (np.stack([glyph[i][slices] for glyph in glyphs]) for i in (0, 1))
        cells.append(_Cell(slices, characters, paint, painted))
    return tuple(cells)


def _painted(text: str, shadow: bool) -> tuple[np.ndarray, np.ndarray]:
    """Brightness that a text paints, and where it paints, over the bar."""
    ink = _ink(text, _PLACE)
    paint, painted = 255 * ink + 128 * (1 - ink), ink > 0.5
    if shadow:
        dark = (_ink(text, (_PLACE[0] + 1, _PLACE[1] + 1)) > 0.5) & (ink < 0.1)
        paint, painted = np.where(dark, _SHADOW, paint), painted | dark
    return paint, painted


def _ink(text: str, place: tuple[int, int]) -> np.ndarray:
    """How much of each pixel of the bar a text covers, 0 to 1."""
    picture = Image.new("L", (_edges()[-1] + 1, BAR))
    ImageDraw.Draw(picture).text(place, text, font=_font(), fill=255)
    return np.asarray(picture) / 255


@cache
def _font() -> ImageFont.FreeTypeFont:
    import matplotlib

    return ImageFont.truetype(
        str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSansMono.ttf"), 12
    )


@cache
def _edges() -> tuple[int, ...]:
    """Columns between the characters' cells, from the left edge of the first to the right edge of
    the last.
    """
    example = stamp_text(_FACINGS[0], _EXAMPLE)
    return tuple(round(_PLACE[0] + _font().getlength(example[:k])) for k in range(len(example) + 1))
