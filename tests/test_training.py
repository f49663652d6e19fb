"""The trainers' parts against ImageAI's own decoding and hand-computed cases. (The trainers
themselves never run here.)
"""

import cv2
import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import softmax
from scipy.stats import entropy, norm
from sklearn.metrics.pairwise import cosine_similarity
from torch.optim.swa_utils import AveragedModel

from cctview.detect.detector import TINY_YOLO_ANCHORS
from studio.build import Settings
from studio.evaluation import evaluate, same_vehicle
from studio.training import real_links, schedule, train_detector, train_extractor, training_road
from studio.training.checkpoint import Checkpoint, named_by_code
from studio.training.schedule import Cycle
from tests.scenes import jpeg, picture


def test_boxes_are_decoded_as_imageai_decodes_them():
    from imageai.yolov3.utils import transform_prediction

    torch.manual_seed(0)
    anchors = torch.tensor(TINY_YOLO_ANCHORS).view(6, 2)
    for level, (side, own) in enumerate([(13, anchors[3:]), (26, anchors[:3])]):
        raw = torch.randn(2, 255, side, side)
        boxes, logits = train_detector.decode(raw, level)
        theirs = (
            transform_prediction(raw.clone(), 416, own, 80)
            .view(2, side, side, 3, 85)
            .permute(0, 3, 1, 2, 4)
        )
        corners = torch.cat(
            [theirs[..., :2] - theirs[..., 2:4] / 2, theirs[..., :2] + theirs[..., 2:4] / 2], -1
        )
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
    torch.testing.assert_close(
        (ours[..., :2] + ours[..., 2:4]) / 2, whole[..., :2], rtol=1e-3, atol=1e-2
    )
    torch.testing.assert_close(
        ours[..., 2:4] - ours[..., :2], whole[..., 2:4], rtol=1e-3, atol=1e-2
    )


