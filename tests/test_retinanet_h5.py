"""The historic RetinaNet on random weights, against the same network written again in plain
PyTorch.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cctview import tensorflow_setup
from cctview.dataset.boxes import BOX
from cctview.detect.detector import Detector, coco_classes
from tests.scenes import picture, write_scene

h5py = pytest.importorskip("h5py")
if importlib.util.find_spec("tensorflow") is None:  # not imported here: PyTorch comes first
    pytest.skip("TensorFlow is not installed", allow_module_level=True)

SUBMODELS = {"pyramid_r": "regression_submodel", "pyramid_c": "classification_submodel"}


class RandomArrays(dict):
    """Arrays by layer and kind, drawn when they are first asked for."""

    def __init__(self, seed: int):
        self.random = np.random.default_rng(seed)

    def draw(self, layer: str, kind: str, *shape: int) -> torch.Tensor:
        if (layer, kind) not in self:
            if kind == "kernel":
                last = layer in ("pyramid_regression", "pyramid_classification")
                gain = (
                    0.01 if layer == "conv1" else 0.3 if last or layer.endswith("branch2c") else 1
                )
                values = self.random.normal(size=shape) * np.sqrt(2 / np.prod(shape[:3])) * gain
            elif kind in ("gamma", "moving_variance"):
                values = self.random.uniform(0.5, 1, shape)
            else:
                values = self.random.normal(size=shape) * 0.1
            self[layer, kind] = values.astype(np.float32)
        return torch.from_numpy(self[layer, kind])


def same(x: torch.Tensor, size: int, stride: int, value: float = 0) -> torch.Tensor:
    """Pad as TensorFlow's "same": the odd pixel goes to the right and the bottom."""
    edges = []
    for length in (x.shape[3], x.shape[2]):
        total = max((-(-length // stride) - 1) * stride + size - length, 0)
        edges += [total // 2, total - total // 2]
    return F.pad(x, edges, value=value)


class Reference:
    """keras-retinanet's ResNet-50 RetinaNet, from its papers and its layers' names."""

    def __init__(self, arrays: RandomArrays, padded: bool):
        self.arrays, self.padded = arrays, padded

    def convolution(self, x, name, filters, size=1, stride=1, bias=True, pad=True):
        kernel = self.arrays.draw(name, "kernel", size, size, x.shape[1], filters).permute(
            3, 2, 0, 1
        )
        x = same(x, size, stride) if pad else x
        return F.conv2d(
            x, kernel, self.arrays.draw(name, "bias", filters) if bias else None, stride
        )

    def normed(self, x, suffix, filters, size=1, stride=1, relu=True):
        x = self.convolution(x, f"res{suffix}", filters, size, stride, bias=False)
        return self.norm(x, f"bn{suffix}", relu)

    def norm(self, x, name, relu=True):
        mean, variance, scale, shift = (
            self.arrays.draw(name, kind, x.shape[1])
            for kind in ("moving_mean", "moving_variance", "gamma", "beta")
        )
        x = F.batch_norm(x, mean, variance, scale, shift, eps=1e-5)
        return x.relu() if relu else x

    def stem(self, x):
        if self.padded:
            x = self.convolution(F.pad(x, [3] * 4), "conv1", 64, 7, 2, bias=False, pad=False)
        else:
            x = self.convolution(x, "conv1", 64, 7, 2, bias=False)
        return F.max_pool2d(same(self.norm(x, "bn_conv1"), 3, 2, value=-torch.inf), 3, 2)

    def stages(self, x):
        found = []
        for stage, (filters, blocks) in enumerate([(64, 3), (128, 4), (256, 6), (512, 3)], start=2):
            for k in range(blocks):
                name, stride = f"{stage}{'abcdef'[k]}_branch", 2 if k == 0 and stage > 2 else 1
                y = self.normed(x, name + "2a", filters, 1, stride)
                y = self.normed(
                    self.normed(y, name + "2b", filters, 3), name + "2c", 4 * filters, relu=False
                )
                x = (
                    y
                    + (
                        self.normed(x, name + "1", 4 * filters, 1, stride, relu=False)
                        if k == 0
                        else x
                    )
                ).relu()
            found.append(x)
        return found[1:]

    def __call__(self, x):
        c3, c4, c5 = self.stages(self.stem(x))
        m5 = self.convolution(c5, "C5_reduced", 256)
        m4 = F.interpolate(m5, c4.shape[2:]) + self.convolution(c4, "C4_reduced", 256)
        m3 = F.interpolate(m4, c3.shape[2:]) + self.convolution(c3, "C3_reduced", 256)
        p6 = self.convolution(c5, "P6", 256, 3, 2)
        levels = [self.convolution(m, f"P{k}", 256, 3) for k, m in ((3, m3), (4, m4), (5, m5))]
        levels += [p6, self.convolution(p6.relu(), "P7", 256, 3, 2)]
        boxes, scores = [], []
        for level, x in enumerate(levels):
            r = c = x
            for k in range(4):
                r = self.convolution(r, f"pyramid_regression_{k}", 256, 3).relu()
                c = self.convolution(c, f"pyramid_classification_{k}", 256, 3).relu()
            r = self.convolution(r, "pyramid_regression", 36, 3)[0].permute(1, 2, 0)
            c = self.convolution(c, "pyramid_classification", 720, 3)[0].permute(1, 2, 0)
            boxes.append(self.boxes(r.reshape(*r.shape[:2], 9, 4).numpy(), 8 * 2**level))
            scores.append(c.sigmoid().reshape(-1, 80).numpy())
        return np.concatenate(boxes), np.concatenate(scores)

    @staticmethod
    def boxes(moves, stride):
        rows = []
        for i, j, k in np.ndindex(moves.shape[:3]):
            area, ratio = (4 * stride * 2 ** (k % 3 / 3)) ** 2, (0.5, 1, 2)[k // 3]
            width, height = np.sqrt(area / ratio), np.sqrt(area * ratio)
            x, y, (a, b, c, d) = (j + 0.5) * stride, (i + 0.5) * stride, 0.2 * moves[i, j, k]
            rows.append(
                [
                    x + (a - 0.5) * width,
                    y + (b - 0.5) * height,
                    x + (c + 0.5) * width,
                    y + (d + 0.5) * height,
                ]
            )
        return np.array(rows)


def write_h5(path: Path, arrays: RandomArrays, padded: bool) -> Path:
    """As Keras 2 saves a model: every layer is a group, a model inside the model holds its layers'
    groups.
    """
    with h5py.File(path, "w") as file:
        if padded:
            file.create_group("model_weights/padding_conv1")
        for (layer, kind), values in arrays.items():
            file[f"model_weights/{SUBMODELS.get(layer[:9], layer)}/{layer}/{kind}:0"] = values
    return path


IMAGE = picture(5, 70, 101)
SIDE = 140  # exactly twice the image, so that the reference needs no rule for a last pixel


@pytest.fixture(scope="module", params=[True, False], ids=["padding of 2018", "padding of 2020"])
def case(request, tmp_path_factory):
    """A weight file, and the boxes and scores that the reference computes with it for `IMAGE`."""
    import cv2

    arrays = RandomArrays(4)
    bgr = cv2.cvtColor(IMAGE, cv2.COLOR_RGB2BGR).astype(np.float32) - np.float32(
        [103.939, 116.779, 123.68]
    )
    x = torch.from_numpy(cv2.resize(bgr, (202, SIDE))).permute(2, 0, 1)[None]
    with torch.inference_mode():
        boxes, scores = Reference(arrays, request.param)(x)
    path = write_h5(tmp_path_factory.mktemp("h5") / "random.h5", arrays, request.param)
    return path, boxes, scores


def test_the_networks_outputs_are_the_references(case):
    """Boxes and scores of every anchor and class, before anything is filtered."""
    from cctview.detect.keras_retinanet import RetinaNetH5, _anchors, _decode

    path, boxes, scores = case
    network = RetinaNetH5(path, SIDE)
    import cv2

    bgr = IMAGE[:, :, ::-1] - np.float32([103.939, 116.779, 123.68])
    regression, found = (
        output.numpy()[0] for output in network._forward(cv2.resize(bgr, (202, SIDE))[None])
    )
    assert np.ptp(scores) > 0.3
    np.testing.assert_allclose(found, scores, atol=2e-4)
    np.testing.assert_allclose(_decode(_anchors(SIDE, 202), regression), boxes, atol=0.05)


def test_detections_are_the_references_best(case):
    from torchvision.ops import box_iou

    path, boxes, scores = case
    detector = Detector(
        path, minimum_percent=float(100 * np.quantile(scores, 0.999)), shortest_side=SIDE
    )
    network, minimum = detector._network, detector.minimum_percent / 100
    found, strength, kinds = network.detect(IMAGE, minimum)
    inside = boxes.clip(0, [201, 139, 201, 139]) / 2
    assert detector.architecture == "retinanet-h5"
    assert 5 < len(found) <= 300
    assert (np.diff(strength) <= 0).all()
    assert strength[-1] > minimum
    for box, score, kind in zip(found, strength, kinds):
        same_class = np.abs(scores[:, kind] - score) < 2e-4
        assert np.abs(inside[same_class] - box).max(axis=1).min() < 0.05, (
            "a box and score that the reference has"
        )
    for kind in set(kinds):
        own = torch.from_numpy(found[kinds == kind])
        assert torch.triu(box_iou(own, own), 1).nan_to_num().max() <= 0.5 + 1e-6
    best = scores.max(axis=0).argmax()
    assert kinds[0] == best
    assert strength[0] == pytest.approx(scores.max(), abs=2e-4)


def test_the_detector_reports_them_as_every_other_does(case):
    path, _, scores = case
    car = scores[:, coco_classes().index("car")]
    table = Detector(
        path, minimum_percent=float(100 * np.quantile(car, 0.9)), shortest_side=SIDE
    ).detect(IMAGE)
    assert len(table)
    assert list(table.columns) == ["type", "percent", *BOX]
    assert (table.x2 <= 101).all()
    assert (table.y2 <= 70).all()


def small_h5(path: Path, **arrays) -> Path:
    with h5py.File(path, "w") as file:
        for name, values in arrays.items():
            file[f"model_weights/{name}/{name}/kernel:0"] = values
    return path


def test_a_file_of_another_network_is_refused(tmp_path):
    with pytest.raises(
        ValueError, match="other.h5: no array conv1/kernel in it; expected a RetinaNet"
    ):
        Detector(small_h5(tmp_path / "other.h5", dense=np.zeros((2, 2), np.float32)))


@pytest.mark.parametrize(
    "kernel", [np.zeros((7, 7, 3, 32), np.float32), np.zeros((7, 7, 3, 64), np.int32)]
)
def test_an_array_of_another_shape_or_type_is_refused(tmp_path, kernel):
    with pytest.raises(
        ValueError, match=r"other.h5: conv1/kernel is .* float \(7, 7, 3, 64\) is expected"
    ):
        Detector(small_h5(tmp_path / "other.h5", conv1=kernel))


def test_numbers_that_are_not_finite_are_refused(tmp_path):
    with pytest.raises(
        ValueError, match="other.h5: conv1/kernel holds numbers that are not finite"
    ):
        Detector(small_h5(tmp_path / "other.h5", conv1=np.full((7, 7, 3, 64), np.nan, np.float32)))


def test_arrays_are_never_taken_from_another_file(tmp_path):
    """HDF5 can point at other files; such an array counts as missing."""
    kernel = np.zeros((7, 7, 3, 64), np.float32)
    (tmp_path / "raw").write_bytes(kernel.tobytes())
    with h5py.File(tmp_path / "pointing.h5", "w") as file:
        group = file.create_group("model_weights/conv1/conv1")
        group.create_dataset("kernel:0", kernel.shape, "f4", external=str(tmp_path / "raw"))
    with pytest.raises(ValueError, match="pointing.h5: no array conv1/kernel"):
        Detector(tmp_path / "pointing.h5")


@pytest.mark.parametrize("content", [b"", b"no HDF5", b"\x89HDF\r\n\x1a\n" + bytes(100)])
def test_a_damaged_file_is_named(tmp_path, content):
    (tmp_path / "bad.h5").write_bytes(content)
    with pytest.raises(ValueError, match="bad.h5: cannot be read as a Keras .h5 file"):
        Detector(tmp_path / "bad.h5")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="none.h5: no such weight file"):
        Detector(tmp_path / "none.h5")


def test_a_file_that_only_bears_the_originals_name_is_refused(tmp_path):
    with pytest.raises(
        ValueError,
        match="2.0.1.h5: .* the published file has 152,661,008; get it with `cctview fetch",
    ):
        Detector(small_h5(tmp_path / "resnet50_coco_best_v2.0.1.h5"))


def test_without_tensorflow_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(tensorflow_setup.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        ImportError,
        match=r"tensorflow and tf_keras not installed; run: pip install tensorflow==.* tf-keras==",
    ):
        tensorflow_setup.import_tensorflow()


def test_on_a_python_without_tensorflow_the_error_says_which_has_it(monkeypatch):
    monkeypatch.setattr(tensorflow_setup.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "version_info", (3, 14, 0))
    with pytest.raises(ImportError, match=r"not made for this Python; use Python 3.13"):
        tensorflow_setup.import_tensorflow()


def test_tensorflow_comes_quietly_and_pytorch_after_it():
    """In a fresh process: TensorFlow's own messages, and a crash of PyTorch's CUDA builds if loaded
    after it, stay away.
    """
    code = (
        "from cctview.tensorflow_setup import import_tensorflow as f; f(); import torchvision;"
        " print('both')"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment,
        cwd=Path(__file__).parents[1],
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "both\n", "")


def test_the_command_line_says_it_too(tmp_path, monkeypatch, capsys):
    from cctview import cli

    write_scene(tmp_path / "frames")
    small_h5(tmp_path / "any.h5")
    monkeypatch.setattr(tensorflow_setup.importlib.util, "find_spec", lambda name: None)
    command = [
        "detect",
        str(tmp_path / "frames"),
        "--weights",
        str(tmp_path / "any.h5"),
        "--out",
        str(tmp_path / "out"),
    ]
    assert cli.main(command) == 1
    assert capsys.readouterr().err.startswith("cctview: tensorflow and tf_keras not installed")
