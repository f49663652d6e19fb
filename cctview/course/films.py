"""One vehicle as cameras of several kinds have it: the frames of ``data/kinds``."""

import numpy as np

from cctview.dataset import BOX, DATA, box_side, crop, read_image, read_parquet, require

_KINDS = (("352×240", "middle"), *(("1056×720", detail) for detail in ("low", "middle", "high")))
_SMALL = 352  # px, the width of the frames in which boxes are given
_PLACE = 1  # of the vehicles by size the second, since the largest fills the frame


def films_of_one_car() -> dict[tuple[str, str], np.ndarray]:
    """A vehicle at one moment, cut out of the frames of each kind of camera.

    Returns
    -------
    dict of (str, str) to ndarray
        By size of the frame ("352×240") and detail (low, middle, high): RGB, uint8; smallest first.
    """
    folder = DATA / "kinds"
    found = read_parquet(require(folder / "detections.parquet"), ["frame", "size", *BOX])
    frame = next(folder.glob("*.jpg")).stem.rsplit("--", 2)[0]
    seen = found.loc[(found["frame"] == frame) & (found["size"] == _KINDS[0][0]), BOX].to_numpy()
    box, crops = seen[np.argsort(-box_side(seen))[_PLACE]], {}
    for size, detail in _KINDS:
        path = require(folder / f"{frame}--{size.replace('×', 'x')}--{detail}.jpg")
        image = read_image(path.read_bytes(), path.name)
        crops[size, detail] = crop(image, tuple(np.rint(box * image.shape[1] / _SMALL).astype(int)))
    return crops
