"""Does the simulated road agree with the real one? The same figures of both, without labels.

Every figure is computed by one function for both roads, from frames, boxes and appearance features
that were trained on neither road (`studio.evaluation.untrained`). Boxes are RetinaNet's on the real
road and the shipped detector's on the simulated one, in both cases of at least 50 % and 22 pixels
(root of the area). What stands beside the road is left out on both: the real detections call it
static, and on the simulated road the truth knows it.

The light and the traffic of the real road change within the hour by more than minutes drawn again
would show: on E 53 St the frames of the last eight minutes are less colourful by a sixth than those
before. So a real figure is the mean over stretches of eight minutes, and its interval is where
another such stretch would lie. The figures from camera to camera are of all minutes at once,
because eight say too little about them; the network's are of the minutes from 13:52, since it
learned from the others. Their intervals, and the simulated road's, draw whole minutes again. What
is found again at the next camera is also measured with the true boxes of the simulated vehicles
(", true boxes"), which tells the road from the detector.

`studio.evaluation.fitting` moves the simulation's knobs by these figures on real minutes before
13:45.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import pandas as pd
from scipy.stats import t

from cctview.dataset import (
    BOX,
    ROOT,
    VEHICLE_TYPES,
    box_iou,
    box_side,
    crop,
    open_dataset,
    read_image,
)
from cctview.extract import Extractor
from cctview.stats import bootstrap
from cctview.track import track_detections
from cctview.truth import read_truth, true_vehicles
from studio.build import Workshop, render
from studio.evaluation import untrained
from studio.evaluation.evaluate_simulation import (
    FROM,
    LAG,
    TO,
    WINDOW,
    centred_distances,
    estimate_rank1,
)
from studio.evaluation.same_vehicle import auc_by_camera, cosine, linked_pairs
from studio.process import Pipeline
from studio.road.sensor import BAR
from studio.training import real

CAMERAS = ("733-681-N", "735-683-N", "731-679-N", "689-640-S")
"""The cameras of which there are real frames."""

ROUNDS = 200
STEP = 6  # every sixth frame says enough about noise, sharpness and colour
NEXT = 2.6  # seconds within which a frame is the next one: a frame may be dropped, not two
STRETCH = 180  # seconds: figures that depend on the length of a recording are taken in stretches
HOUR_PART = 480  # seconds: what the real minutes are divided into, to see how much they differ


@dataclass(frozen=True)
class Recording:
    """What one road's cameras recorded.

    Attributes
    ----------
    frames : DataFrame
        Columns camera, seconds (since midnight), jpeg (bytes).
    boxes : DataFrame
        Large and sure boxes of vehicles: camera, seconds, percent, x1, y1, x2, y2, and the row of
        `frames`.
    every : DataFrame
        All boxes of vehicles, also small and doubtful ones.
    """

    frames: pd.DataFrame
    boxes: pd.DataFrame
    every: pd.DataFrame


def _recording(frames, boxes):
    """Say in which row of `frames` each box lies, and which boxes are large and sure."""
    frames = frames.sort_values(["camera", "seconds"]).reset_index(drop=True)
    rows = frames[["camera", "seconds"]].assign(row=np.arange(len(frames)))
    every = boxes.merge(rows, on=["camera", "seconds"])
    large = (every.percent >= 50) & (box_side(every) >= 22)
    return Recording(frames, every[large].reset_index(drop=True), every)


def real_recording(splits=("train", "test"), cameras=CAMERAS):
    """The real road's recording; see `studio.training.real`."""
    frames, found = real.load_frames(), real.load_detections()
    frames = frames[frames.split.isin(splits) & frames.cam.isin(cameras)]
    found = found[~(found.dup_or_nonveh | found.static)]
    names = {"cam": "camera", "sec": "seconds", "prob": "percent"}
    return _recording(
        frames.rename(columns=names)[["camera", "seconds", "jpeg"]], found.rename(columns=names)
    )


