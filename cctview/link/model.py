"""The link model: how much speaks for tracklets of different cameras being one vehicle.

`LinkModel.fit` fits it on tracklets whose vehicle is known, or is believed to be known,
`LinkModel.log_ratio` applies it to pairs, `cctview.link.assignment.assign_trips` to all at once.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from cctview.dataset import write_bytes
from cctview.link.appearance import Appearance, fit_appearance
from cctview.link.calibration import Calibration, Curve
from cctview.link.travel_times import WAYS, TravelTimes, fit_travel_times, recorded_span
from cctview.link.ways import Way, fit_way
from cctview.track import Tracklets

ATTRIBUTES = ("kind", "colour")
_DAMAGED = (OSError, ValueError, KeyError, TypeError)
_SLOPE = 0.4
"""Of the log ratio of appearance: images of one vehicle share more than the model knows, such as
the side that is seen. On minutes that are kept apart, 0.4 links more than 0.5 and 0.65."""


@dataclass(frozen=True)
class Reader:
    """Reads an attribute off projected appearance features: multinomial logistic regression.

    Attributes
    ----------
    names : tuple of str
        The values.
    weights : ndarray, shape (k + 1, values)
        The last row is the intercept.
    """

    names: tuple[str, ...]
    weights: np.ndarray

    def read(self, places: np.ndarray) -> pd.DataFrame:
        """How probable each value is, a row a tracklet and a column a value."""
        odds = places @ self.weights[:-1] + self.weights[-1]
        odds = np.exp(odds - odds.max(axis=1, keepdims=True))
        return pd.DataFrame(odds / odds.sum(axis=1, keepdims=True), columns=list(self.names))


@dataclass(frozen=True)
class LinkModel:
    """What was fitted.

    Attributes
    ----------
    appearance : Appearance
    travel_times : TravelTimes
    ways : dict of str to Way
        By "S" and "N"; those on which enough vehicles drove.
    readers : dict of str to Reader
        By attribute; none without labels.
    slope : float
        Of the log ratio of appearance.
    calibration : Calibration
        Of the joint assignment's links.
    """

    appearance: Appearance
    travel_times: TravelTimes
    ways: Mapping[str, Way]
    readers: Mapping[str, Reader]
    slope: float = _SLOPE
    calibration: Calibration = field(default_factory=Calibration)

    @classmethod
    def fit(cls, tracklets: Tracklets, labels: pd.DataFrame) -> Self:
        """Fit on tracklets whose vehicle is known, or is believed to be known.

        Parameters
        ----------
        tracklets : Tracklets
        labels : DataFrame
            Row by row: `vehicle` (-1: not known) and `direction` ("S", "N" or ""); where they are
            known also `kind` and `colour`.

        Raises
        ------
        ValueError
            If fewer than 20 vehicles have two tracklets, or no two cameras share enough vehicles.
        """
        table, vehicle = tracklets.table, labels["vehicle"].to_numpy()
        images, span = table["detections"].to_numpy(), recorded_span(tracklets.table)
        appearance = fit_appearance(tracklets.features, vehicle, images)
        times = fit_travel_times(table, labels, span)
        share, ways = times.headings(table), {}
        for k, name in enumerate(WAYS):
            own = np.where(labels["direction"] == name, vehicle, -1)
            way = fit_way(table.assign(vehicle=own), share[:, k], span)
            if way is not None:
                ways[name] = way
        if not ways:
            raise ValueError("no two cameras share enough vehicles to fit on; take more minutes")
        places = appearance.project(tracklets.features, images)
        readers = {
            name: _fit_reader(places[vehicle >= 0], labels[name].to_numpy(str)[vehicle >= 0])
            for name in ATTRIBUTES
            if name in labels and labels[name].nunique() > 1
        }
        return cls(appearance, times, ways, readers)

    def places(self, tracklets: Tracklets) -> np.ndarray:
        """Where the tracklets lie in the plane of appearance, (n, k)."""
        images = tracklets.table["detections"].to_numpy()
        return self.appearance.project(tracklets.features, images)

    def log_ratio(
        self,
        tracklets: Tracklets,
        rows: np.ndarray | slice = slice(None),
        places: np.ndarray | None = None,
    ) -> np.ndarray:
        """Natural logarithms of the likelihood ratios of some tracklets and all, (k, n), each pair
        alone; `places` as from `LinkModel.places`, where they are known already.
        """
        places = self.places(tracklets) if places is None else places
        looks = self.appearance.log_ratio(places[rows], places)
        times = self.travel_times.over(tracklets.table).log_ratio(tracklets.table, rows)
        return self.slope * looks + times

    def read(self, tracklets: Tracklets) -> dict[str, pd.DataFrame]:
        """For each attribute how probable each value is, a row a tracklet."""
        places = self.places(tracklets)
        return {name: reader.read(places) for name, reader in self.readers.items()}

    def calibrated(self, calibration: Calibration) -> Self:
        """The same with another calibration."""
        return replace(self, calibration=calibration)

    def save(self, path: Path, **beside: Any) -> None:
        """Write the model to a file, in one step, and arrays `beside` it."""
        about: dict[str, Any] = {"slope": self.slope}
        arrays: dict[str, Any] = {name: np.asarray(value) for name, value in beside.items()}
        times = asdict(self.travel_times)
        for name in ("lags", "found"):
            times[name] = [[*key, value] for key, value in times[name].items()]
        about["travel_times"] = times
        about["ways"] = {name: _lists(way) for name, way in self.ways.items()}
        about["readers"] = {name: _lists(reader) for name, reader in self.readers.items()}
        about["calibration"] = asdict(self.calibration)
        for name, value in vars(self.appearance).items():
            arrays[name] = value.astype(np.float16 if name == "plane" else np.float32)
        file = io.BytesIO()
        np.savez_compressed(file, about=np.array(json.dumps(about)), **arrays)
        write_bytes(path, file.getvalue())

    @classmethod
    def load(cls, path: Path) -> tuple[Self, dict[str, np.ndarray]]:
        """Read what `save` wrote, and the arrays beside it.

        Raises a ValueError that names the file and what to do, if it is damaged.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            about, looks = json.loads(str(arrays.pop("about"))), fields(Appearance)
            appearance = Appearance(*(arrays.pop(one.name).astype(np.float32) for one in looks))
            ways = {name: Way(**_arrays(way)) for name, way in about["ways"].items()}
            readers = {name: Reader(**_arrays(one)) for name, one in about["readers"].items()}
            times, known = about["travel_times"], about["calibration"]
            curves = (known[name] for name in ("each", "best"))
            calibration = Calibration(
                *(Curve(tuple(one["slopes"]), one["shift"], one["legs"]) for one in curves)
            )
            model = cls(
                appearance, _travel_times(times), ways, readers, about["slope"], calibration
            )
            return model, arrays
        except Exception as error:  # of many kinds, where it is damaged
            raise ValueError(
                f"{path}: cannot be read ({str(error)[:200]}); get it again from the repository"
            ) from None


