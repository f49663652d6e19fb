"""One vehicle as cameras of several kinds have it: the frames of ``data/kinds``."""

import numpy as np
import pandas as pd

from cctview.dataset import BOX, DATA, box_side, crop, read_image, require

_KINDS = (("352×240", "middle"), *(("1056×720", detail) for detail in ("low", "middle", "high")))
_SMALL = 352  # px, the width of the frames in which boxes are given
_PLACE = 1  # of the vehicles by size the second, since the largest fills the frame


def films_of_one_car() -> dict[tuple[str, str], np.ndarray]:
    """A vehicle at one moment, cut out of the frames of each kind of camera.

    Returns
    -------
    dict of (str, str) to ndarray
        By size of the frame, such as "352×240", and by the detail that vehicles show at close range
        (low, middle or high): RGB, uint8. The smallest frame comes first.
    """
    found, crops = pd.read_parquet(require(DATA / "kinds" / "detections.parquet")), {}
    for size, detail in _KINDS:
        (path,) = (DATA / "kinds").glob(f"*--{size.replace('×', 'x')}--{detail}.jpg")
        frame, image = path.stem.rsplit("--", 2)[0], read_image(path.read_bytes(), path.name)
        seen = found[(found["frame"] == frame) & (found["size"] == _KINDS[0][0])]
        box = seen[BOX].to_numpy()[np.argsort(-box_side(seen).to_numpy())[_PLACE]]
        crops[size, detail] = crop(image, tuple(np.rint(box * image.shape[1] / _SMALL).astype(int)))
    return crops
