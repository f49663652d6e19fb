"""Detectors against ImageAI's own public interface, and against torchvision's RetinaNet."""

import importlib.util
import sys
import types

import numpy as np
import pytest

from cctview.dataset.boxes import BOX
from cctview.dataset.ids import TYPES
from cctview.dataset.images import read_image
from cctview.detect import detector as detect
from cctview.detect.detector import Detector, coco_classes
from cctview.detect.suppression import DUPLICATE_OVERLAP, non_max_suppression, vote
from tests.scenes import picture

torch = pytest.importorskip("torch")
nms = pytest.importorskip("torchvision.ops").nms


def random_weights(network, path, seed=0):
    """Random weights that find a few dozen things in any picture."""
    torch.manual_seed(seed)
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight)
            if module.bias is not None:
                torch.nn.init.normal_(module.bias, mean=-0.5, std=0.5)
    torch.save(network.state_dict(), path)
    return path


@pytest.fixture(scope="module")
def yolo_weights(tmp_path_factory):
    from imageai.yolov3.tiny_yolov3 import YoloV3Tiny

    return random_weights(
        YoloV3Tiny(detect.TINY_YOLO_ANCHORS), tmp_path_factory.mktemp("weights") / "random.pt"
    )


@pytest.fixture
def imageai_detection(monkeypatch):
    """ImageAI's public detector; it imports tkinter by mistake, which not every Python has."""
    if importlib.util.find_spec("tkinter") is None:
        monkeypatch.setitem(sys.modules, "tkinter", types.SimpleNamespace(Image=None))
    return importlib.import_module("imageai.Detection")


def iou(a, b):
    width = np.minimum(a[2], b[:, 2]) - np.maximum(a[0], b[:, 0])
    height = np.minimum(a[3], b[:, 3]) - np.maximum(a[1], b[:, 1])
    common = width.clip(0) * height.clip(0)
    return common / (
        (a[2] - a[0]) * (a[3] - a[1]) + (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1]) - common
    )


def by_imageai(module, weights, image):
    """Boxes and types that ImageAI's public interface reports for all it finds over 50 %
    objectness.
    """
    detector = module.ObjectDetection()
    detector.setModelTypeAsTinyYOLOv3()
    detector.setModelPath(str(weights))
    detector.useCPU()
    detector.loadModel()
    _, found = detector.detectObjectsFromImage(
        image[:, :, ::-1].copy(), output_type="array", minimum_percentage_probability=1
    )
    names = ["motorcycle" if f["name"] == "motorbike" else f["name"] for f in found]
    wanted = [k for k, name in enumerate(names) if name in TYPES]
    return np.array([found[k]["box_points"] for k in wanted]).reshape(-1, 4), [
        names[k] for k in wanted
    ]


@pytest.mark.parametrize("shape", [(240, 352), (300, 200)])
def test_yolo_finds_what_imageai_finds(imageai_detection, yolo_weights, shape):
    image = picture(5, *shape)
    boxes, types = by_imageai(imageai_detection, yolo_weights, image)
    ours = Detector(yolo_weights, minimum_percent=0.1).detect(image)
    assert len(boxes) > 5
    for box in boxes[(boxes[:, 2] > boxes[:, 0] + 2) & (boxes[:, 3] > boxes[:, 1] + 2)]:
        assert iou(box, ours[BOX].to_numpy()).max() > DUPLICATE_OVERLAP - 0.05


def test_the_minimum_is_obeyed_below_imageais_fifty_percent(yolo_weights):
    image = picture(5, 240, 352)
    low = Detector(yolo_weights, minimum_percent=10).detect(image)
    high = Detector(yolo_weights, minimum_percent=48).detect(image)
    assert low.percent.between(10, 48).any()
    assert (high.percent >= 48).all()
    assert len(high) < len(low)


def test_boxes_lie_in_the_frame_and_no_two_are_the_same_object(yolo_weights):
    found = Detector(yolo_weights, minimum_percent=1).detect(picture(2, 240, 352))
    boxes = found[BOX].to_numpy()
    assert len(found) > 5
    assert set(found.type) <= set(TYPES)
    assert (boxes >= 0).all()
    assert (boxes[:, [0, 2]] <= 352).all()
    assert (boxes[:, [1, 3]] <= 240).all()
    assert (boxes[:, 2] > boxes[:, 0]).all()
    assert (boxes[:, 3] > boxes[:, 1]).all()
    for k, box in enumerate(boxes[:-1]):
        assert iou(box, boxes[k + 1 :]).max() <= DUPLICATE_OVERLAP + 1e-6


def test_retinanet_is_torchvisions(tmp_path):
    from torchvision.models.detection import RetinaNet_ResNet50_FPN_Weights, retinanet_resnet50_fpn

    torch.manual_seed(1)
    network = retinanet_resnet50_fpn(
        weights=None, weights_backbone=None, num_classes=91, score_thresh=0.001, min_size=160
    )
    network.head.classification_head.cls_logits.bias.data += 3
    torch.save(network.state_dict(), tmp_path / "random.pth")
    image = picture(1, 96, 128)
    ours = Detector(tmp_path / "random.pth", minimum_percent=0.1, shortest_side=160)
    with torch.inference_mode():
        theirs = network.eval()([torch.from_numpy(image.copy()).permute(2, 0, 1) / 255])[0]
    names = RetinaNet_ResNet50_FPN_Weights.COCO_V1.meta["categories"]
    best = next(k for k, label in enumerate(theirs["labels"]) if names[label] in TYPES)
    found = ours.detect(image)
    assert ours.architecture == "retinanet"
    top = found.loc[found.percent.idxmax()]
    assert top.percent == pytest.approx(100 * float(theirs["scores"][best]), rel=1e-5)
    np.testing.assert_allclose(top[BOX].to_numpy(float), theirs["boxes"][best].numpy(), atol=0.51)


