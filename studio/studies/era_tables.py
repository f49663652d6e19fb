"""The stored tables of lesson 01: each era by the size of the pictures, and with a metric fitted
on top of its vectors.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import torch

from cctview.course import leak_by_era, try_era
from cctview.course.era_trials import VehicleCrops, search_next_camera, shrink_crop, tune
from cctview.match import estimate_and_interval
from studio.training.second import Second, embed
from studio.training.train_extractor import identity_loss
from studio.training.train_second import augment

STEPS, BATCH, EACH, RATE = 400, 32, 2, 2e-3
"""How `TaughtHere` is trained: vehicles in a batch, crops of each, and the rate at its start."""
PIXELS = (8, 12, 16, 20, 24, 28)
"""The sides to which pictures are shrunk, in the stored results."""


def resolution_table(
    training: VehicleCrops, test: VehicleCrops, eras, pixels: Sequence[int] = PIXELS
) -> pd.DataFrame:
    """Each era with every picture made small; trained, tuned and tested so. This takes minutes.

    Returns
    -------
    DataFrame
        Columns pixels, era, estimate, low, high (of rank-1), auc, searches, gallery.
    """
    tables = []
    for side in pixels:
        small = shrunk(training, side), shrunk(test, side)
        searches = {era.name: try_era(era, *small)[0] for era in eras}
        tables.append(leak_by_era(searches).rename_axis("era").reset_index().assign(pixels=side))
    return pd.concat(tables, ignore_index=True)


def shrunk(pictures: VehicleCrops, side: float) -> VehicleCrops:
    """As if each had been so small: its area that of a square of this side, in pixels; smaller ones
    stay as they are.
    """
    crops = tuple(shrink_crop(crop, side) for crop in pictures.crops)
    return replace(pictures, crops=crops, vectors=None)


class LearnedMetric:
    """Any era's vectors, with a metric fitted on top: which differences tell vehicles apart, and
    which only pictures.

    Whatever differs between two pictures of *one* training vehicle should count for little. So the
    vectors are turned and scaled until such differences are alike in all directions (the idea of
    Fisher's discriminant, by which Belhumeur, Hespanha and Kriegman made fisherfaces of eigenfaces
    in 1997). The features themselves stay as they are.

    Parameters
    ----------
    recogniser : object
        Of any era.
    directions : int
        The vectors are first reduced to so many principal components, where they have more.
    """

    def __init__(self, recogniser, directions=64):
        self.recogniser, self.directions = recogniser, directions

    def fit(self, crops, vehicles):
        """Fit the recogniser, then learn the metric.

        Raises
        ------
        ValueError
            If no vehicle has two pictures.
        """
        from sklearn.covariance import LedoitWolf
        from sklearn.decomposition import PCA

        vectors = self.recogniser.fit(crops, vehicles).embed(crops).astype(float)
        self.components = PCA(
            min(self.directions, *vectors.shape), whiten=True, svd_solver="covariance_eigh"
        ).fit(vectors)
        vectors = self.components.transform(vectors)
        _, group, counts = np.unique(vehicles, return_inverse=True, return_counts=True)
        if not (counts > 1).any():
            raise ValueError(
                "no vehicle has two pictures, so nothing tells how pictures of one vehicle differ"
            )
        means = (
            np.stack([np.bincount(group, column) for column in vectors.T], axis=1) / counts[:, None]
        )
        within = (vectors - means[group])[counts[group] > 1]
        self.scale = np.linalg.cholesky(
            np.linalg.inv(LedoitWolf(assume_centered=True).fit(within).covariance_)
        )
        return self

    def embed(self, crops) -> np.ndarray:
        """(n, at most `directions`) float32."""
        return (
            self.components.transform(self.recogniser.embed(crops).astype(float)) @ self.scale
        ).astype(np.float32)


class TaughtHere:
    """2015, on equal training: a network taught the training vehicles, and nothing else.

    It is a small one (`studio.training.second.Second`), since they are some hundred vehicles.
    """

    name = "2015, taught here alone"
    settings: tuple[dict, ...] = ({},)

    def __init__(self, steps: int = STEPS, seed: int = 0):
        self.steps, self.seed = steps, seed

    def fit(self, crops, vehicles):
        """Train so that crops of one vehicle come out close together, and others apart."""
        torch.manual_seed(self.seed)
        rng = np.random.default_rng(self.seed)
        rows = [
            of for of in pd.Series(vehicles).groupby(vehicles).indices.values() if len(of) >= EACH
        ]
        self.network = Second().train()
        optimiser = torch.optim.AdamW(self.network.parameters(), RATE, weight_decay=0.02)
        for step in range(self.steps):
            optimiser.param_groups[0]["lr"] = RATE * (1 - step / self.steps)
            chosen = rng.choice(len(rows), min(BATCH, len(rows)), replace=False)
            batch = [k for row in chosen for k in rng.choice(rows[row], EACH, replace=False)]
            pictures = np.stack([augment(crops[k], rng) for k in batch])
            vectors = self.network(torch.from_numpy(pictures).permute(0, 3, 1, 2))
            optimiser.zero_grad()
            identity_loss(vectors, torch.from_numpy(np.repeat(chosen, EACH))).backward()
            optimiser.step()
        self.network.eval()
        return self

    def embed(self, crops) -> np.ndarray:
        """(n, 128) float32."""
        return embed(crops, self.network)


def equal_table(training: VehicleCrops, test: VehicleCrops, eras) -> pd.DataFrame:
    """Each era as it is, and the network of 2015 taught what the other eras are: the training
    vehicles alone.

    Returns
    -------
    DataFrame
        Columns era, estimate, low, high (of rank-1), auc, searches, gallery. The row "gain" is that
        of the network taught here over the best of the eras before it, on the same draws.
    """
    searches = {era.name: try_era(era, training, test)[0] for era in (*eras, TaughtHere)}
    table = leak_by_era(searches).rename_axis("era")
    best = table.estimate[[era.name for era in eras[:-1]]].astype(float).idxmax()
    gain = searches[TaughtHere.name].draws() - searches[best].draws()
    table.loc["gain"] = estimate_and_interval(gain)
    return table.reset_index()


def metric_table(training: VehicleCrops, test: VehicleCrops, eras) -> pd.DataFrame:
    """How much each era gains by a `LearnedMetric` on top of its vectors.

    Returns
    -------
    DataFrame
        Columns era, figure ("without", "with", "gain"), estimate, low, high (of rank-1); gains on
        the same draws of vehicles.
    """
    return pd.concat([_gain(era, training, test) for era in eras], ignore_index=True)


def _gain(era, training: VehicleCrops, test: VehicleCrops) -> pd.DataFrame:
    chosen, distance = tune(era, era.settings, training)
    plain = search_next_camera(
        era(**chosen).fit(training.crops, training.vehicles).embed(test.crops), test, distance
    )

    def with_metric():
        return LearnedMetric(era(**chosen))

    _, distance = tune(with_metric, ({},), training)
    fitted = with_metric().fit(training.crops, training.vehicles)
    improved = search_next_camera(fitted.embed(test.crops), test, distance)
    draws = {"without": plain.draws(), "with": improved.draws()}
    draws["gain"] = draws["with"] - draws["without"]
    table = pd.DataFrame({name: estimate_and_interval(of) for name, of in draws.items()}).T
    table.loc[["without", "with"]] = table.loc[["without", "with"]].clip(0, 1)
    return table.rename_axis("figure").reset_index().assign(era=era.name)
