"""Object detectors behind one interface: ImageAI 3's three, and the original's RetinaNet.

ImageAI's `ObjectDetection` drops every object under 50 % before it looks at the wanted minimum, and
reports YOLO's class score alone. So this module uses its parts, the YOLO networks, `prepare_image`
and `get_predictions`; for RetinaNet torchvision's network, which is ImageAI's too. A YOLO
probability here is objectness × class score, as the YOLO papers define it.

Types reported are `cctview.dataset.ids.TYPES`. COCO's "motorbike" is called motorcycle, as in the
original's files. Our own weights were trained on labels that know no truck: pickups and vans are
cars there, larger vehicles are buses.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from cctview import weights as weight_files
from cctview.dataset import BOX, TYPES, read_image
from cctview.detect.suppression import non_max_suppression, vote

DETECTOR_WEIGHTS = "tiny-yolov3-traffic.pt"
"""The detector in `models/`."""

TINY_YOLO_ANCHORS = [10, 14, 23, 27, 37, 58, 81, 82, 135, 169, 344, 319]
YOLO_ANCHORS = [10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 116, 90, 156, 198, 373, 326]
_SHORTEST, _LONGEST = 8, 50  # px of a side, and times the other: what networks can scale
_YOLO_SIDE = 416  # px, to which ImageAI's networks scale the frame's longer side
_VOTER = 0.1  # a box of a lower score has no say in where a surer one lies


@cache
def coco_classes() -> tuple[str, ...]:
    """The 80 classes in ImageAI's order, with motorbike called motorcycle."""
    from importlib.resources import files

    names = (files("imageai") / "Detection" / "coco_classes.txt").read_text().split("\n")
    return tuple(
        "motorcycle" if name == "motorbike" else name.strip() for name in names if name.strip()
    )


class Detector:
    """Find vehicles and persons in a frame.

    Parameters
    ----------
    weights : str or Path, optional
        A PyTorch state dict of ImageAI's TinyYOLOv3, YOLOv3 or RetinaNet (its tensors say which),
        or a ``.h5`` file of the original's RetinaNet. Without it, our own TinyYOLOv3 of `models/`.
    minimum_percent : float
        Objects of a lower probability, in per cent, are left out.
    shortest_side : int
        Pixels to which RetinaNet scales the shorter side; ImageAI's 800 costs ten times what 240
        does.

    Attributes
    ----------
    model : str
        The weight file's name.
    architecture : str
        A key of `ARCHITECTURES`, or "retinanet-h5".

    Raises
    ------
    FileNotFoundError, ValueError
        If the weight file is missing, damaged or of another network.
    ImportError
        If the weights are a ``.h5`` file and TensorFlow is not installed.
    """

    def __init__(
        self,
        weights: str | Path | None = None,
        minimum_percent: float = 25,
        shortest_side: int = 800,
    ):
        if not 0 < minimum_percent <= 100:
            raise ValueError(
                f"minimum_percent is {minimum_percent}, and should be over 0 and at most 100"
            )
        path = Path(weights) if weights else weight_files.find(DETECTOR_WEIGHTS)
        self.model = path.name
        self.minimum_percent = minimum_percent
        if path.suffix == ".h5":
            from cctview.detect.keras_retinanet import RetinaNetH5

            self.architecture = "retinanet-h5"
            self._network: Any = RetinaNetH5(path, shortest_side)
            self._find: Callable = Detector._retinanet_h5
            return
        state = weight_files.load_state(path)
        self.architecture = _architecture(state, path)
        build, self._find = ARCHITECTURES[self.architecture][1:]
        self._network = build(minimum_percent / 100, shortest_side)
        weight_files.load_into(self._network, path, state)
        self._network.eval()

    def detect(self, image: np.ndarray | str | Path) -> pd.DataFrame:
        """Detect objects in one frame.

        Parameters
        ----------
        image : ndarray of uint8, shape (H, W, 3), or path
            RGB.

        Returns
        -------
        DataFrame
            Columns type, percent (0–100), x1, y1, x2, y2 (whole pixels inside the frame); from the
            top of the frame down.

        Raises
        ------
        ValueError
            If the array has another shape or type, is a mere strip, or the file is no picture.
        """
        if isinstance(image, (str, Path)):
            image = read_image(Path(image).read_bytes(), str(image))
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
            raise ValueError(
                f"expected a uint8 image of shape (H, W, 3), not {image.dtype} {image.shape}"
            )
        sides = sorted(image.shape[:2])
        if sides[0] < _SHORTEST or sides[1] > _LONGEST * sides[0]:
            raise ValueError(
                f"{image.shape[1]}x{image.shape[0]} pixels, a mere strip; a frame has"
                f" {_SHORTEST} at least, and a side at most {_LONGEST} times the other"
            )
        boxes, scores, types = self._find(self, image)
        return self._clean(boxes, scores, types, image.shape)

    def _yolo(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[str]]:
        import torch
        from imageai.yolov3.utils import get_predictions, prepare_image

        names, side = coco_classes(), _YOLO_SIDE
        picture = prepare_image(np.ascontiguousarray(image[:, :, ::-1]), (side, side))
        with torch.inference_mode():
            every = self._network(picture)
            found = get_predictions(every, len(names), self.minimum_percent / 100)
        if found is None:
            return np.empty((0, 4)), np.empty(0), []
        found = found.numpy()
        height, width = image.shape[:2]
        scale = min(side / width, side / height)
        border = (side - scale * np.array([width, height] * 2)) / 2
        boxes = (_voted(found[:, 1:5], every[0].numpy()) - border) / scale
        return boxes, found[:, 5] * found[:, 6], [names[int(k)] for k in found[:, 7]]

    def _retinanet(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[str]]:
        import torch
        from torchvision.models.detection import RetinaNet_ResNet50_FPN_Weights

        names = RetinaNet_ResNet50_FPN_Weights.COCO_V1.meta["categories"]
        with torch.inference_mode():
            found = self._network([torch.from_numpy(image.copy()).permute(2, 0, 1) / 255])[0]
        types = [names[int(k)] for k in found["labels"]]
        return found["boxes"].numpy(), found["scores"].numpy(), types

    def _retinanet_h5(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[str]]:
        boxes, scores, kinds = self._network.detect(image, self.minimum_percent / 100)
        return boxes, scores, [coco_classes()[k] for k in kinds]

    def _clean(
        self, boxes: np.ndarray, scores: np.ndarray, types: list[str], shape: tuple[int, ...]
    ) -> pd.DataFrame:
        height, width = shape[:2]
        boxes = np.round(boxes).clip(0, [width, height, width, height]).astype(np.int64)
        table = pd.DataFrame({"type": types, "percent": 100 * scores.astype(np.float64)})
        table[BOX] = boxes
        table = table[
            table.type.isin(TYPES)
            & (table.percent >= self.minimum_percent)
            & (table.x2 > table.x1)
            & (table.y2 > table.y1)
        ]
        kept = non_max_suppression(table[BOX].to_numpy(), table.percent.to_numpy())
        return table.iloc[kept].sort_values(["y1", "x1"], kind="stable", ignore_index=True)


