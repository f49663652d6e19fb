"""What lesson 02 shows but is too slow to train there: `python -m studio learning` (some minutes)
makes it anew.

learning.csv        trainings of several capacities and sizes by epoch, with attacks on them
shadows.parquet     the attacker's own models: their training vehicles and confidences
shadows.csv         how well members of such a model are found with the help of the others

`python -m studio results --only membership` makes two more, of models that were taught one image a
vehicle: what does an attacker find out who holds another image of it?

membership.parquet  as shadows.parquet, by the image that the attacker holds
membership.csv      as shadows.csv, by the image that the attacker holds
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import logit

from cctview.attacks import EPOCHS, FILTERS, load_vehicle_images, split_members, train_classifier
from cctview.attacks.classifier import LABELS
from cctview.attacks.shadow_models import Shadows, stored_membership
from cctview.attacks.vehicle_images import MemberSplit, VehicleImages
from cctview.dataset import open_dataset, write_bytes
from cctview.truth import read_truth
from studio.studies.membership import subject_images, train_shadows, train_subjects

CAPACITIES, SIZES, EVERY, SHADOWS = (4, 16, 28), (100, 300, 500, 700), 2, 16
ATTACKED = (6, 8, 10, EPOCHS)
"""Epochs after which the shadow models are attacked themselves."""
SUBJECT_SMALLEST = 16
"""Least size, in pixels, of an image that a model is taught or an attacker holds."""
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


def shadow_attacks(shadows: Shadows, epochs: Iterable[int] = ATTACKED) -> pd.DataFrame:
    """The strong attack on each of the models in turn, by epoch.

    Returns
    -------
    DataFrame
        Columns epoch, figure, estimate, low, high, between, as `AttackedModels.figures`.
    """
    tables = [
        shadows.attack_all(epoch).figures().reset_index().assign(epoch=epoch) for epoch in epochs
    ]
    return pd.concat(tables)[["epoch", "figure", "estimate", "low", "high", "between"]]


def write_membership(data: Path) -> list[Path]:
    """Make the two files of membership under `data`; returns their places."""
    images = load_vehicle_images(
        open_dataset(data), read_truth(data), per_camera=2, smallest=SUBJECT_SMALLEST
    )
    images = subject_images(images)
    held = train_subjects(images, split_members(images), SHADOWS)
    tables = [shadow_table(shadows).assign(picture=kind) for kind, shadows in held.items()]
    stored = pd.concat(tables).astype({"picture": "category"})
    places = [data / "results" / f"membership.{ending}" for ending in ("parquet", "csv")]
    write_bytes(places[0], stored.to_parquet(compression="zstd", index=False))
    write_bytes(places[1], _csv(membership_attacks(stored_membership(data / "results"))))
    return places


def membership_attacks(held: dict[str, Shadows]) -> pd.DataFrame:
    """`shadow_attacks` at every stored epoch, by the image that the attacker holds.

    Returns
    -------
    DataFrame
        Columns picture, vehicles, then those of `shadow_attacks`.
    """
    tables = []
    for kind, shadows in held.items():
        table = shadow_attacks(shadows, shadows.confidences)
        table.insert(0, "picture", kind)
        table.insert(1, "vehicles", len(shadows.vehicles))
        tables.append(table)
    return pd.concat(tables, ignore_index=True)
