"""The original's detector: RetinaNet as keras-retinanet saved it in 2018, run by TensorFlow.

It was never tried on the original weight file, only on files of the same layout that the tests
make. A ``.h5`` file of Keras can hold code. So the network is built here, and only arrays are taken
from the file, by name and after a look at their shapes. Names, anchors and filtering are
keras-retinanet's and keras-resnet's (fizyr, broadinstitute), input and defaults those of ImageAI 2,
which the original ran.

Source: T.-Y. Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cctview.tensorflow_setup import import_tensorflow
from cctview.weights import check_published

if TYPE_CHECKING:
    import h5py

_CLASSES = 80
_LONGEST_SIDE = 1333  # px
_CLASS_OVERLAP = 0.5  # IoU from which the weaker of two boxes of one class is dropped
_MOST_FOUND = 300
_STRIDES = (8, 16, 32, 64, 128)
_BLOCKS = {2: "abc", 3: "abcd", 4: "abcdef", 5: "abc"}
_BGR_MEAN = np.array([103.939, 116.779, 123.68], np.float32)
_DEVIATION = 0.2


class RetinaNetH5:
    """RetinaNet with a ResNet-50 backbone, from a keras-retinanet ``.h5`` file.

    It scales an image's shorter side to `shortest_side` pixels, unless the longer one would pass
    1,333. It raises FileNotFoundError if there is no such file, ValueError if it is damaged or of
    another network, ImportError if TensorFlow is not installed.
    """

    def __init__(self, path: Path, shortest_side: int = 800):
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no such weight file")
        check_published(path)
        tensorflow, keras = import_tensorflow()
        arrays, padded = _read(path)
        self._shortest_side = shortest_side
        self._network = _build(tensorflow, keras, padded)
        for variable in self._network.weights:
            key = tuple(variable.name.removesuffix(":0").split("/"))
            variable.assign(_fitting(arrays, key, tuple(variable.shape), path))
        self._forward = tensorflow.function(self._network, reduce_retracing=True)

    def detect(
        self, image: np.ndarray, minimum_score: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Detect objects in an RGB image, (H, W, 3) uint8, of a score in 0–1 or more.

        Returns boxes (n, 4) in pixels, scores (n,) from the highest down, and classes (n,), the
        index among COCO's 80.
        """
        import cv2
        import torch
        from torchvision.ops import batched_nms

        height, width = image.shape[:2]
        scale = min(self._shortest_side / min(height, width), _LONGEST_SIDE / max(height, width))
        scaled = cv2.resize(image[:, :, ::-1] - _BGR_MEAN, None, fx=scale, fy=scale)
        regression, scores = (output.numpy()[0] for output in self._forward(scaled[None]))
        boxes = _decode(_anchors(*scaled.shape[:2]), regression).clip(
            0, np.array([*scaled.shape[1::-1]] * 2) - 1
        )
        place, kind = np.nonzero(scores > minimum_score)
        found, strength = boxes[place].astype(np.float32), scores[place, kind]
        tensors = (torch.from_numpy(array) for array in (found, strength, kind))
        kept = batched_nms(*tensors, _CLASS_OVERLAP).numpy()[:_MOST_FOUND]
        return found[kept] / np.float32(scale), strength[kept], kind[kept]


