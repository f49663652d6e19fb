"""Train TinyYOLOv3, in ImageAI's own architecture and format, on real frames with stored RetinaNet
boxes, then on the simulation's too.

On real frames the network learns what RetinaNet saw: the target of its objectness is RetinaNet's
probability, so that our percentages mean what the original's meant. On simulated frames it learns
the truth, with the probability that RetinaNet gives a real vehicle of that size. It trains at the
scale at which ImageAI shows it a frame: 352×240 enlarged to 416×284.

RetinaNet's types are not all believed. By eye, 14 of the 105 boxes of 13:52 to 13:59 that it calls
a bus at 40 % and more show a bus, a minibus or a school van, five more may, and 31 show two cars
that waited; of its 86 persons at 50 % and more each is one. So where it says bus, no type is
learned on real frames: the simulation teaches what a bus is. Frames that show rare types are drawn
more often (repeat factors: Gupta et al. 2019, arXiv 1908.03195), and these types weigh more. Large
boxes, which are few, weigh more too.
"""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import torch
from imageai.yolov3.tiny_yolov3 import YoloV3Tiny
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader, Dataset
from torchvision.ops import box_iou, complete_box_iou_loss
from tqdm import tqdm

from cctview.dataset import box_area, box_side, read_image
from cctview.detect.detector import TINY_YOLO_ANCHORS, coco_classes
from studio.training import real, schedule, training_road
from studio.training.checkpoint import Checkpoint, named_by_code
from studio.training.schedule import Cycle

SEED = 3
CYCLES = (
    Cycle(3, 1.5e-3, 1.5e-5),
    Cycle(2, 7e-4, 1e-5, simulated=True),
    Cycle(3, 6e-4, 1e-5, simulated=True),
)
EPOCHS = schedule.total(CYCLES)
RECORDINGS = tuple(replace(settings, minutes=2) for settings in training_road.RECORDINGS)
"""The simulated minutes: the first half of each recording."""
WARM_UP = 200
"""Batches at the very beginning over which the learning rate rises."""
PURPOSE = "detector: TinyYOLOv3 for ImageAI"
WIDTH, HEIGHT = 416, 288
BATCH = 16
STRIDES = (32, 16)
ANCHORS = torch.tensor(TINY_YOLO_ANCHORS, dtype=torch.float32).view(6, 2)
ANCHORS_OF = (ANCHORS[3:], ANCHORS[:3])
GREY = 128
CLASSES = coco_classes()
UNKNOWN = -1
"""The class of a box whose type is not learned."""
WANTED_SHARE = 0.2
"""Share of frames that a type should be in: frames with rarer ones are repeated."""
MOST_REPEATED, MOST_WEIGHT = 4.0, 6.0
LARGE = 60
"""Pixels of the network's picture, root of a box's area, from which its place weighs more: three
times at most.
"""


def real_frames() -> list[tuple[bytes, np.ndarray]]:
    """The training minutes: for each frame its JPEG and its boxes (n, 6): x1 y1 x2 y2 class
    probability.
    """
    frames, detections = real.load_frames(), real.load_detections()
    duplicate = detections.dup_or_nonveh & ~detections.cls.isin(["person", "bicycle"])
    detections = detections[~duplicate]
    boxes = detections.groupby(["cam", "sec"])
    empty = detections.iloc[:0]
    items = []
    for frame in frames[frames.split == "train"].itertuples():
        key = (frame.cam, frame.sec)
        own = detections.loc[boxes.groups[key]] if key in boxes.groups else empty
        targets = _targets(own, own.cls, own["prob"] / 100)
        targets[targets[:, 4] == CLASSES.index("bus"), 4] = UNKNOWN
        items.append((frame.jpeg, targets))
    return items


def repeats(items: list[tuple[bytes, np.ndarray]], rng: np.random.Generator) -> np.ndarray:
    """Which items an epoch shows: each once, and those with rare types more often.

    An item is repeated ``sqrt(WANTED_SHARE / f)`` times, by the share f of items that show its
    rarest type; a fraction is drawn by chance.
    """
    shown = [np.unique(boxes[:, 4]).astype(int) for _, boxes in items]
    types, counts = np.unique(np.concatenate([*shown, []]), return_counts=True)
    factor = np.sqrt(WANTED_SHARE * len(items) / counts).clip(1, MOST_REPEATED)
    factors = dict(zip(types.tolist(), factor.tolist())) | {UNKNOWN: 1.0}
    wanted = np.array([max([1.0, *(factors[kind] for kind in own)]) for own in shown])
    times = np.floor(wanted) + (rng.random(len(items)) < wanted % 1)
    return np.repeat(np.arange(len(items)), times.astype(int))


