"""Measure tracking on a build of the simulation: `python -m studio.evaluation.evaluate_tracks
FOLDER`.

FOLDER is a `data/` folder with detections and truth. What counts: vehicles whose box is longer than
12 (and than 20) pixels and of which at least 80 % is to be seen, moving or parked. Smaller and more
hidden ones are ignored: neither missed, nor is a detection of them false. All other detections are
false and count against tracking, as misses do. So the tracking of our detections is held against
two limits: the same detections with the true identities (what the detector allows), and the same
tracks on the right detections alone (what linking itself is worth). Frames that were dropped are
not asked for.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from cctview.dataset import BOX, box_area, camera_of, open_dataset
from cctview.stats import bootstrap
from cctview.track import track_detections
from cctview.truth import read_truth, true_vehicles
from studio.evaluation.trajectories import evaluate_trajectories
from studio.road.expressway import CAMERAS

LENGTHS = (12, 20)  # px, the shortest vehicle that must be tracked
VISIBLE = 0.8  # share of a vehicle that must be to be seen
SURE = 25  # per cent: the detector's threshold


def load_truth(folder):
    """What there was to be seen in every frame delivered: columns frame, track (the vehicle), box,
    length and visible.
    """
    sightings = pd.read_parquet(folder / "truth" / "sightings.parquet")
    frames = pd.read_parquet(folder / "truth" / "frames.parquet")
    parked = pd.read_parquet(folder / "truth" / "parked.parquet")
    delivered = frames.loc[frames.status.astype(str) != "dropped", ["frame", "camera"]].astype(str)
    parked = delivered.merge(parked.astype({"camera": str}), on="camera")
    table = pd.concat([sightings.astype({"frame": str}), parked], ignore_index=True)
    table = table[table.frame.isin(delivered.frame)]
    shown = box_area(table)
    whole = box_area(table[[f"full_{edge}" for edge in BOX]].set_axis(BOX, axis=1))
    length = np.maximum(table.x2 - table.x1, table.y2 - table.y1)
    visible = (1 - table.hidden) * np.minimum(shown / whole, 1)
    table = table.assign(
        track=table.vehicle,
        length=length,
        visible=visible,
        camera=table.frame.map(camera_of),
    )
    return table[["frame", "camera", "track", *BOX, "length", "visible"]].reset_index(drop=True)


def tracking_figures(detections, tracks, vehicles, truth, length):
    """IDF1 of ours, of the true identities, and of our linking on the right detections: by camera,
    with intervals.
    """
    rows = []
    for camera in CAMERAS:
        of = (detections["camera"] == camera).to_numpy()
        there = truth[truth["camera"] == camera]
        there = there.assign(ignore=(there["length"] <= length) | (there["visible"] < VISIBLE))
        found = detections[of].assign(track=tracks[of].astype(float))
        identified = found.assign(track=vehicles[of].astype(float))
        right = identified[identified["track"].notna()]
        ways = {
            "ours": (found, there),
            "true identities": (identified, there),
            "linking": (
                found[identified["track"].notna()],
                right.drop_duplicates(["frame", "track"]),
            ),
        }
        for way, (predicted, wanted) in ways.items():
            evaluation = evaluate_trajectories(predicted, wanted)
            minutes = [frame[:-3] for frame in evaluation.frames]
            rows.append(
                bootstrap(evaluation.summary, minutes, rounds=400).loc["IDF1"].rename((camera, way))
            )
    return pd.DataFrame(rows)


def main(arguments=None):
    """Print the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m studio.evaluation.evaluate_tracks", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "folder", type=Path, help="a data folder that `python -m studio build` has made"
    )
    parser.add_argument(
        "--percent", type=float, default=SURE, help=f"leave out detections below this ({SURE})"
    )
    given = parser.parse_args(arguments)
    dataset = open_dataset(given.folder)
    truth = load_truth(given.folder)
    sure = (dataset.detections["percent"] >= given.percent).to_numpy()
    detections = dataset.detections[sure].reset_index(drop=True)
    tracks = track_detections(detections, dataset.embeddings[sure])
    vehicles = true_vehicles(detections, read_truth(given.folder))
    print(
        f"{len(dataset.frames):,} frames, {len(detections):,} detections of at least"
        f" {given.percent:g} %"
    )
    for length in LENGTHS:
        figures = tracking_figures(detections, tracks, vehicles, truth, length).round(3)
        print(
            f"\nIDF1 within a camera, vehicles over {length} px, 95 % intervals over"
            f" minutes\n{figures.to_string()}"
        )


if __name__ == "__main__":
    main()