def _voted(boxes, every):
    """What YOLO keeps, placed by all that it found (`every`: centre, size, objectness, classes)."""
    scores = every[:, 4] * every[:, 5:].max(axis=1)
    sure = scores >= _VOTER
    middle, half = every[sure, :2], every[sure, 2:4] / 2
    return vote(boxes, np.hstack([middle - half, middle + half]), scores[sure])


class Architecture(NamedTuple):
    """A network, and how it is told from the others.

    Attributes
    ----------
    tensor : str
        How a name in its state dict begins that those further down in `ARCHITECTURES` do not have.
    build : callable
        ``build(minimum_score, shortest_side)`` makes the ``torch.nn.Module``.
    find : callable
        ``find(detector, image)`` runs ``detector._network`` on an image, uint8 (H, W, 3). It
        returns boxes (n, 4) in pixels, scores (n,) from 0 to 1, and n types; weak boxes, duplicates
        and other types are dropped afterwards.
    """

    tensor: str
    build: Callable
    find: Callable


def _architecture(state: dict, path: Path) -> str:
    for name, architecture in ARCHITECTURES.items():
        if any(key.startswith(architecture.tensor) for key in state):
            return name
    raise ValueError(
        f"{path}: these are no weights of a detector that is known here; give those of"
        f" {', '.join(ARCHITECTURES)}"
    )


def _build_retinanet(minimum_score: float, shortest_side: int):
    from torchvision.models.detection import retinanet_resnet50_fpn

    settings = {"score_thresh": minimum_score, "min_size": shortest_side}
    return retinanet_resnet50_fpn(weights=None, weights_backbone=None, num_classes=91, **settings)


def _build_yolo(minimum_score: float, shortest_side: int):
    from imageai.yolov3.yolov3 import YoloV3

    return YoloV3(YOLO_ANCHORS, len(coco_classes()))


def _build_tiny_yolo(minimum_score: float, shortest_side: int):
    from imageai.yolov3.tiny_yolov3 import YoloV3Tiny

    return YoloV3Tiny(TINY_YOLO_ANCHORS, len(coco_classes()))


ARCHITECTURES = {
    "retinanet": Architecture("backbone.", _build_retinanet, Detector._retinanet),
    "yolov3": Architecture("conv75.conv.weight", _build_yolo, Detector._yolo),
    "tiny-yolov3": Architecture("conv13.conv.weight", _build_tiny_yolo, Detector._yolo),
}
"""By name, in the order in which they are asked whether a state dict is theirs."""
