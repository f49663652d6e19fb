"""How accurate the shipped models are, kept as a table and printed in the README.

`python -m studio evaluate --keep` writes what it measured of the detector to
``data/results/accuracy.csv``, with the sha256 of the weights. What is said of the network comes
from ``agreement.csv``, where one function measures both roads. `python -m studio numbers` prints
the table into the README.
"""

import json
from pathlib import Path

import pandas as pd

from cctview.dataset import write_bytes

PLACE = Path("data/results/accuracy.csv")
AGREEMENT = Path("data/results/agreement.csv")
_DETECTOR = "tiny-yolov3-traffic.pt"
REAL, SIMULATED = "real", "simulated"
_NAMES = {"recall": ("recall at precision .85", "recall"), "precision": (None, "precision")}
"""What `evaluate` and `evaluate_simulation` call each figure."""
_QUESTIONS = {
    "recall": "The detector: what share of the vehicles over 20 pixels does it find?",
    "mean of cameras shipped network, AUC in the next frame": "The network: does it tell the same"
    " vehicle in the next frame, where its movement says which one it is, from the others there?"
    " (AUC by cosine: 0.5 is a coin, 1 is perfect; mean of four cameras)",
    "shipped network, rank-1 without labels": "The network: how often is the correct vehicle first"
    " at the next camera, by appearance alone? (from E 53 St to E 48 St, estimated without labels)",
    "shipped network, rank-1 without labels, true boxes": "The same, with each vehicle's true box"
    " in place of the detector's",
}
"""Rows of the README's table: what the two tables call each, and the question."""


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
        name = names[frames == SIMULATED]
        values = figures[name] if name else (0.85, None, None)  # the precision that recall is at
        rows.append([figure, frames, *values, _DETECTOR, manifest[_DETECTOR]["sha256"]])
    columns = ["figure", "frames", "estimate", "low", "high", "weights", "sha256"]
    table, place = pd.DataFrame(rows, columns=columns), root / PLACE
    if place.exists():
        kept = pd.read_csv(place)
        table = pd.concat([kept[kept.frames != frames], table]).sort_values("frames")
    write_bytes(place, table.to_csv(index=False, float_format="%.3f").encode())
    return place


def accuracy_table(root: Path) -> str:
    """The table as Markdown."""
    kept = pd.read_csv(root / PLACE).set_index(["figure", "frames"])
    agreement = pd.read_csv(root / AGREEMENT).set_index("figure")
    lines = ["| | real frames | simulated frames |", "|---|---|---|"]
    for figure, question in _QUESTIONS.items():
        cells = []
        for frames in (REAL, SIMULATED):
            if figure == "recall":
                right = kept.loc["precision", frames].estimate
                cell = _written(*kept.loc[figure, frames][["estimate", "low", "high"]])
                cell += f", while {right:.0%} of its boxes show a vehicle".replace("%", " %")
            else:
                names = [frames, f"{frames}_low", f"{frames}_high"]
                cell = _written(*agreement.loc[figure, names], as_share="AUC" not in figure)
                if frames == REAL and "true boxes" in figure:
                    cell = "nobody knows them"
            cells.append(cell)
        lines.append(f"| {question} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _written(estimate: float, low: float, high: float, as_share: bool = True) -> str:
    if as_share:
        return f"{100 * estimate:.0f} % (95% CI {100 * low:.0f}–{100 * high:.0f})"
    return f"{estimate:.2f} (95% CI {low:.2f}–{high:.2f})"
