"""Makes `sample/`: one frame a camera, fully processed in the original's layout.

The six frames follow one vehicle: each is a frame in which its camera sees the vehicle well, and
in which the detector names as many types as it can.
"""

from pathlib import Path

from tqdm import tqdm

from cctview.dataset import (
    VEHICLE_TYPES,
    FrameId,
    read_image,
    replacing,
    write_bytes,
    write_detections,
    write_features,
    write_frame,
)
from studio.build import paint, renderer_for
from studio.road.cast import CAST
from studio.road.expressway import CAMERAS
from studio.road.shots import watch
from studio.road.truth import BOX

NEAR, FAR = 5.0, 130.0  # m ahead of the camera between which a frame is worth a look
LONGEST = 10  # minutes to wait for the vehicle
MARGIN = 1  # px that its box must keep from the frame's edge
HIDDEN = 0.25  # share of it that others may hide
LEAST = 100  # square pixels of its box: what is smaller is hard to see


def best_frames(settings, hero=CAST[0].id, detector=None, make_renderer=None, quiet=False):
    """For each camera the frame that shows a vehicle best: whole and unhidden; of these frames, one
    in which the detector names most types, and among those the one in which it is largest.

    Parameters
    ----------
    settings : studio.build.Settings
        `minutes` and `cameras` do not matter: all six cameras are watched until the vehicle has
        passed them.
    hero : int
        The vehicle's id.
    detector : cctview.detect.Detector, optional
        What names the types; without one the size alone decides.
    make_renderer : callable, optional
        As in `studio.build.render`.
    quiet : bool

    Returns
    -------
    dict of str to (str, bytes)
        Camera to the frame's id and its JPEG, in driving order.

    Raises
    ------
    ValueError
        If a camera never sees it whole.
    """
    traffic = settings.traffic()
    renderers, best = {}, {}
    with tqdm(desc="sample", unit="frame", disable=quiet) as bar:
        for shot in watch(traffic, LONGEST, seed=settings.seed):
            if not any(trip.vehicle.id == hero for trip in traffic.under_way()):
                break
            near = shot.status == "ok" and any(
                p.vehicle.id == hero and NEAR < p.ahead < FAR for p in shot.picture.passings
            )
            if not near:
                continue
            if shot.camera not in renderers:
                renderers[shot.camera] = renderer_for(make_renderer, shot.camera, settings)
            frame = paint(renderers[shot.camera], shot.picture, settings.seed)
            area, types = whole_area(frame.boxes, hero), 1
            if area >= LEAST and detector is not None:
                types = detector.detect(read_image(frame.jpeg, shot.frame)).type.nunique()
            score = types if area >= LEAST else 0, area
            if score > best.get(shot.camera, ((0, 0),))[0]:
                best[shot.camera] = score, shot.frame, frame.jpeg
            bar.update()
    missed = [camera for camera in CAMERAS if camera not in best]
    if missed:
        raise ValueError(
            f"camera {missed[0]} has no frame in which vehicle {hero} is whole: change the start or"
            " the seed"
        )
    return {camera: best[camera][1:] for camera in CAMERAS}


def whole_area(boxes, hero, width=352, height=240):
    """The area of the vehicle's box in square pixels; 0 if it is cut off or hidden."""
    for box in boxes:
        x1, y1, x2, y2 = (float(box[f"full_{side}"]) for side in BOX)
        whole = x1 >= MARGIN and y1 >= MARGIN and x2 <= width - MARGIN and y2 <= height - MARGIN
        if box["vehicle"] == hero and whole and box["hidden"] <= HIDDEN:
            return (x2 - x1) * (y2 - y1)
    return 0


def write_sample(settings, folder, pipeline=None, make_renderer=None, quiet=False):
    """Write `sample/` anew: frames, and with a pipeline their detections, crops, features, the CSV
    and the tree.

    Parameters
    ----------
    settings : studio.build.Settings
    folder : path
        Replaced as a whole.
    pipeline : studio.process.Pipeline, optional
    make_renderer, quiet
        As in `best_frames`.
    """
    detector = None if pipeline is None else pipeline.detector
    frames = best_frames(settings, CAST[0].id, detector, make_renderer, quiet)
    with replacing(Path(folder)) as root:
        ids = [
            name
            for frame, jpeg in frames.values()
            for name in _write_frame(root, frame, jpeg, pipeline)
        ]
        if pipeline is not None:
            write_bytes(
                root / "sample--detections.csv",
                "".join(f"{name}\n" for name in sorted(ids)).encode(),
            )
        write_bytes(root / "tree.txt", tree(root).encode())


def _write_frame(root, frame, jpeg, pipeline):
    """Write all files of one frame; returns the ids of its detections."""
    name = FrameId.parse(frame)
    folder = write_frame(root, name, jpeg)
    if pipeline is None:
        return []
    image = read_image(jpeg, frame)
    found, embeddings = pipeline.run(frame, image)
    write_detections(folder, image, name, found, pipeline.detector.model)
    vehicles = found.type.isin(VEHICLE_TYPES).to_numpy()
    write_features(
        folder, name, found.id[vehicles].tolist(), embeddings[vehicles], pipeline.extractor.model
    )
    return found.id.tolist()


def tree(root):
    """The files under a folder as a drawing, with sizes in bytes; folders and files are counted at
    the end.
    """
    lines, counts = ["."], {"directories": 0, "files": 0}

    def draw(folder, indent):
        children = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        for child in children:
            last = child is children[-1]
            size = "" if child.is_dir() else f"[{child.stat().st_size:>7}]  "
            lines.append(f"{indent}{'└── ' if last else '├── '}{size}{child.name}")
            counts["directories" if child.is_dir() else "files"] += 1
            if child.is_dir():
                draw(child, indent + ("    " if last else "│   "))

    draw(Path(root), "")
    return "\n".join(
        [
            *lines,
            "",
            f"{counts['directories']} directories, {counts['files']} files, this one not counted",
            "",
        ]
    )
