"""How accurate the shipped models are, kept as a table and printed in the README.

`python -m studio evaluate --keep` writes what it measured to ``data/results/accuracy.csv``, with
the sha256 of the weights; `python -m studio numbers` prints the table into the README.
"""

import json
import re
from pathlib import Path

import pandas as pd

from cctview.dataset import write_bytes

PLACE = Path("data/results/accuracy.csv")
_DETECTOR, _EXTRACTOR = "tiny-yolov3-traffic.pt", "student-64.pt"
REAL, SIMULATED = "real", "simulated"
_NAMES = {
    "recall": ("recall at precision .85", "recall"),
    "precision": (None, "precision"),
    "auc": ("same vehicle in the next frame, AUC, cosine", "AUC"),
    "rank1": ("rank-1 without labels", "rank-1 without labels"),
}
"""What `evaluate` and `evaluate_simulation` call each figure."""
_QUESTIONS = {
    "recall": "The detector: what share of the vehicles over 20 pixels does it find?",
    "auc": "The network: does it tell the same vehicle in the next frame, or in another, from the"
    " others there? (AUC by cosine: 0.5 is a coin, 1 is perfect)",
    "rank1": "The network: how often is the correct vehicle first at the next camera, by appearance"
    " alone? (from E 53 St to E 48 St, estimated without labels)",
}


def keep(root: Path, frames: str, figures: dict) -> Path:
    """Put measured figures into the table, in the place of those of the same frames.

    Parameters
    ----------
    root : Path
        The course's folder.
    frames : str
        `REAL` or `SIMULATED`.
    figures : dict
        Name of each figure in `evaluate` or `evaluate_simulation`: (estimate, low, high).
    """
    manifest = json.loads((root / "models" / "manifest.json").read_text(encoding="utf-8"))
    rows = []
    for figure, names in _NAMES.items():
        weights = _DETECTOR if figure in ("recall", "precision") else _EXTRACTOR
        name = names[frames == SIMULATED]
        values = figures[name] if name else (0.85, None, None)  # the precision that recall is at
        rows.append([figure, frames, *values, weights, manifest[weights]["sha256"]])
    columns = ["figure", "frames", "estimate", "low", "high", "weights", "sha256"]
    table, place = pd.DataFrame(rows, columns=columns), root / PLACE
    if place.exists():
        kept = pd.read_csv(place)
        table = pd.concat([kept[kept.frames != frames], table]).sort_values("frames")
    write_bytes(place, table.to_csv(index=False, float_format="%.3f").encode())
    return place


def printed_rank1(text: str) -> tuple[float, ...]:
    """The estimated rank-1, with its interval, in what `measure.py` of the real data prints.

    >>> printed_rank1("733->735 rank-1 0.207 [0.185 0.229] (900)")
    (0.207, 0.185, 0.229)
    """
    found = re.search(r"733->735 rank-1 ([\d.]+) \[([\d.]+) ([\d.]+)\]", text)
    if not found:
        raise ValueError(f"no rank-1 from 733 to 735 in {text!r}")
    return tuple(map(float, found.groups()))


def accuracy_table(root: Path) -> str:
    """The table as Markdown."""
    table = pd.read_csv(root / PLACE).set_index(["figure", "frames"])
    lines = ["| | real frames | simulated frames |", "|---|---|---|"]
    for figure, question in _QUESTIONS.items():
        cells = []
        for frames in (REAL, SIMULATED):
            cell = _written(table.loc[figure, frames], as_share=figure != "auc")
            if figure == "recall":
                right = table.loc["precision", frames].estimate
                cell += f", while {right:.0%} of its boxes show a vehicle".replace("%", " %")
            cells.append(cell)
        lines.append(f"| {question} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _written(row: pd.Series, as_share: bool) -> str:
    values = [row.estimate, row.low, row.high]
    if as_share:
        estimate, low, high = (f"{100 * value:.0f}" for value in values)
        return f"{estimate} % (95% CI {low}–{high})"
    estimate, low, high = (f"{value:.2f}" for value in values)
    return f"{estimate} (95% CI {low}–{high})"
