"""Spot them: mark the vehicles of a frame by hand, then see the detector's boxes, and who has none.

Lesson 10 opens with it, and shows the line of text that each box becomes; lesson 04 opens with it,
and shows every vehicle that is there.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from cctview.dataset import BOX, encode_jpeg
from cctview.show import Moment, data_address, encode_still, picture_html


def spot_vehicles(
    image: np.ndarray,
    boxes: pd.DataFrame,
    vehicles: pd.DataFrame | None = None,
    lines: bool = False,
) -> Moment:
    """Mark the vehicles of a frame, then turn over what the detector found, and what is there.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
    boxes : DataFrame
        The detector's: columns x1, y1, x2, y2 (pixels), and id if `lines`.
    vehicles : DataFrame, optional
        Every vehicle that is there: columns x1, y1, x2, y2, and found (bool): by the detector.
    lines : bool
        Whether to show each box's id, the line of text that it becomes.
    """
    there = [] if vehicles is None else vehicles.to_dict("records")
    words = "A frame of a road with vehicles, near and far. You mark every vehicle that you see."
    said = f"The detector drew {len(boxes)} boxes."
    if there:
        said += f" {len(there)} vehicles are there."
    says = [
        "Then see what the detector found.",
        "Each box becomes a line of text." if lines else "Who is there that has no box?",
        "A vehicle in a dashed box was missed: this frame tells the database nothing of it.",
    ]
    data = {
        "picture": data_address(encode_jpeg(image)),
        "alt": words,
        "width": image.shape[1],
        "height": image.shape[0],
        "boxes": boxes[BOX].to_numpy().tolist(),
        "lines": boxes["id"].tolist() if lines else [],
        "says": says,
        "vehicles": [
            {"box": [float(row[side]) for side in BOX], "found": bool(row["found"])}
            for row in there
        ],
    }
    still = picture_html(encode_still([(image, "How many?", [])]), words, size=(704, 480))
    still += f"<details><summary><b>The answer</b></summary><p>{said}</p></details>"
    script = Path(__file__).with_suffix(".js")
    return Moment(
        script, "Mark every vehicle that you see", words, data, {"marks": [], "turned": 0}, still
    )
