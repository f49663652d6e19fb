"""Headline numbers of what can be compared with frames of the real road."""

from functools import partial
from pathlib import Path

import pandas as pd

from cctview.dataset import read_result
from studio.headlines.headline import Figure, Headline

_MINUTES = {
    "real": "minutes from 13:52 on, which no model learned from, of real cameras",
    "simulated": "twelve minutes of the same cameras, simulated",
}
_AGREEMENT = "agreement --out data/results/agreement.csv"


def _detector(frames: str, results: Path) -> Figure:
    table = read_result("accuracy.csv", results)
    row = table[(table["figure"] == "recall") & (table["frames"] == frames)].iloc[0]
    return Figure(row["estimate"], row["low"], row["high"], _MINUTES[frames])


def _network(figure: str, results: Path, road: str, unit: str = "%", digits: int = 0) -> Figure:
    row: pd.Series = read_result("agreement.csv", results).set_index("figure").loc[figure]
    ends = (row[road], row[f"{road}_low"], row[f"{road}_high"])
    return Figure(*ends, _MINUTES[road], unit, digits)


_next_frame = partial(
    _network, "mean of cameras shipped network, AUC in the next frame", unit="AUC", digits=2
)
_next_camera = partial(_network, "shipped network, rank-1 without labels")


HEADLINES = (
    Headline(
        "The detector finds most vehicles on real frames",
        "04",
        "Which share of the vehicles over 20 pixels does it find, by the boxes of the original's"
        " RetinaNet, at a precision of 0.85?",
        "none; four cameras",
        "evaluate --keep",
        partial(_detector, "real"),
        "Take simulated frames, whose boxes are known, at the shipped threshold:",
        partial(_detector, "simulated"),
    ),
    Headline(
        "The network tells a vehicle from others in the next frame",
        "05",
        "How well does the cosine tell the same vehicle from the others of the next frame, where"
        " its movement says which one it is? 0.5 is a coin, 1 is perfect.",
        "the vehicles of the next frame; mean of four real cameras",
        _AGREEMENT,
        partial(_next_frame, road="real"),
        "Take simulated frames:",
        partial(_next_frame, road="simulated"),
    ),
    Headline(
        "The network finds some vehicles at the next real camera",
        "05, 06",
        "How often is the correct vehicle first at the next camera, by one crop? It is estimated"
        " without labels, from how travel times pile up.",
        "all vehicles of E 48 St within minutes, looked for from E 53 St",
        _AGREEMENT,
        partial(_next_camera, road="real"),
        "Take simulated frames:",
        partial(_next_camera, road="simulated"),
    ),
)