def type_weights(items: list[tuple[bytes, np.ndarray]]) -> torch.Tensor:
    """How much each class weighs in the loss, (80,): the root of how much rarer it is than the most
    frequent.
    """
    classes = np.concatenate([boxes[:, 4] for _, boxes in items]).astype(int)
    counts = np.bincount(classes[classes >= 0], minlength=len(CLASSES))
    weights = np.sqrt(counts.max() / np.maximum(counts, 1)).clip(1, MOST_WEIGHT)
    return torch.from_numpy(weights.astype(np.float32))


def simulated_frames(work: Path) -> list[tuple[bytes, np.ndarray]]:
    """The simulation's training minutes, as `real_frames`; what is too small or too hidden to be
    seen is background.
    """
    recordings = training_road.load(work, RECORDINGS)
    boxes = recordings.boxes
    confidence = usual_confidence(boxes) * (1 - boxes.hidden)
    boxes = boxes.assign(confidence=confidence)[(confidence >= 0.2) & (box_side(boxes) >= 8)]
    groups = boxes.groupby("frame").indices
    return [
        (jpeg, _targets(own := boxes.iloc[groups.get(frame, [])], own.type, own.confidence))
        for frame, jpeg in zip(recordings.frames.frame, recordings.frames.jpeg)
    ]


def usual_confidence(boxes: pd.DataFrame) -> np.ndarray:
    """The median probability (0–1) that RetinaNet gave a real vehicle of each box's size."""
    stored = real.load_detections()
    stored = stored[(stored.split == "train") & ~stored.dup_or_nonveh]
    size = box_side(stored)
    twentieths = size.groupby(pd.qcut(size, 20)).median()
    medians = (stored["prob"] / 100).groupby(pd.qcut(size, 20)).median()
    return np.interp(box_side(boxes), twentieths, medians)


def _targets(boxes: pd.DataFrame, types, confidence) -> np.ndarray:
    classes = [CLASSES.index(name) for name in types]
    return (
        np.column_stack([boxes[["x1", "y1", "x2", "y2"]], classes, confidence])
        .astype(np.float32)
        .reshape(-1, 6)
    )