def test_the_fitting_anchors_answer_for_a_box_where_its_centre_lies():
    boxes = torch.tensor(
        [[100.0, 64.0, 123.0, 91.0, 2, 0.9]]
    )  # exactly the size of the second anchor, 23 x 27
    coarse, fine = train_detector.assign(boxes)
    assert coarse[0].numel() == 0
    assert fine[1].tolist() == [0, 1, 2]
    assert set(fine[2].tolist()) == {77 // 16}
    assert set(fine[3].tolist()) == {111 // 16}
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
    wrong, good = (
        train_detector.detection_loss(tuple(raws), [box], torch.ones(80)).item()
        for raws in (silent, right)
    )
    assert good < 0.25 * wrong


def detection_loss(kind, weights=None):
    """The loss of one box of a type where the network says nothing."""
    raws = tuple(torch.zeros(1, 255, *size) for size in ((9, 13), (18, 26)))
    box = torch.tensor([[100.0, 100, 180, 160, kind, 0.9]])
    return train_detector.detection_loss(
        raws, [box], torch.ones(80) if weights is None else weights
    )


def test_a_type_that_is_not_believed_is_not_learned():
    weights = torch.ones(80)
    weights[5] = 3
    unknown, plain = detection_loss(train_detector.UNKNOWN), detection_loss(2)
    # Where the network says nothing each class costs log 2, at each anchor that answers.
    answers = sum(
        len(rows) for rows, *_ in train_detector.assign(torch.tensor([[100.0, 100, 180, 160]]))
    )
    of_types = 0.5 * answers * 80 * np.log(2)
    assert (plain - unknown).item() == pytest.approx(of_types, rel=1e-4)
    assert (detection_loss(5, weights) - unknown).item() == pytest.approx(3 * of_types, rel=1e-4)


def test_frames_with_rare_types_are_drawn_more_often():
    car, bus = (np.array([[0, 0, 9, 9, kind, 1.0]]) for kind in (2, 5))
    odd = np.array([[0, 0, 9, 9, train_detector.UNKNOWN, 1.0]])
    items = [(b"", car)] * 94 + [(b"", bus)] * 5 + [(b"", odd)]
    shown = np.bincount(train_detector.repeats(items, np.random.default_rng(0)), minlength=100)
    assert (shown[:94] == 1).all()
    assert (shown[94:99] == 2).all()  # the root of .2 / .05
    assert shown[99] == 1
    weights = train_detector.type_weights(items)
    assert weights[2] == 1
    assert weights[5] == pytest.approx(np.sqrt(94 / 5))
    assert (weights[[0, 3]] == train_detector.MOST_WEIGHT).all()


def test_a_training_frame_moves_its_boxes_with_the_picture():
    """A red box on grey: where the target says, the picture is red."""
    image = np.full((240, 352, 3), 90, np.uint8)
    image[100:160, 120:200] = (250, 20, 20)
    item = (jpeg(image), np.array([[120, 100, 200, 160, 2, 0.9]], np.float32))
    redder = []
    for epoch in range(8):
        seen, boxes = train_detector.Frames([item], epoch)[0]
        assert seen.shape == (3, 288, 416)
        redness = (seen[0] - seen[1]).numpy()
        for x1, y1, x2, y2 in boxes[:, :4].round().int().tolist():
            redder.append(redness[y1 + 4 : y2 - 4, x1 + 4 : x2 - 4].min() - np.median(redness))
    assert len(redder) >= 8
    assert np.median(redder) > 0.3


def test_a_training_crop_is_the_box_with_a_margin():
    image, box = picture(0, 120, 160), np.array([40, 30, 72, 62])
    crop = train_extractor.crop_with_margin(image, box)
    inner = crop[8:-8, 8:-8].astype(float)
    expected = cv2.resize(image[30:62, 40:72], (64, 64), interpolation=cv2.INTER_LINEAR).astype(
        float
    )
    assert np.abs(inner - expected).mean() < 3
    assert np.abs(inner - expected[::-1]).mean() > 10


def test_verdicts_by_hand():
    stored = pd.DataFrame(
        [(0, 0, 30, 30), (100, 0, 130, 30), (200, 0, 210, 10)], columns=["x1", "y1", "x2", "y2"]
    )
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
    assert exported["weight"].dtype == torch.float16
    assert set(exported) == {"weight", "bias"}


def test_no_example_frame_is_trained_or_tested_on(real):
    from studio.training import real as data

    frames = data.load_frames()
    shown = {
        (p.name.split("--")[0], p.name.split("--")[2]) for p in (real / "examples").glob("*.jpeg")
    }
    example = frames[frames.split == "example"]
    assert set(zip(example.cam, example.time)) == shown & set(zip(frames.cam, frames.time))
    assert len(example) == 4
    assert frames[frames.split == "train"].time.max() < "13.45.00"
    assert frames[frames.split == "test"].time.min() >= "13.52.00"


@pytest.mark.parametrize("value", [None, "nowhere"])
def test_without_real_data_the_trainers_say_what_to_set(monkeypatch, value):
    from studio.training import real as data

    (
        monkeypatch.setenv("CCTVIEW_REAL", value)
        if value
        else monkeypatch.delenv("CCTVIEW_REAL", raising=False)
    )
    with pytest.raises(FileNotFoundError, match="set CCTVIEW_REAL"):
        data.folder()


def test_a_cycle_ends_where_it_says_and_the_next_begins_higher():
    cycles = (Cycle(3, 1e-3, 1e-5), Cycle(2, 5e-4, 1e-4, simulated=True))
    assert schedule.total(cycles) == 5
    rates = [
        cycle.rate(before) for cycle, before in (schedule.at(cycles, epoch) for epoch in range(5))
    ]
    assert rates[0] == 1e-3
    assert rates[3] == 5e-4
    assert rates[0] > rates[1] > rates[2]
    assert cycles[0].rate(3) == pytest.approx(1e-5)
    assert cycles[1].rate(2) == pytest.approx(1e-4)
    with pytest.raises(ValueError, match="1 epochs earlier"):
        schedule.at(cycles, 5)


def test_half_of_a_batch_comes_in_runs_of_neighbours():
    rows = train_extractor.batches(1000, True, np.random.default_rng(0))
    assert rows.shape == (1000 // 128, 128)
    assert rows.min() >= 0
    assert rows.max() < 1000
    runs = rows[:, :64].reshape(-1, train_extractor.RUN)
    assert (np.diff(runs, axis=1) == 1).all()
    alone = rows[:, 64:].ravel()
    assert len(set(alone)) == len(alone)
    assert sorted(train_extractor.batches(256, False, np.random.default_rng(0)).ravel()) == list(
        range(256)
    )


def test_the_identity_loss_by_hand():
    """Two vehicles, two looks each: right angles between vehicles, none within one."""
    together = torch.tensor([[1.0, 0], [1, 0], [0, 1], [0, 1]])
    vehicles = torch.tensor([7, 7, 9, 9])
    others = torch.tensor(
        [1 / train_extractor.TEMPERATURE, 0, 0]
    )  # cosines over temperature to the three others
    expected = -(others[0] - others.logsumexp(0))
    torch.testing.assert_close(train_extractor.identity_loss(together, vehicles), expected)
    assert train_extractor.identity_loss(together, torch.tensor([7, 9, 7, 9])) > 5


def test_the_neighbour_loss_is_scipys_divergence_and_nothing_for_the_teacher_himself():
    rng = np.random.default_rng(0)
    taught, predicted = rng.normal(size=(2, 5, 8)).astype(np.float32)

    def probabilities(x):
        unit = x / np.linalg.norm(x, axis=1, keepdims=True)
        logits = unit @ unit.T / train_extractor.TEMPERATURE
        return softmax(np.where(np.eye(5, dtype=bool), -np.inf, logits), axis=1)

    expected = np.mean(
        [
            entropy(p, q)
            for p, q in zip(*map(_without_diagonal, map(probabilities, (taught, predicted))))
        ]
    )
    loss = train_extractor.neighbour_loss(torch.from_numpy(predicted), torch.from_numpy(taught))
    assert loss.item() == pytest.approx(expected, rel=1e-4)
    assert train_extractor.neighbour_loss(
        torch.from_numpy(taught), torch.from_numpy(taught)
    ).item() == pytest.approx(0, abs=1e-6)


def _without_diagonal(matrix):
    return matrix[~np.eye(len(matrix), dtype=bool)].reshape(len(matrix), -1)


def test_the_identity_loss_leaves_out_what_is_unknown():
    """The log-probability is scikit-learn's cosine similarity over those that count, by a loop."""
    rng = np.random.default_rng(0)
    predicted = rng.normal(size=(6, 4)).astype(np.float32)
    vehicles, unknown = np.array([0, 0, 1, 1, 2, 3]), np.zeros((6, 6), bool)
    unknown[0, 2] = unknown[2, 0] = unknown[0, 1] = unknown[1, 0] = True  # 0 and 1: one vehicle
    alike = np.exp(cosine_similarity(predicted) / train_extractor.TEMPERATURE)
    losses = []
    for k, other in ((0, 1), (1, 0), (2, 3), (3, 2)):
        among = [
            j for j in range(6) if j != k and not (unknown[k, j] and vehicles[k] != vehicles[j])
        ]
        losses.append(-np.log(alike[k, other] / alike[k, among].sum()))
    found = train_extractor.identity_loss(*map(torch.from_numpy, (predicted, vehicles, unknown)))
    assert found.item() == pytest.approx(np.mean(losses), rel=1e-4)


def test_light_differs_between_cameras_and_hardly_within_one():
    pictures = torch.full((400, 3, 4, 4), 0.5)
    cameras = np.repeat(np.arange(40), 10)
    lit = train_extractor.another_exposure(pictures, cameras, np.random.default_rng(0))
    means = lit.mean((1, 2, 3)).numpy().reshape(40, 10)
    assert means.mean(1).std() > 1.5 * means.std(1).mean()
    assert lit.min() >= 0
    assert lit.max() <= 1
    far = train_extractor.from_afar(torch.rand(40, 3, 64, 64), np.random.default_rng(0))
    assert far.shape == (40, 3, 64, 64)


def two_cameras(vehicles=120):
    """Vehicles that pass both cameras, four frames each, 18 s from one to the other.

    Returns the detections, features that are each vehicle's own, and who is on each.
    """
    rng = np.random.default_rng(3)
    looks = rng.normal(size=(vehicles, 16))
    begins = np.cumsum(rng.integers(1, 8, vehicles))
    rows = []
    for vehicle in range(vehicles):
        for camera, late in ((real_links.FIRST, 0), (real_links.SECOND, 18)):
            x, begin = rng.integers(20, 60), begins[vehicle] + late
            rows += [(vehicle, camera, begin + k, x + 45 * k, 60 + 25 * k, 30) for k in range(4)]
    table = pd.DataFrame(rows, columns=["vehicle", "cam", "sec", "x1", "y1", "side"])
    table = table.sort_values(["cam", "sec", "vehicle"], ignore_index=True)
    table = table.assign(x2=table.x1 + table.side, y2=table.y1 + table.side, cls="car", prob=90.0)
    table = table.assign(dup_or_nonveh=False, static=False)
    features = looks[table.vehicle] + 0.15 * rng.normal(size=(len(table), 16))
    return table, features, table.vehicle.to_numpy()


@pytest.fixture(scope="module")
def linked_vehicles():
    table, features, who = two_cameras()
    return real_links.find_vehicles(table, features), who


def test_vehicles_are_found_within_a_camera_and_at_the_next(linked_vehicles):
    vehicles, who = linked_vehicles
    found = vehicles.table.vehicle.to_numpy()
    who = who[vehicles.table["row"]]
    together = found[:, None] == found[None]
    truth = who[:, None] == who[None]
    assert truth[together].mean() > 0.99
    cameras = vehicles.table.cam.to_numpy()
    across = cameras[:, None] != cameras[None]
    assert together[truth & across].mean() > 0.9
    assert together[truth & ~across].mean() > 0.9


def test_a_batch_of_links_and_what_it_does_not_know(linked_vehicles):
    vehicles, _ = linked_vehicles
    crops, drawn = vehicles.draw(np.random.default_rng(0))
    assert len(set(crops)) == len(crops)
    assert (np.unique(drawn, return_counts=True)[1] > 1).all()
    found = vehicles.table.vehicle.to_numpy()[crops]
    assert ((found[:, None] == found) == (drawn[:, None] == drawn)).all()
    # By hand: a passes alone, b and c side by side, d 4 s after c, e 20 s after; f at the next.
    table = pd.DataFrame(
        [("A", 0, 0), ("A", 10, 1), ("A", 10, 2), ("A", 14, 3), ("A", 34, 4), ("B", 28, 5)],
        columns=["cam", "sec", "track"],
    ).assign(row=range(6), size=30.0, vehicle=range(6))
    unknown = real_links.RealVehicles(table).conflicts(np.arange(6))
    pairs = {(int(a), int(b)) for a, b in zip(*np.nonzero(unknown)) if a < b}
    assert pairs == {(1, 3), (2, 3), (0, 5), (1, 5), (2, 5), (3, 5)}
    few = vehicles.among(np.arange(40))
    assert set(few.table["row"]) <= set(range(40))


def test_what_is_trained_on_is_never_shown():
    seeds = {settings.seed for settings in training_road.RECORDINGS}
    assert min(seeds) > 1000
    assert Settings().seed not in seeds
    assert len(seeds) == len(training_road.RECORDINGS)


def test_simulated_frames_are_labelled_with_the_truth(monkeypatch):
    boxes = pd.DataFrame(
        [
            ("a", "car", 10, 10, 40, 40, 0.0),
            ("a", "bus", 50, 50, 56, 56, 0.0),
            ("b", "bus", 0, 0, 80, 80, 0.5),
            ("b", "car", 0, 0, 20, 20, 0.9),
        ],
        columns=["frame", "type", "x1", "y1", "x2", "y2", "hidden"],
    )
    frames = pd.DataFrame({"frame": ["a", "b", "c"], "jpeg": [b"A", b"B", b"C"]})
    road = training_road.Recordings(frames, boxes)
    monkeypatch.setattr(training_road, "load", lambda work, recordings: road)
    monkeypatch.setattr(train_detector, "usual_confidence", lambda boxes: np.full(len(boxes), 0.8))
    items = dict(train_detector.simulated_frames(None))
    classes = train_detector.CLASSES
    np.testing.assert_allclose(items[b"A"], [[10, 10, 40, 40, classes.index("car"), 0.8]])
    np.testing.assert_allclose(items[b"B"], [[0, 0, 80, 80, classes.index("bus"), 0.4]])
    assert items[b"C"].shape == (0, 6)


def crops_of_three_frames():
    return pd.DataFrame(
        {"id": list("abcdefg"), "sec": [1, 1, 3, 3, 3, 5, 5], "cam": ["x"] * 7}
    ).assign(
        next_id=["c", None, None, "f", None, None, None],
        static=[False, False, False, False, True, False, False],
    )


def test_the_same_vehicle_is_judged_beside_all_others_of_the_next_frame():
    table = crops_of_three_frames()
    pairs = same_vehicle.linked_pairs(table, np.ones(7, bool))
    assert [(a, b, bool(same)) for a, b, same in pairs[["a", "b", "same"]].to_numpy()] == [
        (0, 2, True),
        (0, 3, False),
        (3, 5, True),
        (3, 6, False),
    ]
    assert len(same_vehicle.linked_pairs(table, table.id == "a")) == 2


def test_the_auc_of_a_camera_is_that_of_all_its_pairs_compared():
    rng = np.random.default_rng(1)
    pairs = pd.DataFrame({"a": np.arange(90), "b": np.arange(90, 180), "camera": list("xyz") * 30})
    pairs = pairs.assign(same=rng.random(90) < 0.4, group=np.arange(90) // 3)
    vectors = rng.normal(size=(180, 3))
    vectors[pairs.b[pairs.same]] += vectors[pairs.a[pairs.same]]
    table = same_vehicle.auc_by_camera(pairs, same_vehicle.nearness(vectors)).set_index("camera")
    far = np.sqrt(((vectors[:90] - vectors[90:]) ** 2).sum(1))
    by_hand = {}
    for camera, own in pairs.groupby("camera"):
        near, other = far[own.index[own.same]], far[own.index[~own.same]]
        by_hand[camera] = (near[:, None] < other).mean()
    by_hand[same_vehicle.MEAN] = np.mean(list(by_hand.values()))
    assert table.auc.to_dict() == pytest.approx(by_hand)
    assert (table.low < table.auc).all()
    assert (table.auc < table.high).all()
    assert table.same[same_vehicle.MEAN] == pairs.same.sum()
    np.testing.assert_allclose(
        same_vehicle.cosine(vectors)(np.arange(5), np.arange(5, 10)),
        np.diag(cosine_similarity(vectors[:5], vectors[5:10])),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\na,c\n", "no column .'label'"),
        ("a,b,label\na,c,perhaps\n", "not .'perhaps'"),
        ("a,b,label\na,zz,same\n", "1 ids are no detection's, such as zz"),
    ],
)
def test_labels_that_make_no_sense_are_rejected(tmp_path, text, message):
    (path := tmp_path / "pairs.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        same_vehicle.labelled_pairs(path, crops_of_three_frames())


def test_unsure_labels_are_left_out(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text("a,b,label\na,c,same\na,d,different\nb,c,unsure\n")
    pairs = same_vehicle.labelled_pairs(path, crops_of_three_frames())
    assert pairs[["a", "b", "same"]].to_numpy().tolist() == [[0, 2, True], [0, 3, False]]


def test_membership_is_found_where_there_is_something_to_find():
    rng = np.random.default_rng(0)
    member, minutes = np.arange(4000) % 2 == 0, np.arange(4000) // 400
    blind = evaluate.membership_figures(member, rng.normal(size=4000), minutes, "chance")
    assert abs(blind["membership by chance: AUC"].value - 0.5) < 0.03
    assert blind["membership by chance: found at 1 % false alarms"].value < 0.03
    seen = evaluate.membership_figures(
        member, rng.normal(size=4000) + 2 * member, minutes, "a leak"
    )
    assert seen["membership by a leak: AUC"].value == pytest.approx(
        norm.cdf(2 / np.sqrt(2)), abs=0.02
    )
    assert seen["membership by a leak: found at 1 % false alarms"].value == pytest.approx(
        norm.sf(norm.ppf(0.99) - 2), abs=0.06
    )


def test_a_rebuilt_picture_is_judged_by_its_colours_and_edges():
    from studio.training.train_inverter import picture_loss

    true = torch.zeros(1, 3, 32, 32)
    true[..., 16:] = 1
    blurred = torch.nn.functional.avg_pool2d(true, 9, 1, 4)
    shifted = true.roll(2, 3)
    losses = [
        picture_loss(rebuilt, true).item()
        for rebuilt in (true, blurred, torch.full_like(true, 0.5))
    ]
    assert losses[0] == 0
    assert losses[0] < losses[1] < losses[2]
    assert picture_loss(shifted, true) > 0


def test_defended_pictures_of_training_are_the_students_own():
    from cctview.extract import Extractor
    from cctview.extract.student import Student
    from studio.training.train_defended import embedder

    crops = [picture(k, 20 + k, 30) for k in range(3)]
    extractor, network = Extractor(), Student()
    network.load_state_dict(
        {k: v.float() for k, v in torch.load("models/student-64.pt", weights_only=True).items()}
    )
    mean, components = extractor.basis
    coordinates = embedder(network.eval())(crops)
    np.testing.assert_allclose(coordinates @ components + mean, extractor.extract(crops), atol=1e-2)


@pytest.mark.parametrize(("trainer", "side"), [("train_second", 48), ("train_third", 56)])
def test_augmentation_of_the_other_networks_keeps_range_and_size(trainer, side):
    from importlib import import_module

    augment = import_module(f"studio.training.{trainer}").augment
    rng = np.random.default_rng(0)
    shown = np.stack([augment(picture(k, 15 + k, 40), rng) for k in range(20)])
    assert shown.shape == (20, side, side, 3)
    assert shown.dtype == np.float32
    assert shown.min() >= 0
    assert shown.max() <= 1


@pytest.mark.parametrize(
    ("trainer", "recordings"),
    [("train_second", "training_crops"), ("train_third", "other_cameras")],
)
def test_the_other_networks_learn_from_identities(trainer, recordings, tmp_path, monkeypatch):
    """Two vehicles at two cameras each: weights change, and a second call finds its work done."""
    from importlib import import_module
    from types import SimpleNamespace

    module = import_module(f"studio.training.{trainer}")
    table = pd.DataFrame({"vehicle": np.repeat([4, 7], 4), "camera": ["a", "b"] * 4})
    known = SimpleNamespace(images=[picture(k, 20, 30) for k in range(8)], table=table)
    monkeypatch.setattr(getattr(module, recordings), "load", lambda *_: known)
    monkeypatch.setattr(module, "STEPS", 2)
    one = torch.load(module.train(tmp_path, epochs=1), weights_only=True)
    two = torch.load(module.train(tmp_path, epochs=2), weights_only=True)
    again = torch.load(module.train(tmp_path, epochs=2), weights_only=True)
    learned = [name for name in one if not torch.equal(one[name], two[name])]
    assert any(name.endswith("weight") for name in learned)
    assert all(torch.equal(two[name], again[name]) for name in two)


def test_other_cameras_stand_on_the_road_only_while_they_record():
    """They see the road and no ramp, and share neither a camera nor a seed with the others."""
    from studio.build import Settings
    from studio.road import expressway
    from studio.road.render import Renderer
    from studio.training import other_cameras, training_road

    before = list(expressway.CAMERAS)
    assert not set(before) & set(other_cameras._NAMES)
    assert not {seed for seed, *_ in other_cameras._RECORDINGS} & {
        settings.seed for settings in training_road.RECORDINGS
    }
    with other_cameras._on_the_road():
        assert Settings(cameras=other_cameras._NAMES).cameras == other_cameras._NAMES
        for name in other_cameras._NAMES:
            camera = expressway.CAMERAS[name]
            for way in expressway.CARRIAGEWAYS.values():
                for ramp in (*way.entries, *way.exits):
                    assert not 0 <= camera.ahead(ramp.km) <= expressway.VIEW
        assert Renderer(other_cameras._NAMES[0]).parked.size == 0
    assert list(expressway.CAMERAS) == before
    with pytest.raises(ValueError, match="unknown camera"):
        Settings(cameras=other_cameras._NAMES)


def test_retraining_for_a_defence_leaves_weights_that_load(tmp_path):
    import pandas as pd

    from cctview.attacks.crops import LabelledCrops
    from cctview.defences.catalogue import DEFENCES
    from cctview.defences.cloak import shipped_student
    from studio.training import train_defended

    table = pd.DataFrame(
        {
            "vehicle": np.repeat(np.arange(8), 3),
            "camera": "c",
            "passing": np.repeat(np.arange(8), 3),
        }
    )
    windows = tuple(picture(k // 3, 32, 32) for k in range(24))
    looks, blur = (
        LabelledCrops(table, np.zeros((24, 0)), windows, np.tile([0, 0, 32, 32], (24, 1))),
        DEFENCES["blur"],
    )
    state = torch.load(train_defended.train_one(tmp_path, blur, looks, epochs=2), weights_only=True)
    shipped = shipped_student()
    assert set(state) == set(shipped.state_dict())
    assert state["head.weight"].dtype == torch.float16
    before, after = (
        train_defended.embedder(shipped)(looks.images),
        train_defended.embedding(tmp_path, blur)(looks.images),
    )
    assert after.shape == before.shape
    assert np.isfinite(after).all()
    assert np.abs(after - before).max() > 0.01
    assert train_defended.embedding(tmp_path, DEFENCES["jpeg"]) is None


def test_what_other_code_or_other_weights_began_is_not_continued(tmp_path):
    weights = tmp_path / "weights.pt"
    weights.write_bytes(b"first")
    module = "studio.training.train_inverter"
    place = named_by_code(tmp_path / "inverter.pt", module, weights)
    assert place == named_by_code(tmp_path / "inverter.pt", module, weights)
    assert place.suffix == ".pt"
    weights.write_bytes(b"second")
    others = [
        named_by_code(tmp_path / "inverter.pt", module, weights),
        named_by_code(tmp_path / "inverter.pt", "studio.training.train_second", weights),
    ]
    assert len({place, *others}) == 3


def test_the_mean_of_the_weights_is_exported_and_survives_a_stop(tmp_path):
    def parts():
        network = torch.nn.Linear(1, 1, bias=False)
        return network, torch.optim.SGD(network.parameters(), 0.0), AveragedModel(network)

    network, optimiser, average = parts()
    for weight in (1.0, 3.0):
        network.weight.data.fill_(weight)
        average.update_parameters(network)
    Checkpoint(tmp_path / "run.pt", network, optimiser, average).save(1)
    network, optimiser, average = parts()
    checkpoint = Checkpoint(tmp_path / "run.pt", network, optimiser, average)
    checkpoint.load()
    network.weight.data.fill_(8.0)
    average.update_parameters(network)
    exported = torch.load(checkpoint.export(tmp_path / "weights.pt"), weights_only=True)
    assert exported["weight"].item() == 4.0, "the mean of 1, 3 and 8"
