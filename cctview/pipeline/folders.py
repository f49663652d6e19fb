"""Folder by folder: frames to detections, detections to embeddings, embeddings to matches.

Each step writes the original's files, and skips those that an earlier run has finished.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from cctview.dataset import (
    BOX,
    VEHICLE_TYPES,
    FrameId,
    alone_in,
    crop,
    detection_table,
    frame_folder,
    open_dataset,
    read_image,
    write_bytes,
    write_detections,
    write_features,
    write_frame,
)
from cctview.detect import Detector
from cctview.extract import Extractor
from cctview.match import match_frames, write_matches, write_matches_folder

_MATCHES = "matches.json"
MATCHES_FOLDER = "matches"
_SETTINGS = "settings.json"


def detect_folder(
    folder: Path, out: Path, weights: Path | None = None, minimum_percent: float = 25
) -> list[str]:
    """Detect in every frame of a dataset and write the original's files under `out`.

    Parameters
    ----------
    folder : Path
        Anything that `cctview.dataset.frames.open_dataset` opens.
    out : Path
        Gets each frame's ``--original.jpeg``, ``--detections.jpeg``, ``--detections/`` and
        ``--detections.json``.
    weights : Path, optional
        As `cctview.detect.detector.Detector`.
    minimum_percent : float

    Returns
    -------
    list of str
        One line for each file that was skipped, and why.
    """
    dataset = open_dataset(folder)
    detector = Detector(weights, minimum_percent)
    with alone_in(out):
        _settle(out / _SETTINGS, {"detector": detector.model, "minimum_percent": minimum_percent})
        for name in tqdm(dataset.frames.id, desc="detect", unit="frame"):
            frame = FrameId.parse(name)
            target = out / frame_folder(frame)
            if _finished(target / f"{name}--detections.json", detector.model):
                continue
            try:
                jpeg = dataset.jpeg(name)
                image = read_image(jpeg, dataset.where(name))
            except ValueError as error:
                dataset.problems.append(str(error))
                continue
            detections = detection_table(frame, detector.detect(image))
            write_frame(out, frame, jpeg)
            write_detections(target, image, frame, detections, detector.model)
    return dataset.problems


def extract_folder(folder: Path, weights: Path | None = None) -> list[str]:
    """Embed every vehicle that `detect_folder` found under `folder`, one ``--features.json`` a
    frame.

    Persons and bicycles are left out: they are counted, never embedded.

    Parameters
    ----------
    folder : Path
    weights : Path, optional
        As `cctview.extract.extractor.Extractor`.

    Returns
    -------
    list of str
        One line for each file that was skipped, and why.
    """
    extractor = Extractor(weights)
    with alone_in(_existing(folder)):
        dataset = open_dataset(folder)
        vehicles = dataset.detections[dataset.detections.type.isin(VEHICLE_TYPES)]
        groups = vehicles.groupby("frame").groups
        for name in tqdm(dataset.frames.id, desc="extract", unit="frame"):
            frame = FrameId.parse(name)
            target = folder / frame_folder(frame)
            rows = vehicles.loc[groups.get(name, [])]
            if _finished(target / f"{name}--features.json", extractor.model, rows.id.tolist()):
                continue
            try:
                image = dataset.image(name)
            except ValueError as error:
                dataset.problems.append(str(error))
                continue
            crops = [crop(image, box) for box in rows[BOX].to_numpy()]
            write_features(
                target, frame, rows.id.tolist(), extractor.extract(crops), extractor.model
            )
    return dataset.problems


def match_folder(folder: Path, base: str | None = None, targets: list[str] | None = None) -> str:
    """Rank the vehicles of the target cameras for each vehicle of the base camera, by MED.

    Writes ``matches.json`` and ``matches/`` under `folder`.

    Parameters
    ----------
    folder : Path
        With detections and embeddings.
    base : str, optional
        Camera whose vehicles are searched for; the first one that shows a vehicle, if not given.
    targets : list of str, optional
        Cameras to search; all others, if not given.

    Returns
    -------
    str
        A table: for each base vehicle its nearest candidate per camera, with the distance.

    Raises
    ------
    ValueError
        If a camera is unknown, or no vehicle can be compared.
    """
    dataset = open_dataset(folder)
    detections = dataset.detections
    known = dataset.embeddings.shape[1] > 0 and np.isfinite(dataset.embeddings).all(1)
    usable = detections.type.isin(VEHICLE_TYPES).to_numpy() & known
    cameras = list(dict.fromkeys(dataset.frames.camera))
    with_vehicles = [camera for camera in cameras if camera in set(detections.camera[usable])]
    if not with_vehicles:
        raise ValueError(f"{folder}: no vehicle with an embedding in it, so nothing can be matched")
    base = base or with_vehicles[0]
    targets = targets or [camera for camera in cameras if camera != base]
    for camera in [base, *targets]:
        if camera not in cameras:
            raise ValueError(
                f"{folder}: no frame of camera {camera!r}; there are {', '.join(cameras)}"
            )
    of_base = usable & (detections.camera == base).to_numpy()
    of_targets = usable & detections.camera.isin(targets).to_numpy()
    matches = match_frames(
        detections[of_base],
        dataset.embeddings[of_base],
        detections[of_targets],
        dataset.embeddings[of_targets],
    )
    if matches.empty:
        raise ValueError(f"{folder}: no vehicle to compare between {base} and {', '.join(targets)}")
    crops = {
        name: dataset.crop(name) for name in pd.unique(pd.concat([matches.base, matches.target]))
    }
    with alone_in(folder):
        write_matches(folder / _MATCHES, matches)
        write_matches_folder(folder / MATCHES_FOLDER, matches, crops)
    return _table(matches, detections.set_index("id"), base)


def _table(matches: pd.DataFrame, detections: pd.DataFrame, base: str) -> str:
    """The nearest candidate per camera for each base vehicle, as text that fits 100 columns."""
    nearest = matches.groupby(["base", "camera"], sort=False).first().reset_index()

    def label(name: str) -> str:
        return f"#{detections.number[name]} {detections.type[name]}"

    nearest["candidate"] = [
        f"{label(row.target)} {row.distance:.1f}" for row in nearest.itertuples()
    ]
    wide = nearest.pivot(index="base", columns="camera", values="candidate")
    wide = wide.reindex(index=pd.unique(nearest.base), columns=pd.unique(nearest.camera)).fillna(
        "–"
    )
    rows = detections.loc[wide.index]
    wide.insert(0, "size", [f"{r.x2 - r.x1}x{r.y2 - r.y1}" for r in rows.itertuples()])
    wide.index = pd.Index([label(name) for name in wide.index])
    wide.columns.name = base
    return (
        f"For each vehicle at {base}, the nearest at the other cameras (number and type in its"
        " frame, distance MED):\n\n" + wide.to_string()
    )


def _settle(path: Path, settings: dict) -> None:
    """Note how the detections of a folder are made, so that a later run cannot mix others in."""
    if path.exists():
        try:
            earlier = json.loads(path.read_bytes())
        except ValueError:
            earlier = "something unreadable"
        if earlier != settings:
            raise ValueError(
                f"{path.parent} holds results made with {earlier}, not {settings}; choose another"
                " --out folder"
            )
    write_bytes(path, json.dumps(settings).encode())


def _existing(folder: Path) -> Path:
    if not folder.is_dir():
        raise FileNotFoundError(
            f"{folder}: no such folder; give the one that `cctview detect` filled"
        )
    return folder


def _finished(path: Path, model: str, detections: list[str] | None = None) -> bool:
    """Whether an earlier run has written this file with these weights, for these detections."""
    try:
        content = json.loads(path.read_bytes())
        if content["model"] != model:
            return False
        # a features file holds `frame` and `model`, then one entry a detection
        return detections is None or [*content][2:] == detections
    except (OSError, ValueError, KeyError, TypeError):
        return False
