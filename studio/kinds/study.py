"""The table of the experiment, `kinds.csv`: one row an arm and figure, and what is published.

Figures are shares (`studio.kinds.judge`); intervals are 95 %, by drawing vehicles again. Every arm
but the second also has its whole trips and right links less those of the second, on the same
vehicles.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from cctview import weights as weight_files
from cctview.dataset import open_dataset, write_bytes
from cctview.detect import Detector
from cctview.detect.detector import DETECTOR_WEIGHTS
from cctview.extract import EXTRACTOR_WEIGHTS, Extractor
from cctview.stats import bootstrap
from studio.kinds.arms import ARMS, BASE, CAMERAS, EVERY, Arm
from studio.kinds.film import film, read_film
from studio.kinds.follow import follow, learn_moves, look
from studio.kinds.judge import tally_film
from studio.kinds.keep import KEPT, keep_detections, keep_moment
from studio.kinds.network import Embed, taught
from studio.kinds.published import PUBLISHED
from studio.training.checkpoint import named_by_code

ROUNDS = 400
COMPARED = ("links right", "whole trips right")
ABOUT = ["arm", "frame", "seconds", "detail", "network"]
COLUMNS = [*ABOUT, "figure", "estimate", "low", "high", "count", "source"]
_SIMULATED = "simulated road"


def write_kinds(work: Path, data: Path, only: tuple[str, ...] = tuple(ARMS)) -> pd.DataFrame:
    """Run arms, and store the table and what is kept of the films once all have run; returns the
    table of the arms asked for.

    What is finished is kept in `work`, so a second call continues.
    """
    tallies = {arm: run(ARMS[arm], arm, work, data) for arm in only}
    table = table_of(tallies)
    if set(only) == set(ARMS):
        content = table.to_csv(index=False, float_format="%.4f", lineterminator="\n")
        write_bytes(data / "results" / "kinds.csv", content.encode())
        truth, folder = read_film(film(work, Arm(1).settings(), fast=True)), data / "kinds"
        keep_detections({arm: see(ARMS[arm], work) for arm in KEPT}, truth, folder)
        keep_moment({arm: film(work, ARMS[arm].settings()) for arm in KEPT}, truth, folder)
    return table


def see(arm: Arm, work: Path) -> tuple[pd.DataFrame, np.ndarray]:
    """What is found on an arm's frames, and its vectors (`studio.kinds.follow.look`)."""
    detector, weights, embed = _networks(arm, work)
    code = named_by_code(work / "kinds" / "seen", "studio.kinds.follow", detector, weights)
    reels = film(work, arm.settings(), arm.fast)
    seen = code / arm.settings().fingerprint()
    return look(reels, seen, Detector(minimum_percent=25), embed)


def _networks(arm: Arm, work: Path) -> tuple[Path, Path, Embed]:
    detector = weight_files.find(DETECTOR_WEIGHTS)
    if arm.taught:
        return detector, *taught(arm, work)
    weights = weight_files.find(EXTRACTOR_WEIGHTS)
    return detector, weights, Extractor(weights).extract


def run(arm: Arm, name: str, work: Path, data: Path) -> pd.DataFrame:
    """An arm's tally (`studio.kinds.judge`)."""
    detector, weights, _ = _networks(arm, work)
    reads = (detector, weights, *sorted(data.glob("*.zip")))
    place = named_by_code(work / "kinds" / f"{name}.parquet", __name__, *reads)
    if not place.exists():
        small = read_film(film(work, Arm(1).settings(), fast=True))
        reels = film(work, arm.settings(), arm.fast)
        frames = pd.concat([reel.frames()["frame"] for reel in reels])
        detections, vectors = see(arm, work)
        moves = None if arm.fast else learn_moves(open_dataset(data), CAMERAS)
        tracklets = follow(detections, vectors, EVERY if arm.fast else 1, moves)
        write_bytes(place, tally_film(detections, tracklets, small, frames).to_parquet())
    return pd.read_parquet(place)


def table_of(tallies: dict[str, pd.DataFrame], rounds: int = ROUNDS) -> pd.DataFrame:
    """Shares with intervals, columns `COLUMNS`: those of the arms, of arms less the second, and
    what is published.
    """
    rows = []
    for arm, tally in tallies.items():
        about = {"arm": arm, **ARMS[arm].about()}
        for figure, of in tally.groupby("figure", sort=False):
            rows.append({**about, "figure": figure, **_share(of, rounds)})
        for figure in COMPARED if BASE in tallies and arm != BASE else ():
            pair = [one[one["figure"] == figure] for one in (tally, tallies[BASE])]
            words = f"{figure}, more than {BASE}"
            rows.append({**about, "figure": words, **_difference(*pair, rounds)})
    made = pd.DataFrame(rows).assign(source=_SIMULATED)
    known = pd.DataFrame([vars(one) for one in PUBLISHED]).rename(columns={"what": "arm"})
    return pd.concat([made, known])[COLUMNS].reset_index(drop=True)


def _share(tally: pd.DataFrame, rounds: int) -> dict[str, float]:
    hits, of = tally["hits"].to_numpy(), tally["of"].to_numpy()
    found = bootstrap(lambda rows: hits[rows].sum() / of[rows].sum(), np.arange(len(of)), rounds)
    return {**found.iloc[0], "count": of.sum()}


def _difference(tally: pd.DataFrame, base: pd.DataFrame, rounds: int) -> dict[str, float]:
    both = tally.merge(base, on="vehicle", how="outer", suffixes=("", " base"))
    names = ("hits", "of", "hits base", "of base")
    hits, of, hits_base, of_base = both[[*names]].fillna(0).to_numpy().T

    def more(rows: np.ndarray) -> float:
        return hits[rows].sum() / of[rows].sum() - hits_base[rows].sum() / of_base[rows].sum()

    return {**bootstrap(more, np.arange(len(of)), rounds).iloc[0], "count": of.sum()}


def wide(table: pd.DataFrame) -> pd.DataFrame:
    """One row an arm, one column a figure, for people to read."""
    rows = table[table["source"] == _SIMULATED]
    words = [f"{row.estimate:.2f} ({row.low:.2f}–{row.high:.2f})" for row in rows.itertuples()]
    order = {name: rows[name].unique() for name in ("arm", "figure")}
    shown = rows.assign(words=words).pivot(index="arm", columns="figure", values="words")
    return shown.reindex(index=order["arm"], columns=order["figure"]).fillna("")
