"""What the detector finds in frames scaled to other sizes, and before it drops doubles.

`python -m cctview.course.scales` makes it anew. Stored in ``data/results/scales.parquet``, since detecting
takes longer than a notebook should.
"""

import argparse
import sys
from pathlib import Path

import pandas as pd

from cctview.course.results import FOLDER, write_table
from cctview.dataset.results import read_result
from cctview.detect.coverage import own_frames

FILE, COMMAND = "scales.parquet", "python -m cctview.course.scales"
SIDES = (224, 320, 416, 608, 832)
"""To how many pixels the frame's longer side is scaled; 416 is usual."""
COUNT = 72


def sample_frames(truth, count=COUNT):
    """Frames at equal distances through the recordings of all cameras, those that arrived and show
    a picture of their own.

    Returns
    -------
    list of str
    """
    own = own_frames(truth)
    return own.iloc[:: max(len(own) // count, 1)].head(count).tolist()


def detect_at_scales(dataset, frames, sides=SIDES):
    """Run our detector on frames at several scales, and at the usual one without dropping doubles.

    Parameters
    ----------
    dataset : cctview.dataset.frames.Dataset
    frames : list of str
    sides : sequence of int

    Returns
    -------
    DataFrame
        Columns frame, side (pixels), doubles (bool: all boxes, also the weaker ones on one object),
        type, percent, x1, y1, x2, y2.
    """
    from tqdm import tqdm

    from cctview.detect.detector import YOLO_SIDE, Detector

    kinds = [(side, False) for side in sides] + [(YOLO_SIDE, True)]
    parts = []
    for side, doubles in kinds:
        detector = Detector(side=side, doubles=doubles)
        for frame in tqdm(frames, f"{side} pixels", unit="frame"):
            parts.append(
                detector.detect(dataset.image(frame)).assign(
                    frame=frame, side=side, doubles=doubles
                )
            )
    table = pd.concat(parts, ignore_index=True)
    return table[["frame", "side", "doubles", "type", "percent", "x1", "y1", "x2", "y2"]]


def stored_scales(folder=FOLDER):
    """Read what is stored; see `detect_at_scales`."""
    return read_result(FILE, folder).astype({"frame": "str", "type": "str"})


def main(arguments=None):
    """Make the table anew."""
    from cctview.dataset.frames import open_dataset
    from cctview.truth.labels import read_truth

    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data",
        type=Path,
        default=FOLDER.parent,
        help="a dataset with its truth (default: %(default)s)",
    )
    parser.add_argument(
        "--out", type=Path, help="folder for the result (default: results/ in the dataset)"
    )
    options = parser.parse_args(arguments)
    try:
        table = detect_at_scales(
            open_dataset(options.data), sample_frames(read_truth(options.data))
        )
    except (FileNotFoundError, ValueError) as error:
        print(f"{COMMAND}: {error}", file=sys.stderr)
        return 1
    small = {"side": "int16", "percent": "float32"} | dict.fromkeys(
        ["x1", "y1", "x2", "y2"], "int16"
    )
    write_table(
        (options.out or options.data / "results") / FILE,
        table.astype(small | {"frame": "category", "type": "category"}),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