def _anchors(height: int, width: int) -> np.ndarray:
    """RetinaNet's boxes to start from, (n, 4) px: nine at each place of each level, in its order.

    >>> boxes = _anchors(64, 96)
    >>> boxes.shape, boxes[1].round(1).tolist()
    ((1161, 4), [-24.5, -10.3, 32.5, 18.3])
    """
    levels = []
    for stride in _STRIDES:
        side = 4 * stride * 2 ** (np.arange(3) / 3)
        ratio = np.repeat([0.5, 1, 2], 3)
        half_width = np.tile(side, 3) / np.sqrt(ratio) / 2
        shapes = np.stack(
            [-half_width, -half_width * ratio, half_width, half_width * ratio], axis=1
        )
        centres = ((np.arange(-(-size // stride)) + 0.5) * stride for size in (width, height))
        x, y = np.meshgrid(*centres)
        places = np.stack([x, y, x, y], axis=-1)
        levels.append((places[:, :, None] + shapes).reshape(-1, 4))
    return np.concatenate(levels)


def _decode(boxes: np.ndarray, regression: np.ndarray) -> np.ndarray:
    """Move each corner of the anchors (n, 4) by the output (n, 4), in fifths of their size."""
    size = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    return boxes + _DEVIATION * regression * size


def _read(path: Path) -> tuple[dict[tuple[str, str], "h5py.Dataset"], bool]:
    """The arrays by layer and kind; whether a layer of its own pads conv1's input, as in 2018."""
    import h5py

    arrays = {}

    def note(name: str, item) -> None:
        if isinstance(item, h5py.Dataset) and item.external is None and not item.is_virtual:
            *_, layer, kind = ["", *name.split("/")]
            arrays[layer, kind.removesuffix(":0")] = item

    try:
        file = h5py.File(path, "r")
        root = file.get("model_weights", file)
        root.visititems(note)
        return arrays, "padding_conv1" in root
    except Exception as error:  # of any kind, where a file is damaged
        raise ValueError(
            f"{path}: cannot be read as a Keras .h5 file ({error}); fetch or copy it again"
        ) from None


def _fitting(arrays: dict, key: tuple[str, str], shape: tuple[int, ...], path: Path) -> np.ndarray:
    name, found = "/".join(key), arrays.get(key)
    if found is None:
        raise ValueError(
            f"{path}: no array {name} in it; expected a RetinaNet of keras-retinanet with ResNet-50"
        )
    try:
        kind, size = found.dtype, found.shape
        array = found[()] if size == shape and kind.kind == "f" else None
    except Exception as error:  # as above
        raise ValueError(
            f"{path}: {name} is damaged ({error}); fetch or copy the file again"
        ) from None
    if array is None:
        raise ValueError(f"{path}: {name} is {kind} {size}, and float {shape} is expected")
    if not np.isfinite(array).all():
        raise ValueError(
            f"{path}: {name} holds numbers that are not finite; fetch or copy the file again"
        )
    return array


def _build(tensorflow, keras, padded: bool):
    """The network: images (1, h, w, 3) to regression (1, n, 4) and class scores (1, n, 80)."""
    layers = keras.layers
    inputs = keras.Input((None, None, 3))
    x = layers.ZeroPadding2D(3, name="padding_conv1")(inputs) if padded else inputs
    x = layers.Conv2D(
        64, 7, strides=2, padding="valid" if padded else "same", use_bias=False, name="conv1"
    )(x)
    x = layers.ReLU()(layers.BatchNormalization(epsilon=1e-5, name="bn_conv1")(x))
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    stages = {}
    for stage, blocks in _BLOCKS.items():
        for block in blocks:
            stride = 2 if block == "a" and stage > 2 else 1
            x = _bottleneck(layers, x, 16 * 2**stage, f"{stage}{block}", stride)
        stages[stage] = x
    pyramid = _pyramid(tensorflow, layers, stages)
    outputs = []
    heads = ("regression", 4, None), ("classification", _CLASSES, "sigmoid")
    for head, size, activation in heads:
        name = f"pyramid_{head}"
        steps = [
            layers.Conv2D(256, 3, padding="same", activation="relu", name=f"{name}_{k}")
            for k in range(4)
        ]
        steps += [
            layers.Conv2D(9 * size, 3, padding="same", activation=activation, name=name),
            layers.Reshape((-1, size)),
        ]
        levels = []
        for x in pyramid:
            for step in steps:
                x = step(x)
            levels.append(x)
        outputs.append(layers.Concatenate(axis=1)(levels))
    return keras.Model(inputs, outputs)


def _bottleneck(layers, x, filters: int, name: str, stride: int):
    """A residual block of ResNet-50, whose first convolution takes the stride."""

    def convolution(x, filters: int, branch: str, size: int = 1, stride: int = 1):
        how = {"strides": stride, "padding": "same", "use_bias": False}
        x = layers.Conv2D(filters, size, name=f"res{name}_{branch}", **how)(x)
        return layers.BatchNormalization(epsilon=1e-5, name=f"bn{name}_{branch}")(x)

    y = layers.ReLU()(convolution(x, filters, "branch2a", stride=stride))
    y = layers.ReLU()(convolution(y, filters, "branch2b", size=3))
    y = convolution(y, 4 * filters, "branch2c")
    shortcut = convolution(x, 4 * filters, "branch1", stride=stride) if name.endswith("a") else x
    return layers.ReLU()(layers.Add()([y, shortcut]))


def _pyramid(tensorflow, layers, stages: dict) -> list:
    """The feature pyramid's levels P3 to P7."""

    def to_size_of(pair):
        return tensorflow.raw_ops.ResizeNearestNeighbor(
            images=pair[0], size=tensorflow.shape(pair[1])[1:3]
        )

    merged = layers.Conv2D(256, 1, name="C5_reduced")(stages[5])
    levels = [layers.Conv2D(256, 3, padding="same", name="P5")(merged)]
    for stage in (4, 3):
        reduced = layers.Conv2D(256, 1, name=f"C{stage}_reduced")(stages[stage])
        merged = layers.Add()([layers.Lambda(to_size_of)([merged, stages[stage]]), reduced])
        levels.insert(0, layers.Conv2D(256, 3, padding="same", name=f"P{stage}")(merged))
    p6 = layers.Conv2D(256, 3, strides=2, padding="same", name="P6")(stages[5])
    p7 = layers.Conv2D(256, 3, strides=2, padding="same", name="P7")(layers.ReLU()(p6))
    return [*levels, p6, p7]