def _fit_reader(places: np.ndarray, values: np.ndarray) -> Reader:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    scale, fit = make_pipeline(StandardScaler(), LogisticRegression(C=0.1)).fit(places, values)
    coefficients, intercept = fit.coef_, fit.intercept_
    if len(coefficients) == 1:  # of two values: the odds of the second against the first
        coefficients, intercept = (
            np.stack([np.zeros_like(x[0]), x[0]]) for x in (coefficients, intercept)
        )
    slopes = coefficients / scale.scale_
    weights = np.vstack([slopes.T, intercept - slopes @ scale.mean_])
    return Reader(tuple(fit.classes_.tolist()), weights.astype(np.float32))


def _lists(value: Way | Reader) -> dict[str, Any]:
    held = {one.name: getattr(value, one.name) for one in fields(value) if one.init and one.repr}
    return {
        name: np.round(np.asarray(x, float), 5).tolist() if isinstance(x, np.ndarray) else x
        for name, x in held.items()
    }


def _arrays(stored: dict[str, Any]) -> dict[str, Any]:
    words = ("cameras", "names")
    return {
        name: tuple(value) if name in words else np.asarray(value, float)
        for name, value in stored.items()
    }


def _travel_times(stored: dict[str, Any]) -> TravelTimes:
    return TravelTimes(
        {camera: tuple(line) for camera, line in stored["lanes"].items()},
        {tuple(key): tuple(value) for *key, value in stored["lags"]},
        {tuple(key): value for *key, value in stored["found"]},
        tuple(stored["span"]),
    )
