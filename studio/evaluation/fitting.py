"""Moves the simulation's knobs until its figures are the real road's: attribute descent.

As VehicleX does (Yao et al., ECCV 2020), one knob after the other takes the value with which the
figures lie nearest to the real ones, and the rounds repeat until none gains. Their distance between
features is replaced by moments that need no label and no network (`studio.evaluation.agreement`).
The real minutes used are those before 13:45.

The sensor's knobs change no light, so a few scenes per camera are drawn once and developed again
for each trial. What is tried is written down, trial by trial.
"""

from dataclasses import asdict, replace

import numpy as np
import pandas as pd
from tqdm import tqdm

from studio.build import Settings, placements_of, renderer_for
from studio.evaluation import agreement
from studio.road.scenes import VIEWS
from studio.road.shots import watch

KNOBS = {
    "brightness": (60.0, 180.0, 8.0),
    "veil": (0.0, 0.5, 0.05),
    "contrast": (-0.2, 1.0, 0.1),
    "saturation": (0.3, 2.2, 0.15),
    "sharpness": (0.0, 3.0, 0.25),
    "halo": (0.5, 1.8, 0.2),
    "blur": (0.2, 0.9, 0.1),
    "noise": (0.001, 0.02, 0.001),
    "red": (0.7, 1.3, 0.04),
    "blue": (0.7, 1.3, 0.04),
}
"""The sensor's knobs: least and largest value, and the first step; each round halves the steps."""

START = {
    "brightness": 115.0,
    "veil": 0.1,
    "contrast": 0.1,
    "saturation": 1.0,
    "sharpness": 1.0,
    "halo": 0.8,
    "blur": 0.3,
    "noise": 0.0045,
    "red": 1.0,
    "blue": 1.0,
}
"""Where every camera's descent begins. `View.veil_top` is set by eye and stays."""

MOMENTS = {
    "noise in flat areas": 1.0,
    "Laplacian variance": 1.0,
    "saturation": 1.0,
    "dark tones": 4.0,
    "middle tones": 8.0,
    "bright tones": 8.0,
    "red over green": 40.0,
    "blue over green": 40.0,
}
"""What must agree, and its weight: a wrong tone strikes more than as much wrong noise."""

SCENES, ROUNDS = 6, 3


def distance(simulated, real):
    """Weighted sum of the squared logarithms of simulated over real moments, both Series."""
    weights = pd.Series(MOMENTS)
    return float((weights * np.log(simulated / real)[weights.index] ** 2).sum())


def real_moments(camera):
    """The moments of a camera's real frames before 13:45, a Series."""
    recording = agreement.real_recording(("train",), (camera,))
    return agreement.mean_moments(recording.frames.jpeg.iloc[::30])


