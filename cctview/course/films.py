"""One vehicle as cameras of several kinds have it: the frames of ``data/kinds``."""

import numpy as np
import pandas as pd

from cctview.dataset import BOX, DATA, crop, read_image, require

_FOLDER = DATA / "kinds"
_SMALL = 352
"""Pixels of the width of the frames in which boxes are given."""
_PLACE = 1
"""Which vehicle of the frame, by the size of its box: the second, since the largest fills it."""


def films_of_one_car() -> dict[tuple[str, str], np.ndarray]:
    """A vehicle at one moment, cut out of the frames of each kind of camera.

    Returns
    -------
    dict of (str, str) to ndarray
        By size of the frame, such as "352×240", and by the detail that vehicles show at close range
        (low, middle or high): RGB, uint8. The smallest frame comes first.
    """
    found = pd.read_parquet(require(_FOLDER / "detections.parquet"))
    crops = {}
    for path in _FOLDER.glob("*.jpg"):
        frame, size, detail = path.stem.rsplit("--", 2)
        seen = found[(found["frame"] == frame) & (found["size"] == f"{_SMALL}×240")]
        sides = seen[BOX].to_numpy()
        area = (sides[:, 2] - sides[:, 0]) * (sides[:, 3] - sides[:, 1])
        image = read_image(path.read_bytes(), path.name)
        box = sides[np.argsort(-area)[_PLACE]] * image.shape[1] / _SMALL
        crops[size.replace("x", "×"), detail] = crop(image, tuple(np.rint(box).astype(int)))
    details = ("low", "middle", "high")
    order = sorted(crops, key=lambda kind: (len(crops[kind]), details.index(kind[1])))
    return {kind: crops[kind] for kind in order}
