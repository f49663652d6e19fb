"""Which types the detector names on simulated frames, where the truth is known.

A type is found if a detection of this type fits (IoU ≥ 0.5). Asked for is what is at least 80 %
visible and more than 12 pixels long, since people and motorcycles are small; on the road or beside
it, but not parked. On real frames only persons can be counted (`studio.evaluation.evaluate`).
"""

import numpy as np
import pandas as pd

from cctview.dataset import BOX
from cctview.detect import evaluate_detections
from cctview.stats import bootstrap

TYPES = ("car", "bus", "motorcycle", "person")
LEAST_SIDE, LEAST_VISIBLE = 12, 0.8
ROUNDS = 200


def type_figures(watched, percent=25):
    """Recall and precision of each type at a threshold.

    Parameters
    ----------
    watched : studio.evaluation.evaluate_simulation.Watched
    percent : float

    Returns
    -------
    DataFrame
        Index such as "recall of bus"; columns as `bootstrap` gives, and count: how many are asked
        for. Whole minutes of a camera are drawn again; a type of fewer than two is left out.
    """
    truth = pd.concat([watched.sightings, watched.bystanders], ignore_index=True)
    side = np.maximum(truth.x2 - truth.x1, truth.y2 - truth.y1)
    whole = (truth.full_x2 - truth.full_x1) * (truth.full_y2 - truth.full_y1)
    inside = (truth.x2 - truth.x1) * (truth.y2 - truth.y1) / whole
    asked = (side > LEAST_SIDE) & (inside >= LEAST_VISIBLE) & (truth.hidden <= 1 - LEAST_VISIBLE)
    standing = watched.frames[["frame", "camera"]].merge(watched.parked, on="camera")
    everything = pd.concat(
        [truth[["frame", "type", *BOX]].assign(ignore=~asked), standing.assign(type="car")]
    )
    everything["ignore"] = everything["ignore"].astype("boolean").fillna(True).astype(bool)
    group = watched.frames.set_index("frame").group
    rows = []
    for kind in TYPES:
        own = everything[everything.type == kind]
        result = evaluate_detections(watched.detections[watched.detections.type == kind], own)
        drawn = group.reindex(result.frames).to_numpy()
        if len(set(drawn)) < 2:
            continue
        table = bootstrap(lambda rows, r=result: r.summary(rows, percent), drawn, ROUNDS)
        table = table.loc[["recall", "precision"]].assign(count=int((~own.ignore).sum()))
        rows.append(table.set_axis([f"recall of {kind}", f"precision of {kind}"]))
    return pd.concat(rows)