class Frames(Dataset):
    """Frames with augmentation: (3, 288, 416) pictures in 0–1 and boxes (n, 6): x1 y1 x2 y2 class
    probability.

    Parameters
    ----------
    items : list of (bytes, ndarray)
        See `real_frames`.
    epoch : int
        Another epoch draws other pictures from the same frames.
    """

    def __init__(self, items: list[tuple[bytes, np.ndarray]], epoch: int):
        self.items, self.epoch = items, epoch

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        rng = np.random.default_rng([SEED, self.epoch, index])
        picture, boxes = self._placed(index, rng)
        if rng.random() < 0.5:
            # The other half of the picture comes from another frame, so that backgrounds tell less.
            other, other_boxes = self._placed(int(rng.integers(len(self))), rng)
            cut = int(rng.uniform(0.3, 0.7) * WIDTH)
            picture = np.concatenate([picture[:, :cut], other[:, cut:]], axis=1)
            boxes = np.concatenate([_clip(boxes, 0, cut), _clip(other_boxes, cut, WIDTH)])
        picture = _light(picture, rng)
        return torch.from_numpy(picture).permute(2, 0, 1).contiguous(), torch.from_numpy(boxes)

    def _placed(self, index: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        jpeg, boxes = self.items[index]
        image = read_image(jpeg, f"training frame {index}")
        base = WIDTH / image.shape[1]
        scale = base * np.exp(rng.normal(0, 0.15))
        x0 = WIDTH / 2 - scale * image.shape[1] * (0.5 + rng.normal(0, 0.08))
        y0 = HEIGHT / 2 - scale * image.shape[0] * (0.5 + rng.normal(0, 0.08))
        flip = rng.random() < 0.5
        sx, tx = (-scale, WIDTH - x0) if flip else (scale, x0)
        matrix = np.array([[sx, 0, tx], [0, scale, y0]], np.float32)
        placed = cv2.warpAffine(
            image, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC, borderValue=(GREY,) * 3
        )
        moved = boxes.copy()
        moved[:, [0, 2]] = np.sort(boxes[:, [0, 2]] * sx + tx, axis=1)
        moved[:, [1, 3]] = boxes[:, [1, 3]] * scale + y0
        return placed.astype(np.float32) / 255, _clip(moved, 0, WIDTH)


def _clip(boxes: np.ndarray, left: float, right: float) -> np.ndarray:
    """Cut boxes to a vertical band of the picture; those that lose more than half are kept out."""
    cut = boxes.copy()
    cut[:, [0, 2]] = boxes[:, [0, 2]].clip(left, right)
    cut[:, [1, 3]] = boxes[:, [1, 3]].clip(0, HEIGHT)
    return cut[box_area(cut[:, :4]) > 0.5 * box_area(boxes[:, :4])]


def _light(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Other light, other colours, another lens; now and then no colour at all."""
    picture = picture * np.float32(rng.normal(1, 0.2)) * rng.normal(1, 0.06, 3).astype(np.float32)
    picture = picture + np.float32(rng.normal(0, 0.08))
    grey = picture.mean(2, keepdims=True)
    saturation = 0 if rng.random() < 0.1 else rng.uniform(0.6, 1.4)
    picture = grey + np.float32(saturation) * (picture - grey)
    if rng.random() < 0.3:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.2))
    picture = picture + rng.normal(0, rng.uniform(0, 0.03), picture.shape).astype(np.float32)
    return picture.clip(0, 1)


def raw_outputs(network: YoloV3Tiny, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What the two detection layers are given: (n, 255, 9, 13) and (n, 255, 18, 26), before any
    decoding.
    """
    y = network.maxpool2(network.conv2(network.maxpool1(network.conv1(x))))
    y = network.maxpool4(network.conv4(network.maxpool3(network.conv3(y))))
    early = network.conv5(y)
    y = network.zeropad(network.conv6(network.maxpool5(early)))
    late = network.conv8(network.conv7(network.maxpool6(y)))
    joined = torch.cat([network.upsample1(network.conv11(late)), early], 1)
    return network.conv10(network.conv9(late)), network.conv13(network.conv12(joined))


def decode(raw: torch.Tensor, level: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Boxes x1 y1 x2 y2 (pixels), logits (objectness, classes): (n, 3, rows, columns, …)."""
    n, _, rows, columns = raw.shape
    raw = raw.view(n, 3, 5 + len(CLASSES), rows, columns).permute(0, 1, 3, 4, 2)
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    centre = (raw[..., :2].sigmoid() + torch.stack([x, y], -1)) * STRIDES[level]
    half = raw[..., 2:4].clamp(max=6).exp() * ANCHORS_OF[level].view(1, 3, 1, 1, 2) / 2
    return torch.cat([centre - half, centre + half], -1), raw[..., 4:]


def assign(boxes: torch.Tensor) -> list[tuple[torch.Tensor, ...]]:
    """For each level, who answers for which box: (box row, anchor, grid row, grid column).

    Every anchor whose sides are within a factor of 3 of the box's answers, and the best one always
    does.
    """
    size = boxes[:, 2:4] - boxes[:, :2]
    ratio = size[:, None] / ANCHORS[None]
    worst = torch.maximum(ratio, 1 / ratio).amax(2)
    chosen = (worst < 3) | (worst == worst.amin(1, keepdim=True))
    centre = (boxes[:, :2] + boxes[:, 2:4]) / 2
    answers = []
    for level, anchors in enumerate((range(3, 6), range(3))):
        row, anchor = chosen[:, list(anchors)].nonzero(as_tuple=True)
        cell = (centre[row] / STRIDES[level]).long()
        answers.append(
            (
                row,
                anchor,
                cell[:, 1].clamp(0, HEIGHT // STRIDES[level] - 1),
                cell[:, 0].clamp(0, WIDTH // STRIDES[level] - 1),
            )
        )
    return answers


def detection_loss(
    raws: tuple[torch.Tensor, torch.Tensor], targets: list[torch.Tensor], weights: torch.Tensor
) -> torch.Tensor:
    """Complete IoU of the boxes, cross-entropy of objectness (towards RetinaNet's probability) and
    of classes.

    Parameters
    ----------
    raws : tuple of Tensor
        See `raw_outputs`.
    targets : list of Tensor, each of shape (n, 6)
        x1 y1 x2 y2 class probability; a class of `UNKNOWN` is not learned.
    weights : Tensor, shape (80,)
        Of the classes.
    """
    decoded = [decode(raw, level) for level, raw in enumerate(raws)]
    box_loss = object_loss = class_loss = torch.zeros(())
    count = max(1, sum(len(t) for t in targets))
    for k, boxes in enumerate(targets):
        answers = assign(boxes) if len(boxes) else None
        for level, (predicted, logits) in enumerate(decoded):
            wanted, weight = torch.zeros(logits.shape[1:4]), torch.ones(logits.shape[1:4])
            if answers is not None:
                with torch.no_grad():
                    overlap = (
                        box_iou(predicted[k].reshape(-1, 4), boxes[:, :4])
                        .amax(1)
                        .view(weight.shape)
                    )
                weight[overlap > 0.6] = 0
                row, *place = answers[level]
                place = (k, *place)
                wanted.index_put_(place[1:], boxes[row, 5])
                weight.index_put_(place[1:], torch.ones(len(row)))
                place_loss = complete_box_iou_loss(predicted[place], boxes[row, :4])
                side = (boxes[row, 2:4] - boxes[row, :2]).prod(1).sqrt()
                box_loss = box_loss + ((side / LARGE).clamp(1, 3) * place_loss).sum()
                kind = boxes[row, 4].long()
                known = kind >= 0
                labels = torch.nn.functional.one_hot(kind[known], len(CLASSES)).float()
                types_loss = binary_cross_entropy_with_logits(
                    logits[place][known, 1:], labels, reduction="none"
                ).sum(1)
                class_loss = class_loss + (weights[kind[known]] * types_loss).sum()
            object_loss = (
                object_loss
                + (
                    weight
                    * binary_cross_entropy_with_logits(logits[k, ..., 0], wanted, reduction="none")
                ).sum()
            )
    return (2 * box_loss + object_loss + 0.5 * class_loss) / count


def train(out: Path, epochs: int = EPOCHS) -> Path:
    """Train on the training minutes; checkpoints and the simulation's frames go to `out`, and a
    second call continues.

    Returns
    -------
    Path
        The weights: a bare float16 state dict that ImageAI loads, `tiny-yolov3-traffic.pt`.
    """
    torch.manual_seed(SEED)
    network = YoloV3Tiny(TINY_YOLO_ANCHORS)
    for last in (network.conv10, network.conv13):
        last.conv.bias.data.view(3, -1)[:, 4:] = -4.5
    network = network.to(memory_format=torch.channels_last).train()
    optimiser = torch.optim.AdamW(network.parameters(), 1e-3, weight_decay=0.02)
    place = named_by_code(out / "detector-checkpoint.pt", __name__)
    checkpoint = Checkpoint(place, network, optimiser)
    real_items, simulated_items = real_frames(), None
    weights = type_weights(real_items)
    for epoch in range(checkpoint.load(), epochs):
        cycle, before = schedule.at(CYCLES, epoch)
        if cycle.simulated and simulated_items is None:
            simulated_items = simulated_frames(out)
            weights = type_weights(real_items + simulated_items)
        items = real_items + (simulated_items[epoch % 2 :: 2] if cycle.simulated else [])
        shown = repeats(items, np.random.default_rng([SEED, epoch]))
        loader = DataLoader(
            Frames([items[k] for k in shown], epoch),
            BATCH,
            shuffle=True,
            drop_last=True,
            num_workers=1,
            collate_fn=lambda items: list(zip(*items)),
            generator=torch.Generator().manual_seed(epoch),
        )
        total = 0.0
        bar = tqdm(loader, desc=f"epoch {epoch + 1}/{epochs}", unit="batch", mininterval=5)
        for k, (pictures, targets) in enumerate(bar):
            warm = min(1, (epoch * len(loader) + k + 1) / WARM_UP)
            optimiser.param_groups[0]["lr"] = warm * cycle.rate(before + k / len(loader))
            batch = torch.stack(pictures).to(memory_format=torch.channels_last)
            with torch.autocast("cpu", torch.bfloat16):
                raws = raw_outputs(network, batch)
            loss = detection_loss(tuple(raw.float() for raw in raws), list(targets), weights)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 10)
            optimiser.step()
            total += loss.item()
            bar.set_postfix(loss=f"{total / (k + 1):.3f}")
        checkpoint.save(epoch + 1)
    return checkpoint.export(out / "tiny-yolov3-traffic.pt")
