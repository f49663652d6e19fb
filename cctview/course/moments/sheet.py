"""A sheet of crops: one picture, for where a moment does not run."""

from collections.abc import Sequence

import cv2
import numpy as np

from cctview.dataset import encode_jpeg
from cctview.show import picture_html

_SIDE, _GAP, _WIDTH = 198, 8, 792  # pixels


def sheet_html(crops: Sequence[np.ndarray], columns: int, words: str) -> str:
    """Crops (uint8 RGB of any size) in rows of so many, each as large as its place allows, as HTML
    with a description.
    """
    sheet = np.full((-(-len(crops) // columns) * _SIDE, columns * _SIDE, 3), 255, np.uint8)
    for number, crop in enumerate(crops):
        height, width = (
            round((_SIDE - _GAP) * side / max(crop.shape[:2])) for side in crop.shape[:2]
        )
        top, left = (_SIDE * place for place in divmod(number, columns))
        sheet[top : top + height, left : left + width] = cv2.resize(crop, (width, height))
    size = _WIDTH, round(_WIDTH * sheet.shape[0] / sheet.shape[1])
    return picture_html(encode_jpeg(sheet), words, size=size)
