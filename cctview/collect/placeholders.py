"""Placeholders: one card ("camera unavailable") that a server sends for many of its cameras.

Two cameras never see the same thing, and a card does not move. So a picture that equals another
camera's latest picture, and then comes again, is a card; also when the server encodes it anew or
in another size.
"""

import cv2
import numpy as np

_SIZE = 88, 60  # pixels of the small grey pictures that are compared
_SAME = 10  # grey levels between two encodings of one picture, at most in any pixel
_FLAT = 4.0  # grey levels, standard deviation: dark or white pictures say nothing


class Placeholders:
    """Remembers each camera's latest picture."""

    def __init__(self) -> None:
        self._labels: list[str] = []
        self._latest = np.zeros((0, _SIZE[1], _SIZE[0]), np.int16)

    def look(self, label: str, image: np.ndarray) -> tuple[str | None, bool]:
        """Compare a camera's picture with the latest of all cameras, and remember it.

        Parameters
        ----------
        label : str
        image : ndarray of uint8, shape (H, W, 3)

        Returns
        -------
        other : str or None
            Another camera that shows the same picture.
        still : bool
            Whether this camera showed it before, too.
        """
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        small = cv2.resize(grey, _SIZE, interpolation=cv2.INTER_AREA).astype(np.int16)
        if label not in self._labels:
            self._labels.append(label)
            self._latest = np.concatenate([self._latest, np.full_like(small, 999)[None]])
        row = self._labels.index(label)
        same = np.abs(self._latest - small).max(axis=(1, 2)) <= _SAME
        self._latest[row], still, same[row] = small, bool(same[row]), False
        if small.std() < _FLAT or not same.any():
            return None, still
        return self._labels[int(same.argmax())], still
