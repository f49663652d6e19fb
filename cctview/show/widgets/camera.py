"""The clickable camera: frames of one or several cameras with boxes, to watch, and to pick a
vehicle from.

>>> from cctview.dataset.frames import open_dataset
>>> camera = Camera(open_dataset("sample"), on_pick=lambda row: print("picked a", row.type))
>>> camera.show("735-683-N")
>>> camera.frame
'735-683-N--2031-05-05--08.40.31'
>>> camera.picked is None
True

The browser's side is in ``static/``. It gets the times of all frames at once, and asks for the
pictures and boxes of a camera's minute when it comes to show them; they travel as they are stored,
as JPEG. Pictures, boxes, the pick and its candidates travel in messages, and not as traits: those
can be saved with a notebook.
"""

import time
from pathlib import Path

import anywidget
import numpy as np
import pandas as pd
import traitlets

from cctview.dataset import BOX, Dataset, driving_order, open_dataset, place_of
from cctview.show.inline_pictures import picture_html
from cctview.show.widgets.camera_choice import (
    check_detections,
    check_travel,
    choose_cameras,
    choose_minutes,
)
from cctview.show.widgets.camera_still import encode_still
from cctview.show.widgets.still import display_cameras, display_with_still

_STATIC = Path(__file__).parent / "static"
_CHUNK = 60  # seconds of one camera that are sent at a time


