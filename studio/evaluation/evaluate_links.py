"""Judge links that were fitted without labels: `python -m studio.evaluation.evaluate_links FOLDER`.

FOLDER is a `data/` folder of the simulation: the link model is fitted on its tracklets once without
labels and once with them, and the truth judges both, which takes a few minutes. Or, with `--labels
FILE`, a folder of frames of one's own with detections and embeddings: FILE says, by eye, which
vehicle is which. It is a CSV table with the columns `query` (id of a detection), `same` (ids of
detections at another camera that show the same vehicle, separated by blanks; none: it is not there)
and `sure` (1, or 0 if the eye could not say for certain). The first candidates of three searches
are judged: the first edition's default (MED of the one crop), camera-centred cosine of the one
crop, both inside the travel time, and the joint model that is fitted on the frames themselves.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from cctview.dataset import camera_of, open_dataset
from cctview.investigate import open_own_search
from cctview.link import SURE, TripFinder, fit_finder, fit_unlabelled
from cctview.match import centre_by_camera, get_distance
from cctview.stats import bootstrap_both_sides, split_vehicles
from cctview.track import find_tracklets
from cctview.truth import label_tracklets, read_truth

WINDOW = (10.0, 25.0)
"""s; where the two searches by one crop look, for E 53 St to E 48 St southbound."""


def judge_simulation(folder):
    """Print travel times, and of links the share found and right, with and without labels."""
    dataset, truth = open_dataset(folder), read_truth(folder)
    tracklets = find_tracklets(dataset.detections, dataset.embeddings)
    labels = label_tracklets(tracklets, dataset.detections, truth)
    vehicle = labels["vehicle"].to_numpy()
    half = split_vehicles(labels, 2)
    others = labels.assign(vehicle=np.where(half == 0, -1, vehicle))
    models = {
        "without labels": fit_unlabelled(tracklets),
        "with the labels of the other half": fit_finder(tracklets, others),
    }
    shares, both = {}, []
    for name, model in models.items():
        lags = {
            leg: round(float(np.exp(mean)), 1) for leg, (mean, _) in model.travel_times.lags.items()
        }
        print(f"{name}: usual travel times, s: {lags}", flush=True)
        finder = TripFinder(tracklets, pd.Timestamp(0), np.array([]), model)
        links = finder.links(np.flatnonzero(half == 0)).sort_values(["query", "camera"])
        first, found = vehicle[links["query"]], vehicle[links["tracklet"]]
        there = pd.MultiIndex.from_arrays([vehicle, tracklets.table["camera"]])
        there = pd.MultiIndex.from_arrays([first, links["camera"]]).isin(there).astype(float)
        right, p = (first == found).astype(float), links["probability"].to_numpy(float)
        linked = (p >= SURE).astype(float)
        shares |= {
            f"found first, {name}": (right, there),
            f"linked and right, of those there, {name}": (linked * right, there),
            f"links right, {name}": (right, linked),
            f"links claimed, {name}": (p, linked),
        }
        both.append((first, found))

    def figures(weights):
        values = {
            name: (weights * value * of).sum() / (weights * of).sum()
            for name, (value, of) in shares.items()
        }
        found = [value for name, value in values.items() if name.startswith("found")]
        return pd.Series(values | {"found first, difference": found[0] - found[1]})

    # the same searches by both models; a wrong candidate of either is what they were taken for
    (first, one), (_, other) = both
    taken = np.where(one == first, other, one)
    print(bootstrap_both_sides(figures, first, taken).round(3).to_string())


def judge_frames(folder, path):
    """Print how often each search finds first what the eye says."""
    dataset, labels = open_dataset(folder), pd.read_csv(path, keep_default_na=False)
    search = open_own_search(dataset)
    finder = search.joint_model
    lag = {leg: mean for leg, (mean, _) in finder.model.travel_times.lags.items()}
    print({leg: f"{np.exp(mean):.1f} s" for leg, mean in lag.items()})
    detections = search.dataset.detections.iloc[search.detections["row"].to_numpy()]
    vectors = dataset.embeddings[search.detections["row"].to_numpy()]
    centred = centre_by_camera(vectors, detections["camera"])
    seconds = (detections["time"] - search.midnight).dt.total_seconds().to_numpy()
    camera, ids = detections["camera"].to_numpy(), detections["id"].to_numpy()
    there = camera_of(next(name for same in labels["same"] for name in same.split()))
    row = pd.Series(np.arange(len(ids)), ids)
    hits = {name: [] for name in ("MED, one crop", "centred cosine, one crop", "joint, no labels")}
    for query, same in zip(labels["query"], labels["same"], strict=True):
        k, right = row[query], set(search.detections["group"].reindex(same.split()).dropna())
        late = seconds - seconds[k]
        inside = np.flatnonzero((camera == there) & (late >= WINDOW[0]) & (late <= WINDOW[1]))
        firsts = []
        for name, table in (("med", vectors), ("mcd", centred)):
            nearest = get_distance(name)(table[[k]], table[inside])[0].argmin()
            firsts.append(search.group_of(ids[inside[nearest]]))
        best = finder.search([search.group_of(query)], there, minutes=6)
        firsts.append(best[0][best[1][0, :-1].argmax()])
        for name, group in zip(hits, firsts, strict=True):
            hits[name].append(group in right)
    sure = labels["sure"].to_numpy(bool)
    named = (labels["same"] != "").to_numpy()
    for words, rows in (
        ("sure", sure & named),
        ("all that the eye found", named),
        ("all", np.ones(len(labels), bool)),
    ):
        for name, of in hits.items():
            found = binomtest(int(np.sum(np.array(of)[rows])), int(rows.sum()))
            low, high = found.proportion_ci(method="wilson")
            share = f"{found.k} of {found.n}, {found.k / found.n:.2f} [{low:.2f} {high:.2f}]"
            print(f"{words}: {name}: {share}")


def main(arguments=None):
    """Print the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m studio.evaluation.evaluate_links", description=__doc__.splitlines()[0]
    )
    parser.add_argument("folder", type=Path, help="data of the simulation, or frames of your own")
    parser.add_argument("--labels", type=Path, help="which vehicle is which, by eye")
    given = parser.parse_args(arguments)
    if given.labels is None:
        judge_simulation(given.folder)
    else:
        judge_frames(given.folder, given.labels)


if __name__ == "__main__":
    main()
