"""The picture that stands in for the clickable camera where widgets do not run."""

import io

from PIL import Image, ImageDraw, ImageFont

_QUALITY = 80  # of the JPEG file
TILE = 352
"""Width, in pixels, of one camera's picture."""

_COLUMNS = 3
CAPTION = 22  # pixels below each picture
_PALETTE = {
    "vehicle": "#56b4e9",
    "picked": "#f0e442",
    "candidate": "#e69f00",
    "paper": "#ffffff",
    "ink": "#1a1a1a",
}
"""Okabe and Ito's colours, which the colour-blind tell apart; `camera.css` has the same."""


def encode_still(shots):
    """The same as `compose_still`, as the bytes of a JPEG file."""
    buffer = io.BytesIO()
    compose_still(shots).save(buffer, "JPEG", quality=_QUALITY, optimize=True)
    return buffer.getvalue()


def compose_still(shots):
    """Draw the frames of several cameras side by side, with their boxes, as a PIL Image.

    Parameters
    ----------
    shots : list of tuple
        For each camera ``(image, caption, boxes)``: an (H, W, 3) uint8 image, a text, and a list of
        ``(x1, y1, x2, y2, kind, label)`` with kind "vehicle", "picked" or "candidate", in pixels of
        the image.
    """
    columns = min(_COLUMNS, len(shots))
    tiles = [_tile(*shot) for shot in shots]
    height = max(tile.height for tile in tiles)
    rows = -(-len(tiles) // columns)
    size = columns * (TILE + 6) - 6, rows * (height + 6) - 6
    sheet = Image.new("RGB", size, _PALETTE["paper"])
    for k, tile in enumerate(tiles):
        sheet.paste(tile, (k % columns * (TILE + 6), k // columns * (height + 6)))
    return sheet


def _tile(image, caption, boxes):
    """One camera's picture with its caption below."""
    scale = TILE / image.shape[1]
    height = round(image.shape[0] * scale)
    tile = Image.new("RGB", (TILE, height + CAPTION), _PALETTE["paper"])
    tile.paste(Image.fromarray(image).resize((TILE, height), Image.Resampling.BICUBIC))
    pen, font = ImageDraw.Draw(tile), ImageFont.load_default(13)
    for x1, y1, x2, y2, kind, label in boxes:
        corners = [round(c * scale) for c in (x1, y1, x2, y2)]
        pen.rectangle(
            [corners[0] - 1, corners[1] - 1, corners[2] + 1, corners[3] + 1], outline="black"
        )
        pen.rectangle(corners, outline=_PALETTE[kind], width=1 if kind == "vehicle" else 3)
        if label:
            at = (corners[0], max(corners[1] - 16, 0))
            pen.rectangle(pen.textbbox(at, f" {label} ", font=font), fill=_PALETTE[kind])
            pen.text(at, f" {label} ", font=font, fill="black")
    pen.text((2, height + 3), caption, font=font, fill=_PALETTE["ink"])
    return tile