def stored_recording(folder, cameras=CAMERAS):
    """The simulated road's recording in a folder as `data/`, with its stored detections; without
    those of what stands beside the road.
    """
    frames, boxes = [], []
    for camera in cameras:
        data = open_dataset(folder / f"{camera}.zip")
        seconds = (data.frames.time - data.frames.time.dt.normalize()).dt.total_seconds()
        frames.append(
            data.frames.assign(seconds=seconds, jpeg=[data.jpeg(name) for name in data.frames.id])
        )
        boxes.append(data.detections.assign(camera=camera))
    frames = pd.concat(frames, ignore_index=True)
    boxes = pd.concat(boxes, ignore_index=True)
    boxes = boxes[boxes.type.isin(VEHICLE_TYPES)]
    beside = true_vehicles(boxes, read_truth(folder)) < 0
    boxes = boxes[~beside.fillna(False).to_numpy(bool)]
    boxes = boxes.merge(frames[["id", "seconds"]].rename(columns={"id": "frame"}), on="frame")
    return _recording(frames[["camera", "seconds", "jpeg"]], boxes)


def with_true_boxes(recording, truth):
    """A recording of the simulated road with the true box of each vehicle that was detected, and
    without detections that show none: what the road gives when the detector's boxes are not off.

    Parameters
    ----------
    recording : Recording
        From `stored_recording`.
    truth : cctview.truth.Truth
    """
    every = recording.every.drop(columns=[*BOX, "row"])
    every["vehicle"] = true_vehicles(recording.every, truth).to_numpy(float, na_value=np.nan)
    seen = truth.sightings[["frame", "vehicle", *BOX]].astype({"frame": str})
    seen[BOX] = seen[BOX].round().astype(int)
    return _recording(recording.frames, every.merge(seen, on=["frame", "vehicle"]))


def rendered_recording(settings, work):
    """A new recording of the simulated road: renders what is missing in the folder `work`, and lets
    the shipped detector find the boxes. On the two cameras that are fitted no vehicle stands beside
    the road.
    """
    workshop, detector = Workshop(work, settings), Pipeline.ours(ROOT).detector
    render(workshop, quiet=True)
    frames, boxes = [], []
    for camera in settings.cameras:
        table = pd.concat([pd.read_parquet(path) for path in workshop.parts("frames", camera)])
        table = table[table.status == "ok"].astype({"camera": str})
        seconds = (table.time - table.time.dt.normalize()).dt.total_seconds()
        table = table.assign(seconds=seconds)[["camera", "seconds", "jpeg"]]
        frames.append(table)
        for frame in table.itertuples():
            found = detector.detect(read_image(frame.jpeg, frame.camera))
            found = found[found.type.isin(VEHICLE_TYPES)]
            boxes.append(found.assign(camera=frame.camera, seconds=frame.seconds))
    return _recording(pd.concat(frames), pd.concat(boxes, ignore_index=True))