def test_yolov3_is_recognised_by_its_tensors(tmp_path):
    from imageai.yolov3.yolov3 import YoloV3

    path = random_weights(YoloV3(detect.YOLO_ANCHORS), tmp_path / "random.pt")
    detector = Detector(path, minimum_percent=1)
    assert detector.architecture == "yolov3"
    assert list(detector.detect(picture(1, 96, 128)).columns) == ["type", "percent", *BOX]


def test_every_type_is_a_class_of_imageai():
    assert len(coco_classes()) == 80
    assert set(TYPES) <= set(coco_classes())


@pytest.mark.parametrize(
    "image", [np.zeros((4, 4, 3)), np.zeros((4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8)]
)
def test_what_is_no_image_is_refused(yolo_weights, image):
    with pytest.raises(ValueError, match="uint8 image of shape"):
        Detector(yolo_weights).detect(image)


def test_weights_of_something_else_are_refused(tmp_path):
    torch.save({"a": torch.zeros(2)}, tmp_path / "other.pt")
    with pytest.raises(
        ValueError,
        match="other.pt.*no weights of a detector.*give those of retinanet, yolov3, tiny-yolov3",
    ):
        Detector(tmp_path / "other.pt")


def test_our_weights_load_through_imageais_public_interface(imageai_detection, real):
    """The shipped state dict is in ImageAI's own format, and both find the same vehicles in a real
    frame.
    """
    from cctview import weights

    ours = Detector(minimum_percent=25)
    agree = []
    for path in sorted((real / "examples").glob("*.jpeg")):
        image = read_image(path.read_bytes(), str(path))
        boxes, _ = by_imageai(imageai_detection, weights.find(detect.DETECTOR_WEIGHTS), image)
        found = ours.detect(image)[BOX].to_numpy()
        agree += [iou(box, found).max(initial=0) > 0.7 for box in boxes]
    assert len(agree) > 15
    assert np.mean(agree) > 0.9


def test_our_detector_finds_the_vehicles_of_a_real_frame(real):
    from cctview.dataset.frames import open_dataset

    stored = open_dataset(real / "sample")
    detector = Detector()
    hits = []
    for name in stored.frames.id:
        own = stored.detections[
            (stored.detections.frame == name) & (stored.detections.percent >= 50)
        ]
        large = own[(own.x2 - own.x1).clip(lower=own.y2 - own.y1) > 20]
        found = detector.detect(stored.image(name))[BOX].to_numpy()
        hits += [iou(box, found).max(initial=0) >= 0.5 for box in large[BOX].to_numpy()]
    assert len(hits) > 15
    assert np.mean(hits) >= 0.6


def test_another_architecture_is_one_entry(tmp_path, monkeypatch):
    class FixedBox(torch.nn.Module):
        def __init__(self, minimum_score, shortest_side):
            super().__init__()
            self.box = torch.nn.Parameter(torch.zeros(4))

    def find(detector, image):
        box = detector._network.box.detach().numpy()
        return np.stack([box, box + 1, box]), np.array([0.8, 0.9, 0.2]), ["car", "bus", "car"]

    monkeypatch.setitem(detect.ARCHITECTURES, "fixed", detect.Architecture("box", FixedBox, find))
    torch.save({"box": torch.tensor([10.0, 8.0, 40.0, 38.0])}, tmp_path / "fixed.pt")
    found = Detector(tmp_path / "fixed.pt").detect(picture(1))
    assert found.values.tolist() == [
        ["bus", pytest.approx(90), 11, 9, 41, 39]
    ]  # the double and the weak one are dropped


def test_duplicates_are_dropped_as_torchvision_drops_them():
    """Whole pixels, so that many pairs overlap by exactly the threshold, and ties."""
    rng = np.random.default_rng(0)
    for overlap in (0.25, 0.3, 0.5, DUPLICATE_OVERLAP) * 25:
        corners = rng.integers(0, 30, (rng.integers(0, 40), 2))
        boxes = np.hstack([corners, corners + rng.integers(0, 12, corners.shape)])
        percent = rng.integers(0, 20, len(boxes)).astype(float)
        theirs = nms(torch.tensor(boxes).float(), torch.tensor(percent).float(), overlap)
        assert non_max_suppression(boxes, percent, overlap).tolist() == theirs.tolist()


def test_a_box_lies_where_all_that_overlap_it_say():
    boxes = np.array([[0, 0, 10, 10], [50, 50, 60, 60], [80, 80, 90, 90]])
    candidates = np.array(
        [[0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60], [55, 50, 65, 60], [20, 20, 30, 30]]
    )
    scores = np.array([0.9, 0.3, 0.8, 0.7, 0.9])
    # The second overlaps the first by 9/11; the fourth overlaps the third by 1/3 only.
    assert np.allclose(
        vote(boxes, candidates, scores), [[0.25, 0, 10.25, 10], [50, 50, 60, 60], [80, 80, 90, 90]]
    )


def test_votes_bring_boxes_nearer_to_the_truth():
    """Of noisy boxes on one object the mean is nearer than one of them."""
    rng = np.random.default_rng(1)
    truth = np.array([20.0, 30, 60, 60])
    kept, voted = [], []
    for _ in range(200):
        many = truth + rng.normal(0, 1.5, (6, 4))
        scores = rng.uniform(0.3, 0.9, 6)
        best = many[scores.argmax()][None]
        kept.append(np.abs(best - truth).mean())
        voted.append(np.abs(vote(best, many, scores) - truth).mean())
    assert np.mean(voted) < 0.7 * np.mean(kept)