class Scenes:
    """Some scenes of one camera, drawn once, to be developed with any sensor."""

    def __init__(self, camera, settings):
        self._renderer, self._seed = renderer_for(None, camera, settings), settings.seed
        shots = [
            shot.picture
            for shot in watch(settings.traffic(), settings.minutes, (camera,), settings.seed)
            if shot.status == "ok"
        ]
        self._pictures = shots[:: max(1, len(shots) // SCENES)][:SCENES]
        self._light = [self._renderer.light(placements_of(p))[0] for p in self._pictures]

    def moments(self, view):
        """The moments with this `studio.road.scenes.View`."""
        self._renderer.look_through(view)
        jpegs = [
            self._renderer.develop(light, picture.time, picture.index, self._seed)
            for light, picture in zip(self._light, self._pictures, strict=True)
        ]
        return agreement.mean_moments(jpegs)


def fit_sensor(camera, settings=None, quiet=False):
    """Fit one camera's sensor.

    Returns
    -------
    view : studio.road.scenes.View
    trials : DataFrame
        One row per trial: camera, round, knob, value, distance, kept, and the moments.
    """
    scenes = Scenes(camera, settings or Settings(minutes=2, cameras=(camera,)))
    real, view, trials = real_moments(camera), turned(VIEWS[camera], **START), []
    best = np.inf

    def attempt(knob, value, turn):
        nonlocal view, best
        trial = turned(view, **{knob: value}) if knob else view
        moments = scenes.moments(trial)
        gap = distance(moments, real)
        trials.append(
            {"camera": camera, "round": turn, "knob": knob, "value": value, "distance": gap}
            | {"kept": gap < best}
            | moments.to_dict()
        )
        if gap < best:
            view, best = trial, gap
            return True
        return False

    attempt("", np.nan, 0)
    for turn in tqdm(range(1, ROUNDS + 1), camera, disable=quiet):
        for knob, (least, largest, step) in KNOBS.items():
            for sign in (1, -1):
                moved = False
                while True:
                    now = fitted_knobs(view)[knob]
                    value = float(np.clip(now + sign * step / 2 ** (turn - 1), least, largest))
                    if value == now or not attempt(knob, round(value, 5), turn):
                        break
                    moved = True
                if moved:
                    break
    return view, pd.DataFrame(trials)


def fitted_knobs(view):
    """The knobs of a view, for `studio.road.scenes`; red and blue are its balance."""
    red, _, blue = view.balance
    known = asdict(view) | {"red": red, "blue": blue}
    return {knob: known[knob] for knob in KNOBS}


def turned(view, **knobs):
    """The view with some knobs at other values."""
    now = fitted_knobs(view) | knobs
    balance = now.pop("red"), 1.0, now.pop("blue")
    return replace(view, **now, balance=balance)


ROAD_KNOBS = {"demand": (0.6, 1.6, 0.1), "mood": (0.0, 0.6, 0.1), "individuality": (0.0, 1.0, 0.25)}
"""The road's knobs, in the order in which they are moved: least, largest, step. Individuality is
last, since all else that makes vehicles alike or different must be right before it.
"""

ROAD_FIGURES = {
    "demand": ("detections in the hit window", f"{agreement.TO} boxes per frame"),
    "mood": (
        "change of lightness from camera to camera, s.d.",
        f"{agreement.FROM} lightness of vehicles, s.d.",
        f"{agreement.TO} lightness of vehicles, s.d.",
    ),
    "individuality": (
        "Lab thumbnail, rank-1 without labels",
        "gradients, rank-1 without labels",
        f"{agreement.FROM} gradients, participation ratio",
        f"{agreement.TO} gradients, participation ratio",
    ),
}
"""By which figures each of them is judged. Not by the gallery, which is cut off at a recording's
ends.
"""


def fit_road(settings, work, start=None, turns=1):
    """Fit the traffic and the vehicles, by rendering two cameras for each trial.

    Parameters
    ----------
    settings : studio.build.Settings
        Minutes, seed and weather of the trials.
    work : Path
        Where trials are rendered; those that are there are not rendered again.
    start : dict of str to float, optional
        Where to begin; by default where `settings` are.
    turns : int
        How often every knob is moved.

    Returns
    -------
    settings : studio.build.Settings
    trials : DataFrame
        Columns round, knob, value, distance, kept, and the figures.
    """
    cameras = (agreement.FROM, agreement.TO)
    real = agreement.describe(agreement.real_recording(("train",), cameras)).estimate
    now, trials = replace(settings, cameras=cameras, **(start or {})), []

    def attempt(trial, knob, turn):
        figures = agreement.describe(agreement.rendered_recording(trial, work)).estimate
        names = list(ROAD_FIGURES[knob])
        gap = float((np.log(figures[names] / real[names]) ** 2).sum())
        trials.append(
            {"round": turn, "knob": knob, "value": getattr(trial, knob), "distance": gap}
            | figures.to_dict()
        )
        return gap

    for turn in range(1, turns + 1):
        for knob, (least, largest, step) in ROAD_KNOBS.items():
            best = attempt(now, knob, turn)
            for sign in (1, -1):
                moved = False
                while True:
                    value = getattr(now, knob) + sign * step / 2 ** (turn - 1)
                    trial = replace(now, **{knob: round(float(np.clip(value, least, largest)), 4)})
                    if trial == now or (gap := attempt(trial, knob, turn)) >= best:
                        break
                    now, best, moved = trial, gap, True
                if moved:
                    break
    return now, pd.DataFrame(trials)
