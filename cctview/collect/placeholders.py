"""Placeholders: one card ("camera unavailable") that a server sends for many of its cameras.

Two cameras never see the same thing. So a picture that equals another camera's latest picture is a
card, also when the server encoded it anew or in another size.
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

    def seen_at(self, label: str, image: np.ndarray) -> str | None:
        """Remember a camera's picture; the label of another camera that shows the same, if any.

        Parameters
        ----------
        label : str
        image : ndarray of uint8, shape (H, W, 3)
        """
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        small = cv2.resize(grey, _SIZE, interpolation=cv2.INTER_AREA).astype(np.int16)
        if label not in self._labels:
            self._labels.append(label)
            self._latest = np.concatenate([self._latest, small[None]])
        row = self._labels.index(label)
        self._latest[row] = small
        if small.std() < _FLAT:
            return None
        same = np.abs(self._latest - small).max(axis=(1, 2)) <= _SAME
        same[row] = False
        return self._labels[int(same.argmax())] if same.any() else None
