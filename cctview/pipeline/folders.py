"""Folder by folder: frames to detections, detections to embeddings.

Each step writes the original's files, and skips those that an earlier run has finished. What
another program wrote is never replaced unasked.
"""

import json
from pathlib import Path

from tqdm import tqdm

from cctview.dataset import (
    BOX,
    VEHICLE_TYPES,
    Dataset,
    FrameId,
    alone_in,
    check_cameras,
    crop,
    detection_table,
    find_frame,
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

_SETTINGS = "settings.json"


def detect_folder(
    folder: Path, out: Path, weights: Path | None = None, minimum_percent: float = 25
) -> Dataset:
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
    Dataset
        That of `folder`: its `problems` tell of each file that was skipped, and why.

    Raises
    ------
    ValueError
        If `out` holds detections that other settings or another program made, or two cameras differ
        by capitals alone.
    """
    dataset = open_dataset(folder)
    check_cameras(out, dataset.frames.camera.unique())
    detector = Detector(weights, minimum_percent)
    with alone_in(out):
        _settle(out, {"detector": detector.model, "minimum_percent": minimum_percent})
        for name in tqdm(dataset.frames.id, desc="detect", unit="frame"):
            frame = FrameId.parse(name)
            target, picture = out / frame_folder(frame), find_frame(out, frame)
            try:
                jpeg = dataset.jpeg(name)
                if picture.exists() and picture.read_bytes() != jpeg:
                    raise ValueError(
                        f"{dataset.where(name)}: {picture} is another picture of the same name;"
                        " choose another --out folder"
                    )
                if _finished(target / f"{name}--detections.json", detector.model):
                    continue
                image = read_image(jpeg, dataset.where(name))
            except ValueError as error:
                dataset.problems.append(str(error))
                continue
            try:
                found = detector.detect(image)
            except ValueError as error:
                dataset.problems.append(f"{dataset.where(name)}: {error}")
                continue
            write_frame(out, frame, jpeg, durable=True)
            write_detections(target, image, frame, detection_table(frame, found), detector.model)
    return dataset


def extract_folder(folder: Path, weights: Path | None = None, replace: bool = False) -> Dataset:
    """Embed every vehicle that `detect_folder` found under `folder`, one ``--features.json`` a
    frame.

    Persons and bicycles are left out: they are counted, never embedded.

    Parameters
    ----------
    folder : Path
    weights : Path, optional
        As `cctview.extract.extractor.Extractor`.
    replace : bool
        Whether embeddings that another model made, or a damaged file, are replaced.

    Returns
    -------
    Dataset
        That of `folder`: its `problems` tell of each file that was skipped, and why.

    Raises
    ------
    ValueError
        If there are embeddings of another model, and `replace` is not set; names the first file.
    """
    extractor = Extractor(weights)
    with alone_in(_existing(folder)):
        dataset = open_dataset(folder)
        check_cameras(folder, dataset.frames.camera.unique())
        vehicles = dataset.detections[dataset.detections.type.isin(VEHICLE_TYPES)]
        groups = vehicles.groupby("frame").groups
        rows = {name: vehicles.loc[groups.get(name, [])] for name in dataset.frames.id}
        todo = []
        for name, of_frame in rows.items():
            path = dataset.place(name, "features") or _features(folder, name)
            if dataset.has(name, "features") and not path.exists():
                continue  # they are in a zip
            if not _finished(path, extractor.model, of_frame.id.tolist()):
                if not replace:
                    _refuse_others(path, extractor.model)
                todo.append(name)
        for name in tqdm(todo, desc="extract", unit="frame"):
            ids = rows[name].id.tolist()
            try:
                image = dataset.image(name)
                vectors = extractor.extract([crop(image, b) for b in rows[name][BOX].to_numpy()])
            except ValueError as error:
                dataset.problems.append(f"{dataset.where(name)}: {error}")
                continue
            place = dataset.place(name, "features") or _features(folder, name)
            write_features(place.parent, FrameId.parse(name), ids, vectors, extractor.model)
    return dataset


def _features(folder: Path, name: str) -> Path:
    return folder / frame_folder(FrameId.parse(name)) / f"{name}--features.json"


def _refuse_others(path: Path, model: str) -> None:
    """A ValueError if a file with embeddings is not of this model."""
    if not path.exists():
        return
    try:
        earlier = json.loads(path.read_bytes())["model"]
    except (OSError, ValueError, KeyError, TypeError):
        earlier = "something that cannot be read"
    if earlier != model:
        raise ValueError(
            f"{path} holds embeddings of {earlier}, and these would be of {model}; name its model"
            " with --weights, work on a copy of the folder, or replace them all with --replace"
        )


def _settle(out: Path, settings: dict) -> None:
    """Note how the detections of a folder are made, so that a later run cannot mix others in."""
    path = out / _SETTINGS
    foreign = next(out.rglob("*--detections.json"), None) if not path.exists() else None
    if foreign is not None:
        raise ValueError(
            f"{foreign}: not made by `cctview detect`, and it would be replaced; choose another"
            " --out folder"
        )
    if path.exists():
        try:
            earlier = json.loads(path.read_bytes())
        except ValueError:
            earlier = "something unreadable"
        if earlier != settings:
            raise ValueError(
                f"{out} holds results made with {earlier}, not {settings}; choose another --out"
                " folder"
            )
        return
    write_bytes(path, json.dumps(settings).encode(), durable=True)


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