def hour_parts(recording, length=HOUR_PART):
    """A recording cut into parts of so many seconds, a list of `Recording`; what is shorter than
    half of that at an end or a gap is left out.
    """
    of_box = recording.every.seconds // length
    return [
        _recording(frames, recording.every[of_box == part].drop(columns="row"))
        for part, frames in recording.frames.groupby(recording.frames.seconds // length)
        if np.ptp(frames.seconds) >= length / 2
    ]


def over_the_hour(parts):
    """Each figure's mean over parts of a recording, and where another part would lie.

    The interval is that of a further observation from a normal distribution of which the parts are
    a sample: mean ± t (n − 1 degrees of freedom) × s.d. × √(1 + 1/n).

    Parameters
    ----------
    parts : list of DataFrame
        The figures of each part, as `describe` gives them.

    Returns
    -------
    DataFrame
        Index figure; columns estimate, low, high (95 %).
    """
    table = pd.concat([part.estimate for part in parts], axis=1)
    count, mean = table.count(axis=1), table.mean(axis=1)
    reach = t.ppf(0.975, count - 1) * table.std(axis=1) * np.sqrt(1 + 1 / count)
    return pd.DataFrame({"estimate": mean, "low": mean - reach, "high": mean + reach})


def frame_moments(recording, step=STEP):
    """Figures of frames, by camera: noise, sharpness, colour, tones, drift of the exposure.

    Returns
    -------
    dict of str to DataFrame
        Name of the figure to one row as `bootstrap` gives.
    """
    figures = {}
    for camera, frames in recording.frames.groupby("camera", sort=False):
        rows = [_moments(jpeg) for jpeg in frames.jpeg.iloc[::step]]
        table, minutes = pd.DataFrame(rows), (frames.seconds.iloc[::step] // 60).to_numpy()
        for name in table.columns.drop("level"):
            figures[f"{camera} {name}"] = _mean(table[name].to_numpy(), minutes)
        figures[f"{camera} drift of exposure"] = _drift(
            table.level.to_numpy(), frames.seconds.iloc[::step].to_numpy()
        )
        here = recording.boxes[recording.boxes.camera == camera]
        count = np.bincount(here.row - frames.index[0], minlength=len(frames))
        figures[f"{camera} boxes per frame"] = _mean(count, (frames.seconds // 60).to_numpy())
    return figures


def _moments(jpeg):
    """Figures of one frame, below the stamp's bar."""
    picture = read_image(jpeg, "a frame")[BAR + 2 :]
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    # Immerkaer 1996: blind to constants and slopes; its s.d. is six times that of the noise
    kernel = np.float32([[1, -2, 1], [-2, 4, -2], [1, -2, 1]])
    fine = cv2.filter2D(grey, cv2.CV_32F, kernel) / 6
    blocks = fine[: len(fine) // 8 * 8].reshape(-1, 8, fine.shape[1] // 8, 8)
    saturation = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)[..., 1]
    dark, middle, bright = np.percentile(grey, [5, 50, 95])
    return {
        "noise in flat areas": float(np.percentile(blocks.std(axis=(1, 3)), 10)),
        "Laplacian variance": float(cv2.Laplacian(grey, cv2.CV_32F).var()),
        "saturation": float(saturation.mean()),
        "dark tones": float(dark),
        "middle tones": float(middle),
        "bright tones": float(bright),
        "red over green": float(picture[..., 0].mean() / picture[..., 1].mean()),
        "blue over green": float(picture[..., 2].mean() / picture[..., 1].mean()),
        "level": float(grey.mean()),
    }


def mean_moments(jpegs):
    """The means of the moments of single frames, a Series."""
    return pd.DataFrame([_moments(jpeg) for jpeg in jpegs]).mean()


def _mean(values, minutes):
    return bootstrap(lambda rows: values[rows].mean(), minutes, ROUNDS)


def _drift(level, seconds):
    """Standard deviation of the mean grey level within stretches."""
    stretch = pd.Series(level).groupby(seconds // STRETCH)
    return _mean_of_few(stretch.std()[stretch.size() >= 10].to_numpy())


def _mean_of_few(values):
    """The mean over stretches, drawn again; of a single one there is no interval."""
    if len(values) < 2:
        return pd.DataFrame({"estimate": values.mean(), "low": np.nan, "high": np.nan}, index=[0])
    return _mean(values, np.arange(len(values)))


@dataclass(frozen=True)
class Crops:
    """The large boxes of the two cameras that most vehicles pass one after the other, southbound.

    Attributes
    ----------
    boxes : DataFrame
        As `Recording.boxes`.
    features : dict of str to ndarray
        By name of `untrained.FEATURES`.
    lightness, coloured : ndarray
    """

    boxes: pd.DataFrame
    features: dict[str, np.ndarray]
    lightness: np.ndarray
    coloured: np.ndarray


def _southbound(boxes):
    """Which boxes show what drives from `FROM` to `TO`, (n,) bool."""
    middle = (boxes.x1 + boxes.x2) / 2
    here = (boxes.camera == FROM) & (middle < 128 + (boxes.y2 - 60) * 1.1)
    return (here | ((boxes.camera == TO) & (middle > 80))).to_numpy()


def _cut_out(recording, boxes):
    """The crops of boxes in the order of their frames, a list for each frame."""
    for row, of_frame in boxes.groupby("row"):
        image = read_image(recording.frames.jpeg[row], "a frame")
        yield [crop(image, box) for box in of_frame[["x1", "y1", "x2", "y2"]].to_numpy()]


def southbound_crops(recording):
    """Cut out and describe what drives from `FROM` to `TO`, as `measure.py` of the real data
    chooses it.
    """
    boxes = recording.boxes
    boxes = boxes[_southbound(boxes)].sort_values("row")
    cut = [one for own in _cut_out(recording, boxes) for one in own]
    return Crops(
        boxes.reset_index(drop=True),
        {name: np.stack([of(c) for c in cut]) for name, of in untrained.FEATURES.items()},
        np.array([untrained.middle_lightness(c) for c in cut]),
        np.array([untrained.is_coloured(c) for c in cut]),
    )


def vehicle_moments(crops):
    """Figures of the vehicles' looks, by camera."""
    figures, camera = {}, crops.boxes.camera.to_numpy()
    minutes = (crops.boxes.seconds // 60).to_numpy()
    for name in (FROM, TO):
        here = np.flatnonzero(camera == name)
        light, coloured = crops.lightness[here], crops.coloured[here]
        figures[f"{name} lightness of vehicles, s.d."] = bootstrap(
            lambda rows, light=light: light[rows].std(), minutes[here], ROUNDS
        )
        figures[f"{name} coloured vehicles"] = _mean(coloured, minutes[here])
        stretch = (crops.boxes.seconds.to_numpy()[here] // STRETCH).astype(int)
        for kind, features in crops.features.items():
            unit = untrained.unit_centred(features[here], camera[here])
            of_stretch = [np.flatnonzero(stretch == k) for k in np.unique(stretch)]
            of_stretch = [rows for rows in of_stretch if len(rows) >= 40]
            spread = np.array([untrained.participation_ratio(unit[rows]) for rows in of_stretch])
            cosines = np.array([np.std(_cosines(unit[rows])) for rows in of_stretch])
            figures[f"{name} {kind}, participation ratio"] = _mean_of_few(spread)
            figures[f"{name} {kind}, s.d. of cosines"] = _mean_of_few(cosines)
    return figures


def _cosines(unit, pairs=5_000):
    """Cosines of random pairs of rows."""
    draw = np.random.default_rng(0).integers(len(unit), size=(2, pairs))
    draw = draw[:, draw[0] != draw[1]]
    return np.einsum("ij,ij->i", unit[draw[0]], unit[draw[1]])


def crossing_figures(crops):
    """Figures from camera to camera: traffic in the window, rank-1, change of lightness."""
    camera, seconds = crops.boxes.camera.to_numpy(), crops.boxes.seconds.to_numpy()
    a, b = np.flatnonzero(camera == FROM), np.flatnonzero(camera == TO)
    lag = seconds[b] - seconds[a][:, None]
    inside = (lag >= WINDOW[0]) & (lag <= WINDOW[1])
    hit = (lag >= LAG[0]) & (lag <= LAG[1])
    asked = hit.any(1) & (inside.sum(1) > 20)
    minutes = (seconds[a] // 60)[asked]
    figures = {
        "detections in the hit window": _mean(hit[asked].sum(1), minutes),
        "gallery": _mean(inside[asked].sum(1), minutes),
    }
    everyone = np.ones(len(camera), bool)
    for kind, features in crops.features.items():
        distance, lag = centred_distances(features, camera, everyone, seconds, a, b)
        _, estimate = estimate_rank1(distance, lag)
        figures[f"{kind}, rank-1 without labels"] = bootstrap(estimate, minutes, ROUNDS)
        if kind == "gradients":  # blind to lightness, so it may choose whose lightness we compare
            near = np.where(hit, distance, np.inf)
            then, back = near.argmin(1), near.argmin(0)
            mutual = np.flatnonzero(hit.any(1) & (back[then] == np.arange(len(a))))
            change = crops.lightness[b[then[mutual]]] - crops.lightness[a[mutual]]
            figures["change of lightness from camera to camera, s.d."] = bootstrap(
                lambda rows, x=change: x[rows].std(), (seconds[a] // 60)[mutual], ROUNDS
            )
    return figures


def network_figures(recording, extract):
    """What a network finds again: in the next frame (AUC by cosine, camera by camera) and at the
    next camera (rank-1 without labels).

    Who is the same in the next frame is said by the tracker, by motion alone, on both roads.

    Parameters
    ----------
    recording : Recording
    extract : callable
        Gives the vectors (n, d) of a list of crops.
    """
    boxes = recording.every.sort_values("row", kind="stable").reset_index(drop=True)
    pairs = linked_pairs(*_followed(boxes))
    vectors = np.concatenate([extract(crops) for crops in _cut_out(recording, boxes)])
    told = auc_by_camera(pairs, cosine(vectors)).set_index("camera")
    told = told.rename(columns={"auc": "estimate"})[["estimate", "low", "high"]]
    told.index = [f"{camera} shipped network, AUC in the next frame" for camera in told.index]
    large = (boxes.percent >= 50) & (box_side(boxes) >= 22) & _southbound(boxes)
    south, camera, seconds = boxes[large].index, boxes.camera[large], boxes.seconds[large]
    a, b = np.flatnonzero(camera == FROM), np.flatnonzero(camera == TO)
    everyone = np.ones(len(south), bool)
    distance, lag = centred_distances(
        vectors[south], camera.to_numpy(), everyone, seconds.to_numpy(), a, b
    )
    known, estimate = estimate_rank1(distance, lag)
    found = bootstrap(estimate, (seconds.to_numpy()[a] // 60)[known], ROUNDS)
    return pd.concat([told, found.set_axis(["shipped network, rank-1 without labels"])])


def _followed(boxes):
    """Boxes as `linked_pairs` has them, with the next box of their track (by motion alone), and
    whether to ask for it: it is in the next frame and the vehicle has moved.
    """
    track = track_detections(boxes.assign(time=boxes.seconds, type="car"), np.ones((len(boxes), 1)))
    tracks = boxes.assign(id=boxes.index).groupby(track)
    after, later = tracks.id.shift(-1), tracks.seconds.shift(-1)
    known = np.array(later - boxes.seconds <= NEXT)
    here, there = (
        boxes[BOX].to_numpy(float)[known],
        boxes[BOX].to_numpy(float)[after[known].astype(int)],
    )
    known[known] = [box_iou(a[None], b[None])[0, 0] < 0.5 for a, b in zip(here, there)]
    boxes = boxes.rename(columns={"camera": "cam", "seconds": "sec"})
    return boxes.assign(static=False, id=boxes.index, next_id=after), known


def describe(recording, crossing=True):
    """All figures of a recording: DataFrame with index `figure` and estimate, low, high."""
    crops = southbound_crops(recording)
    figures = frame_moments(recording) | vehicle_moments(crops)
    figures |= crossing_figures(crops) if crossing else {}
    return pd.concat(figures).droplevel(1).rename_axis("figure")


def table(data):
    """The figures of both roads side by side.

    Parameters
    ----------
    data : Path
        The folder of the simulated road, as `data/`.

    Returns
    -------
    DataFrame
        Columns figure, real, real_low, real_high, simulated, simulated_low, simulated_high.
    """
    columns = ["estimate", "low", "high"]
    extract, made = Extractor().extract, stored_recording(data)
    parts = [describe(part, crossing=False) for part in hour_parts(real_recording())]
    crossing = crossing_figures(southbound_crops(real_recording(cameras=(FROM, TO))))
    crossing = pd.concat(crossing).droplevel(1)
    network = network_figures(real_recording(("test",)), extract)
    real_road = pd.concat([over_the_hour(parts), crossing, network])[columns]
    simulated = pd.concat([describe(made), network_figures(made, extract)])[columns]
    exact = with_true_boxes(made, read_truth(data))
    found = pd.concat(crossing_figures(southbound_crops(exact))).droplevel(1)
    found = pd.concat([found, network_figures(exact, extract)])[columns].filter(
        like="rank-1", axis=0
    )
    simulated = pd.concat([simulated, found.rename("{}, true boxes".format)])
    again = real_road.filter(like="rank-1", axis=0)
    real_road = pd.concat([real_road, again.rename("{}, true boxes".format)])
    real_road.index.name = "figure"
    real_road.columns = ["real", "real_low", "real_high"]
    simulated.columns = ["simulated", "simulated_low", "simulated_high"]
    return real_road.join(simulated).reset_index()


def agreeing(figures):
    """Which rows of `table` have their simulated figure inside the real interval, (n,) bool."""
    return figures.simulated.between(figures.real_low, figures.real_high).to_numpy()
