"""The false matches of a build of the simulation, and what larger worlds would cost: `python -m
benchmarks.planet [FOLDER]`.
"""

import sys
from dataclasses import replace

import numpy as np
import pandas as pd

from benchmarks.mixture import DATA
from cctview.dataset.boxes import area
from cctview.dataset.frames import open_dataset
from cctview.match.distance import cosine_distances
from cctview.match.rerank import centre_by_camera
from cctview.search.costs import CITY, NATION, PLANET, compare, measure_false_matches
from cctview.truth.labels import read_truth, true_vehicles


def one_picture_each(folder):
    """Of each vehicle at each camera its largest picture: detections with the true vehicle, and
    camera-centred embeddings.
    """
    dataset = open_dataset(folder)
    known = np.isfinite(dataset.embeddings).all(axis=1)
    table = dataset.detections[known].reset_index(drop=True)
    truth = read_truth(folder)
    table["vehicle"] = true_vehicles(table, replace(truth, parked=truth.parked.iloc[:0]))
    table["area"] = area(table)
    largest = (
        table.dropna(subset="vehicle").sort_values("area").groupby(["vehicle", "camera"]).tail(1)
    )
    embeddings = centre_by_camera(dataset.embeddings[known], table.camera)
    return largest, embeddings[largest.index]


def main(folder=DATA):
    """Measure, and print the bills."""
    table, embeddings = one_picture_each(folder)
    vehicles, cameras = table.vehicle.to_numpy(int), table.camera.to_numpy()
    distances = cosine_distances(embeddings, embeddings)
    pd.set_option("display.width", 200, "display.float_format", "{:,.3g}".format)
    print(
        f"{len(table):,} pictures of {len(set(vehicles)):,} simulated vehicles, one a camera; by"
        " camera-centred cosine alone"
    )
    for found in (0.25, 0.5, 0.75):
        figure = measure_false_matches(distances, vehicles, vehicles, cameras, cameras, found)
        flagged = f"{figure.rate:.2%} [{figure.low:.2%} {figure.high:.2%}]"
        print(
            f"  {found:.0%} find their vehicle: {flagged} of the others flagged, in clumps of"
            f" {figure.clump:.1f}"
        )
    figure = measure_false_matches(distances, vehicles, vehicles, cameras, cameras)
    print(compare((CITY, NATION, PLANET), false_matches=figure))


if __name__ == "__main__":
    main(*sys.argv[1:])
