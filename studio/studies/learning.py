"""What lesson 02 shows but is too slow to train there: `python -m studio learning` (some minutes)
makes it anew.

learning.csv        trainings of several capacities and sizes by epoch, with attacks on them
shadows.parquet     the attacker's own models: their training vehicles and confidences
shadows.csv         how well members of such a model are found with the help of the others
"""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import logit

from cctview.attacks import EPOCHS, FILTERS, load_vehicle_images, split_members, train_classifier
from cctview.attacks.classifier import LABELS
from cctview.attacks.shadow_models import Shadows
from cctview.attacks.vehicle_images import MemberSplit, VehicleImages
from cctview.dataset import open_dataset, write_bytes
from cctview.match import roc_auc, tpr_at_fpr
from cctview.stats import bootstrap
from cctview.truth import read_truth
from studio.studies.membership import train_shadows

CAPACITIES, SIZES, EVERY, SHADOWS = (4, 16, 28), (100, 300, 500, 700), 2, 16
ATTACKED = (6, 8, 10, EPOCHS)
"""Epochs after which the shadow models are attacked themselves."""
SURE = 1e-6
"""A confidence nearer to 0 or 1 is stored as this near."""


def write(data: Path) -> list[Path]:
    """Make the three files under `data`; returns their places."""
    images = load_vehicle_images(open_dataset(data), read_truth(data))
    split = split_members(images)
    places = [
        data / "results" / name for name in ("learning.csv", "shadows.parquet", "shadows.csv")
    ]
    write_bytes(places[0], _csv(grid(images, split)))
    shadows = train_shadows(images, split, SHADOWS)
    write_bytes(places[1], shadow_table(shadows).to_parquet(compression="zstd"))
    write_bytes(places[2], _csv(shadow_attacks(shadows)))
    return places


def _csv(table):
    return table.to_csv(index=False, float_format="%.4f", lineterminator="\n").encode()


def networks(members: int) -> list[tuple[str, int, int]]:
    """What is trained: learns, filters, vehicles. Every capacity on all members, and every size for
    everything to learn.
    """
    return [("body", filters, members) for filters in CAPACITIES] + [
        (learns, FILTERS, size) for learns in LABELS for size in SIZES if size < members
    ]


def grid(
    images: VehicleImages, split: MemberSplit, wanted: list | None = None, epochs: int = EPOCHS
) -> pd.DataFrame:
    """Train each network, and measure after every second epoch what it has learned and what it
    gives away.
    """
    rows = []
    for learns, filters, vehicles in wanted or networks(len(split.members)):
        training = train_classifier(
            images, split, learns, filters=filters, epochs=epochs, members=split.members[:vehicles]
        )
        history = training.history()
        for epoch in range(0, epochs + 1, EVERY):
            figures = training.attack(epoch).figures()
            row = {
                "learns": learns,
                "filters": filters,
                "vehicles": vehicles,
                "epoch": epoch,
            } | history.loc[epoch].to_dict()
            for name, figure in (("auc", "AUC"), ("found", "TPR at 1 % FPR")):
                estimate, low, high = figures.loc[figure, ["estimate", "low", "high"]]
                row |= {name: estimate, f"{name}_low": low, f"{name}_high": high}
            rows.append(row)
    return pd.DataFrame(rows)


def shadow_table(shadows: Shadows) -> pd.DataFrame:
    """One row a model and vehicle: model, vehicle, within, and after each stored epoch the logit of
    the confidence, float16.
    """
    models, count = shadows.within.shape
    table = pd.DataFrame(
        {
            "model": np.repeat(np.arange(models, dtype=np.uint8), count),
            "vehicle": np.tile(shadows.vehicles.astype(np.int32), models),
            "within": shadows.within.ravel(),
        }
    )
    logits = {
        epoch: logit(np.clip(confidence, SURE, 1 - SURE))
        for epoch, confidence in shadows.confidences.items()
    }
    return table.assign(
        **{
            f"epoch_{epoch}": confidence.ravel().astype(np.float16)
            for epoch, confidence in logits.items()
        }
    )


def shadow_attacks(shadows: Shadows, epochs: tuple = ATTACKED, rounds: int = 100) -> pd.DataFrame:
    """The strong attack on each of the models in turn: means over the models, with intervals by
    drawing vehicles again.

    Returns
    -------
    DataFrame
        Columns epoch, figure (AUC, TPR at 1 % FPR), estimate, low, high.
    """
    tables = []
    for epoch in epochs:
        attacks = [shadows.attack(model, epoch) for model in range(len(shadows.within))]

        def statistic(rows, attacks=attacks):
            pairs = [(-one.scores[rows], one.member[rows]) for one in attacks]
            found = [tpr_at_fpr(*pair, 0.01) for pair in pairs]
            return pd.Series(
                {
                    "AUC": np.mean([roc_auc(*pair) for pair in pairs]),
                    "TPR at 1 % FPR": np.mean(found),
                }
            )

        tables.append(
            bootstrap(statistic, shadows.vehicles, rounds)
            .rename_axis("figure")
            .reset_index()
            .assign(epoch=epoch)
        )
    return pd.concat(tables)[["epoch", "figure", "estimate", "low", "high"]]
