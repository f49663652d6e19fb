"""The trainers' parts against ImageAI's own decoding and hand-computed cases. (The trainers themselves never run here.)"""

import cv2
import numpy as np
import pandas as pd
import pytest
import torch

from cctview.detect import TINY_YOLO_ANCHORS
from studio import evaluate, train_detector, train_extractor
from studio.checkpoint import Checkpoint
from tests.scenes import picture


def test_boxes_are_decoded_as_imageai_decodes_them():
    from imageai.yolov3.utils import transform_prediction

    torch.manual_seed(0)
    anchors = torch.tensor(TINY_YOLO_ANCHORS).view(6, 2)
    for level, (side, own) in enumerate([(13, anchors[3:]), (26, anchors[:3])]):
        raw = torch.randn(2, 255, side, side)
        boxes, logits = train_detector.decode(raw, level)
        theirs = transform_prediction(raw.clone(), 416, own, 80).view(2, side, side, 3, 85).permute(0, 3, 1, 2, 4)
        corners = torch.cat([theirs[..., :2] - theirs[..., 2:4] / 2, theirs[..., :2] + theirs[..., 2:4] / 2], -1)
        torch.testing.assert_close(boxes, corners, rtol=1e-4, atol=1e-3)
        torch.testing.assert_close(logits.sigmoid(), theirs[..., 4:], rtol=1e-4, atol=1e-5)


def test_raw_outputs_are_what_imageais_network_decodes():
    from imageai.yolov3.tiny_yolov3 import YoloV3Tiny

    torch.manual_seed(0)
    network = YoloV3Tiny(TINY_YOLO_ANCHORS).eval()
    with torch.inference_mode():
        x = torch.rand(1, 3, 416, 416)
        raws = train_detector.raw_outputs(network, x)
        whole = network(x)
        parts = [torch.cat(train_detector.decode(raw, level), -1) for level, raw in enumerate(raws)]
    ours = torch.cat([part.permute(0, 2, 3, 1, 4).reshape(1, -1, 85) for part in parts], 1)
    torch.testing.assert_close((ours[..., :2] + ours[..., 2:4]) / 2, whole[..., :2], rtol=1e-3, atol=1e-2)
    torch.testing.assert_close(ours[..., 2:4] - ours[..., :2], whole[..., 2:4], rtol=1e-3, atol=1e-2)


def test_the_fitting_anchors_answer_for_a_box_where_its_centre_lies():
    boxes = torch.tensor([[100.0, 64.0, 123.0, 91.0, 2, 0.9]])  # exactly the size of the second anchor, 23 x 27
    coarse, fine = train_detector.assign(boxes)
    assert coarse[0].numel() == 0
    assert fine[1].tolist() == [0, 1, 2] and set(fine[2].tolist()) == {77 // 16} and set(fine[3].tolist()) == {111 // 16}
    huge = torch.tensor([[0.0, 0.0, 400.0, 280.0, 5, 0.9]])
    assert train_detector.assign(huge)[0][1].tolist() == [1, 2]


def test_the_loss_falls_when_the_network_is_right():
    box = torch.tensor([[100.0, 64.0, 123.0, 91.0, 2, 1.0]])
    silent = [torch.full((1, 255, 9, 13), -6.0), torch.full((1, 255, 18, 26), -6.0)]
    right = [raw.clone() for raw in silent]
    row, column = 77 // 16, 111 // 16
    for anchor, (width, height) in enumerate([(10, 14), (23, 27), (37, 58)]):
        place = right[1][0, 85 * anchor : 85 * anchor + 85, row, column]
        centre = torch.tensor([111.5 / 16 - column, 77.5 / 16 - row])
        place[:2] = torch.logit(centre)
        place[2:4] = torch.log(torch.tensor([23 / width, 27 / height]))
        place[4], place[5 + 2] = 6, 6
    wrong, good = (train_detector.detection_loss(tuple(raws), [box]).item() for raws in (silent, right))
    assert good < 0.25 * wrong


def test_a_training_crop_is_the_box_with_a_margin():
    image, box = picture(0, 120, 160), np.array([40, 30, 72, 62])
    crop = train_extractor.crop_with_margin(image, box)
    inner = crop[8:-8, 8:-8].astype(float)
    expected = cv2.resize(image[30:62, 40:72], (64, 64), interpolation=cv2.INTER_LINEAR).astype(float)
    assert np.abs(inner - expected).mean() < 3
    assert np.abs(inner - expected[::-1]).mean() > 10


def test_verdicts_by_hand():
    stored = pd.DataFrame([(0, 0, 30, 30), (100, 0, 130, 30), (200, 0, 210, 10)], columns=["x1", "y1", "x2", "y2"])
    wanted = np.array([True, True, False])
    rows = [
        (90, 0, 0, 30, 28),  # finds the first
        (95, 0, 0, 30, 18),  # overlaps it by .6 and is surer, so it takes the first
        (80, 201, 0, 211, 10),  # an ignored one
        (70, 50, 50, 80, 80),  # nothing there
        (60, 100, 0, 130, 30),  # finds the second
    ]
    found = pd.DataFrame(rows, columns=["percent", "x1", "y1", "x2", "y2"])
    assert evaluate.judge(found, stored, wanted).tolist() == [0, 1, -1, 0, 1]
    verdicts = found.assign(verdict=evaluate.judge(found, stored, wanted))
    assert evaluate.recall_at_precision(verdicts, 2, 0.9) == (0.5, 95)
    assert evaluate.recall_at_precision(verdicts, 2, 0.5) == (1.0, 60)
    assert evaluate.recall_at_precision(verdicts[verdicts.percent < 50], 2, 0.5)[0] == 0


def test_training_goes_on_where_it_stopped(tmp_path):
    def parts():
        torch.manual_seed(0)
        network = torch.nn.Linear(3, 1)
        return network, torch.optim.AdamW(network.parameters(), 0.1)

    def step(network, optimiser):
        optimiser.zero_grad()
        network(torch.ones(1, 3)).square().sum().backward()
        optimiser.step()

    whole = parts()
    for _ in range(4):
        step(*whole)
    first = parts()
    for _ in range(2):
        step(*first)
    Checkpoint(tmp_path / "run.pt", *first).save(2)
    second = parts()
    checkpoint = Checkpoint(tmp_path / "run.pt", *second)
    assert checkpoint.load() == 2
    for _ in range(2):
        step(*second)
    torch.testing.assert_close(second[0].weight, whole[0].weight)
    exported = torch.load(checkpoint.export(tmp_path / "weights.pt"), weights_only=True)
    assert exported["weight"].dtype == torch.float16 and set(exported) == {"weight", "bias"}


def test_no_example_frame_is_trained_or_tested_on(real):
    from studio import real as data

    frames = data.load_frames()
    shown = {(p.name.split("--")[0], p.name.split("--")[2]) for p in (real / "examples").glob("*.jpeg")}
    example = frames[frames.split == "example"]
    assert set(zip(example.cam, example.time)) == shown & set(zip(frames.cam, frames.time)) and len(example) == 4
    assert frames[frames.split == "train"].time.max() < "13.45.00" and frames[frames.split == "test"].time.min() >= "13.52.00"


@pytest.mark.parametrize("value", [None, "nowhere"])
def test_without_real_data_the_trainers_say_what_to_set(monkeypatch, value):
    from studio import real as data

    monkeypatch.setenv("CCTVIEW_REAL", value) if value else monkeypatch.delenv("CCTVIEW_REAL", raising=False)
    with pytest.raises(FileNotFoundError, match="set CCTVIEW_REAL"):
        data.folder()