class Camera(anywidget.AnyWidget):
    """Frames of one or several cameras; a click picks a vehicle.

    Parameters
    ----------
    dataset : Dataset or path_like
        Its frames, and its detections as boxes.
    cameras : str or list of str, optional
        Which to show; by default all, in driving order.
    minutes : int or (int, int), optional
        The first so many whole minutes of the dataset, or from one minute to another (the end
        excluded); by default all.
    on_pick : callable, optional
        Called with the picked detection, a row (Series) of `detections`. Candidates that it returns
        are marked, as by `mark`.
    detections : DataFrame, optional
        Columns id, frame, type, percent, x1, y1, x2, y2; by default the dataset's own.
    travel : mapping, optional
        ``{(camera, next camera): seconds}`` or ``(shortest, longest)``, written between the cameras
        of the map strip.
    together : bool, optional
        Show all cameras at once, rather than one at a time.

    Attributes
    ----------
    picked : str or None
        Id of the picked detection; may be set, and observed as any trait.
    boxes : bool
        Whether boxes are drawn.
    error : Exception or None
        What the last call of `on_pick` raised; it is also shown below the picture.

    Raises
    ------
    ValueError
        If the dataset has no such camera, or no frame in these minutes.
    TypeError
        If `on_pick` cannot be called, or detections lack a column.
    """

    _esm = "\n".join(
        (_STATIC / name).read_text(encoding="utf-8")
        for name in ("make.js", "frames.js", "screen.js", "camera.js")
    )
    _css = (_STATIC / "camera.css").read_text(encoding="utf-8")

    picked = traitlets.Unicode(None, allow_none=True)
    boxes = traitlets.Bool(True).tag(sync=True)
    together = traitlets.Bool(False).tag(sync=True)
    _index = traitlets.Dict().tag(sync=True)
    _at = traitlets.List(traitlets.Int()).tag(sync=True)
    _marks: traitlets.List = traitlets.List()

    def __init__(
        self,
        dataset,
        cameras=None,
        minutes=None,
        on_pick=None,
        *,
        detections=None,
        travel=None,
        together=False,
    ):
        self._dataset = dataset if isinstance(dataset, Dataset) else open_dataset(dataset)
        if on_pick is not None and not callable(on_pick):
            kind = type(on_pick).__name__
            raise TypeError(f"on_pick is a {kind}; give a function that takes the picked detection")
        self._on_pick = on_pick
        self.error, self._holding = None, False
        frames = choose_minutes(choose_cameras(self._dataset.frames, cameras), minutes)
        self._begin = frames.time.min().floor("min")
        self._cameras = driving_order(frames.camera.unique())
        self._frames = {
            camera: frames[frames.camera == camera].reset_index(drop=True)
            for camera in self._cameras
        }
        self._place = {
            name: (number, k)
            for number, rows in enumerate(self._frames.values())
            for k, name in enumerate(rows.id)
        }
        rows = check_detections(self._dataset.detections if detections is None else detections)
        self.detections = (
            rows[rows.frame.isin(self._place)].set_index("id", drop=False).rename_axis(None)
        )
        self._rows_of = self.detections.groupby("frame", sort=False).indices
        index = {"begin": int(self._begin.timestamp()), "chunk": _CHUNK}
        index["cameras"] = [self._describe(camera) for camera in self._cameras]
        index["travel"] = check_travel(travel, self._cameras)
        super().__init__(together=together, _index=index, _at=[0, 0])
        self.on_msg(self._answer)
        self.observe(self._tell, ["picked", "_marks"])

    @property
    def frame(self):
        """Id of the frame in view: the last at which the viewer stood still. Set it by `show`."""
        camera, k = self._at
        return self._frames[self._cameras[camera]].id.iloc[k]

    @property
    def camera(self):
        """Id of the current camera."""
        return self._cameras[self._at[0]]

    @property
    def cameras(self):
        """Ids of all cameras shown, in driving order."""
        return list(self._cameras)

    @property
    def candidates(self):
        """The marked detections, best first: a DataFrame with columns id, rank, label."""
        return pd.DataFrame(
            [[mark["id"], mark["rank"], mark["label"]] for mark in self._marks],
            columns=["id", "rank", "label"],
        )

    @candidates.setter
    def candidates(self, candidates):
        self.mark(candidates)

    def mark(self, candidates, labels=None):
        """Mark detections, best first: their boxes get their rank, and a card each below the
        picture.

        Parameters
        ----------
        candidates : list of str, DataFrame or None
            Detection ids; or columns `id` (or `target`, as in files of matches), perhaps `label`,
            `rank` (by default from 1 on; where each camera has ranks of its own, the cards are
            grouped by camera) and `weak` (only a possibility, drawn paler). None marks nothing.
        labels : list of str, optional
            A few words for each, such as a distance.

        Raises
        ------
        ValueError
            If one is no detection of the frames shown, or there are not as many labels as
            candidates.
        """
        ranks = weak = None
        if isinstance(candidates, pd.DataFrame):
            column = next((name for name in ("id", "target") if name in candidates), None)
            if column is None:
                raise ValueError(
                    f"candidates have columns {list(candidates.columns)}; expected 'id' or 'target'"
                )
            labels = candidates["label"] if labels is None and "label" in candidates else labels
            ranks, weak = candidates.get("rank"), candidates.get("weak")
            candidates = candidates[column].tolist()
        ids = [candidates] if isinstance(candidates, str) else list(candidates or [])
        labels = [""] * len(ids) if labels is None else [str(label) for label in labels]
        if len(labels) != len(ids):
            raise ValueError(f"{len(labels)} labels for {len(ids)} candidates; give one for each")
        ranks = range(1, len(ids) + 1) if ranks is None else ranks
        weak = [False] * len(ids) if weak is None else weak
        self._marks = [
            self._mark(self._row(name), *about)
            for name, *about in zip(ids, ranks, labels, weak, strict=True)
        ]

    def show(self, target):
        """Go to a frame, to a detection's frame, or to a camera; `target` is the id of one of
        these.

        Raises
        ------
        ValueError
            If it is none of the frames, detections and cameras shown.
        """
        if target in self._cameras:
            now = self._frames[self.camera].time.iloc[self._at[1]]
            k = int(self._frames[target].time.searchsorted(now, side="right")) - 1
            self._at = [self._cameras.index(target), max(k, 0)]
            return
        if target in self.detections.index:
            target = self.detections.frame[target]
        if target not in self._place:
            raise ValueError(
                f"{target!r} is no camera, frame or detection that is shown here; see .cameras and"
                " .detections"
            )
        self._at = list(self._place[target])

    def still(self):
        """The bytes of a JPEG that shows what this widget shows, for where it cannot run."""
        ranks = {mark["id"]: mark for mark in self._marks}
        shown = dict.fromkeys(self._cameras if self.together else [self.camera])
        for name in [*reversed(list(ranks)), *([self.picked] if self.picked else [])]:
            shown[self.detections.camera[name]] = self.detections.frame[name]
        shots = []
        for camera in [camera for camera in self._cameras if camera in shown]:
            frame = (
                shown[camera]
                or self._frames[camera].id.iloc[self._at[1] if camera == self.camera else 0]
            )
            rows = self.detections.iloc[self._rows_of.get(frame, []) if self.boxes else []]
            boxes = [self._draw(row, ranks.get(row.id)) for row in rows.itertuples()]
            moment = self._frames[camera].time[self._place[frame][1]]
            shots.append((self._image(frame), f"{self._name(camera)}, {moment:%H:%M:%S}", boxes))
        return encode_still(shots)

    def _ipython_display_(self):
        words = f"Clickable camera: {', '.join(self._name(camera) for camera in self._cameras)}"
        if self.picked:
            words += f". Picked: {self.picked}, with {len(self._marks)} candidates"
        shown = display_cameras if self._on_pick else display_with_still
        shown(self, picture_html(self.still(), words), words)

    @traitlets.validate("picked")
    def _known(self, proposal):
        if proposal.value is not None:
            self._row(proposal.value)
        return proposal.value

    def _row(self, name):
        if name not in self.detections.index:
            raise ValueError(f"{name!r} is no detection in the frames shown; see .detections")
        return self.detections.loc[name]

    def _name(self, camera):
        place = place_of(camera)
        return place.name if place else camera

    def _describe(self, camera):
        """What the browser needs to know about a camera beforehand."""
        place = place_of(camera)
        seconds = (self._frames[camera].time - self._begin).dt.total_seconds()
        return {
            "id": camera,
            "name": self._name(camera),
            "km": place and place.km,
            "facing": place and place.facing,
            "times": seconds.astype(int).tolist(),
        }

    def _mark(self, row, rank, label, weak):
        camera, k = self._place[row.frame]
        mark = {"id": row.id, "rank": int(rank), "label": label, "weak": bool(weak)}
        return mark | {"camera": camera, "k": k, "box": [int(row[c]) for c in BOX]}

    def _draw(self, row, mark):
        box = row.x1, row.y1, row.x2, row.y2
        if row.id == self.picked:
            return *box, "picked", "picked"
        return (*box, "candidate", str(mark["rank"])) if mark else (*box, "vehicle", "")

    def _image(self, frame):
        try:
            return self._dataset.image(frame)
        except ValueError:
            return np.full((240, 352, 3), 128, np.uint8)

    def _answer(self, _, message, buffers):
        """Serve a message from the browser."""
        if message.get("kind") == "need":
            self._send_chunk(message["camera"], message["chunk"])
        elif message.get("kind") == "marks":
            self._tell()
        elif message.get("kind") == "pick":
            begin = time.perf_counter()
            self._pick(message["id"])
            answer = {"kind": "answer", "number": message["number"]}
            answer["seconds"] = time.perf_counter() - begin
            answer["error"] = f"{type(self.error).__name__}: {self.error}" if self.error else None
            self.send(answer)

    def _pick(self, name):
        self.error = None
        try:
            self._holding = True  # one message to the browser for all that changes
            self.picked = name
            candidates = None
            if name is not None and self._on_pick:
                candidates = self._on_pick(self._row(name))
            if name is None or candidates is not None:
                self.mark(candidates)
        except Exception as error:  # an exception in a message's handler would be seen by nobody
            self.error = error
        finally:
            self._holding = False
            self._tell()

    def _tell(self, _=None):
        """Send what is picked and marked, and the frames of what is marked."""
        if self._holding:
            return
        frames = list(dict.fromkeys((mark["camera"], mark["k"]) for mark in self._marks))
        files = [self._jpeg(self._frames[self._cameras[one]].id.iloc[k]) for one, k in frames]
        message = {"kind": "marks", "picked": self.picked, "marks": self._marks, "frames": frames}
        self.send(message, files)

    def _jpeg(self, frame):
        """A frame's file as it is stored; empty if that is damaged."""
        try:
            return self._dataset.jpeg(frame)
        except (ValueError, OSError):
            return b""

    def _send_chunk(self, camera, chunk):
        """Send a camera's frames of one minute: boxes, and the JPEG files as they are stored."""
        frames = self._frames[self._cameras[camera]]
        seconds = np.asarray(self._index["cameras"][camera]["times"])
        inside = np.flatnonzero(seconds // _CHUNK == chunk)
        boxes, jpegs = [], []
        for k in inside:
            rows = self.detections.iloc[self._rows_of.get(frames.id[k], [])]
            corners = rows[BOX].to_numpy().astype(int).tolist()
            facts = zip(rows.id, rows.type, rows.percent.astype(float), corners, strict=True)
            boxes.append([[*row, *box] for *row, box in facts])
            jpegs.append(self._jpeg(frames.id[k]))
        first = int(inside[0]) if len(inside) else 0
        self.send(
            {"kind": "chunk", "camera": camera, "chunk": chunk, "first": first, "boxes": boxes},
            jpegs,
        )
