"""Train the compact student: distil DenseNet-201-VeRI's stored features of real crops into a small
network.

The student sees crops of the training minutes only, squeezed to 64×64, and learns the teacher's
coordinates on 256 principal components. Three losses: the coordinates themselves, the angle of the
centred vectors, and the angles between the crops of a batch, which is what matching uses.

The last cycle adds two. Half of a batch comes in runs of neighbouring detections, among which the
student must rank as the teacher does. And beside the real crops stand the simulation's, which the
teacher never saw: there the crops of one vehicle, each augmented twice, must lie closer together
than those of others (consistency and identity; Khosla et al. 2020, arXiv 2004.11362).
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.nn.functional import cosine_similarity, kl_div, normalize, smooth_l1_loss
from tqdm import tqdm

from cctview.dataset import read_image
from cctview.extract.student import INPUT_SIZE, Student
from studio.training import real, schedule, training_road
from studio.training.checkpoint import Checkpoint, fit
from studio.training.schedule import Cycle

SEED = 5
CYCLES = (Cycle(6, 2e-3, 2e-5), Cycle(9, 1.4e-3, 4e-5), Cycle(18, 1.2e-3, 1e-5, simulated=True))
EPOCHS = schedule.total(CYCLES)
WARM_UP = 300
"""Batches at the very beginning over which the learning rate rises."""
PURPOSE = "extractor: the compact student"
MARGIN = 8
"""Pixels kept around a 64×64 crop, for jitter."""
BATCH = 128
RUN = 16
"""Neighbouring detections in a run: some three to six frames of one camera."""
VEHICLES, LOOKS = 12, 3
"""Simulated vehicles in a batch, and crops of each."""
TEMPERATURE = 0.1
NEIGHBOURS, IDENTITY = 0.5, 0.1
"""Weights of the last cycle's two losses."""


def crop_with_margin(image: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Cut `box` (x1, y1, x2, y2) squeezed to 64×64, with 8 more pixels of its surroundings on each
    side.
    """
    x1, y1, x2, y2 = box.astype(np.float32)
    scale = np.array([INPUT_SIZE / (x2 - x1), INPUT_SIZE / (y2 - y1)], np.float32)
    matrix = np.array(
        [[scale[0], 0, MARGIN - x1 * scale[0]], [0, scale[1], MARGIN - y1 * scale[1]]], np.float32
    )
    size = INPUT_SIZE + 2 * MARGIN
    return cv2.warpAffine(
        image, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def load_crops(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Crops (n, 80, 80, 3) uint8 of the vehicles of a split, and the rows of `real.load_detections`
    they come from.
    """
    detections = real.load_detections()
    wanted = detections[(detections.split == split) & ~detections.dup_or_nonveh]
    images = {(f.cam, f.sec): f.jpeg for f in real.load_frames().itertuples()}
    crops = np.empty((len(wanted), INPUT_SIZE + 2 * MARGIN, INPUT_SIZE + 2 * MARGIN, 3), np.uint8)
    row = 0
    for key, group in tqdm(
        wanted.groupby(["cam", "sec"], sort=False), desc=f"crops of {split}", unit="frame"
    ):
        image = read_image(images[key], f"frame {key}")
        for box in group[["x1", "y1", "x2", "y2"]].to_numpy():
            crops[row] = crop_with_margin(image, box)
            row += 1
    order = np.concatenate(list(wanted.groupby(["cam", "sec"], sort=False).groups.values()))
    return crops, order


@dataclass(frozen=True)
class SimulatedCrops:
    """Crops of simulated vehicles that the identity loss learns from.

    Attributes
    ----------
    crops : ndarray of uint8, shape (n, 80, 80, 3)
    rows : list of ndarray
        For each vehicle, which crops show it: at least `LOOKS`.
    """

    crops: np.ndarray
    rows: list[np.ndarray]

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, torch.Tensor]:
        """`LOOKS` crops of each of `VEHICLES` vehicles, every crop twice, and who is on them."""
        vehicles = rng.choice(len(self.rows), VEHICLES, replace=False)
        rows = np.concatenate(
            [rng.choice(self.rows[vehicle], LOOKS, replace=False) for vehicle in vehicles]
        )
        return self.crops[np.tile(rows, 2)], torch.from_numpy(
            np.tile(np.repeat(vehicles, LOOKS), 2)
        )


def load_simulated_crops(work: Path) -> SimulatedCrops:
    """Cut the moving vehicles out of the simulation's training minutes: both sides 10 pixels or
    more, at most 40 % hidden.
    """
    recordings = training_road.load(work)
    boxes = recordings.boxes
    sides = np.minimum(boxes.x2 - boxes.x1, boxes.y2 - boxes.y1)
    boxes = boxes[(boxes.vehicle >= 0) & (sides >= 10) & (boxes.hidden <= 0.4)]
    jpegs = dict(zip(recordings.frames.frame, recordings.frames.jpeg))
    crops, vehicles = [], []
    for frame, group in tqdm(
        boxes.groupby("frame", sort=False), desc="crops of the simulation", unit="frame"
    ):
        image = read_image(jpegs[frame], frame)
        crops += [
            crop_with_margin(image, box) for box in group[["x1", "y1", "x2", "y2"]].to_numpy()
        ]
        vehicles += list(group.vehicle)
    vehicles = np.array(vehicles)
    order = np.argsort(vehicles, kind="stable")
    rows = np.split(order, np.flatnonzero(np.diff(vehicles[order])) + 1)
    return SimulatedCrops(np.stack(crops), [own for own in rows if len(own) >= LOOKS])


def batches(count: int, runs: bool, rng: np.random.Generator) -> np.ndarray:
    """Rows of an epoch's batches, shape (batches, `BATCH`): at random, or half of each batch in
    runs of `RUN` neighbours.
    """
    if not runs:
        return rng.permutation(count)[: count // BATCH * BATCH].reshape(-1, BATCH)
    many = count // BATCH
    starts = rng.integers(0, count - RUN, (many, BATCH // 2 // RUN))
    neighbours = (starts[..., None] + np.arange(RUN)).reshape(many, -1)
    return np.concatenate(
        [neighbours, rng.permutation(count)[: many * (BATCH // 2)].reshape(many, -1)], axis=1
    )


def augment(crops: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Jitter the frame of each crop, its light and its sharpness; (n, 3, 80, 80) in 0–1 to (n, 3,
    64, 64).
    """
    n = len(crops)
    theta = torch.zeros(n, 2, 3)
    inner = INPUT_SIZE / (INPUT_SIZE + 2 * MARGIN)
    theta[:, 0, 0] = inner * torch.from_numpy(rng.uniform(0.92, 1.1, n).astype(np.float32))
    theta[:, 1, 1] = inner * torch.from_numpy(rng.uniform(0.92, 1.1, n).astype(np.float32))
    theta[:, :, 2] = torch.from_numpy(rng.normal(0, 0.03, (n, 2)).astype(np.float32))
    grid = torch.nn.functional.affine_grid(
        theta, (n, 3, INPUT_SIZE, INPUT_SIZE), align_corners=False
    )
    out = torch.nn.functional.grid_sample(crops, grid, padding_mode="border", align_corners=False)
    gain = torch.from_numpy(
        rng.normal(1, 0.08, (n, 3, 1, 1)).astype(np.float32)
    ) * torch.from_numpy(rng.normal(1, 0.12, (n, 1, 1, 1)).astype(np.float32))
    out = out * gain + torch.from_numpy(rng.normal(0, 0.05, (n, 1, 1, 1)).astype(np.float32))
    soft = torch.nn.functional.avg_pool2d(out, 3, stride=1, padding=1, count_include_pad=False)
    amount = torch.from_numpy(
        (rng.uniform(0, 1, (n, 1, 1, 1)) * (rng.random((n, 1, 1, 1)) < 0.3)).astype(np.float32)
    )
    return (out + amount * (soft - out)).clamp(0, 1)


def distillation_loss(
    predicted: torch.Tensor, teacher: torch.Tensor, variance: float
) -> torch.Tensor:
    """Squared error relative to the teacher's variance, angle to the teacher, and angles within the
    batch.
    """
    squared = ((predicted - teacher) ** 2).sum(1).mean() / variance
    angle = (1 - cosine_similarity(predicted, teacher)).mean()
    within = smooth_l1_loss(
        normalize(predicted) @ normalize(predicted).T,
        normalize(teacher) @ normalize(teacher).T,
        beta=0.1,
    )
    return squared + angle + 4 * within


def neighbour_loss(predicted: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    """How far the student's ranking of a batch is from the teacher's (KL divergence of softmax over
    cosines).
    """

    def ranking(x: torch.Tensor) -> torch.Tensor:
        cosines = normalize(x) @ normalize(x).T / TEMPERATURE
        return cosines.fill_diagonal_(-1e4).log_softmax(1)

    return kl_div(ranking(predicted), ranking(teacher), log_target=True, reduction="batchmean")


def identity_loss(predicted: torch.Tensor, vehicles: torch.Tensor) -> torch.Tensor:
    """Supervised contrastive loss: a crop's log-probability of its own vehicle's other crops among
    all others.
    """
    cosines = normalize(predicted) @ normalize(predicted).T / TEMPERATURE
    log_probability = cosines.fill_diagonal_(-1e4).log_softmax(1)
    same = (vehicles[:, None] == vehicles) & ~torch.eye(len(vehicles), dtype=bool)
    return -(log_probability * same).sum(1).div(same.sum(1)).mean()


def prepare(crops: np.ndarray, rng: np.random.Generator) -> torch.Tensor:
    """Crops (n, 80, 80, 3) uint8, augmented, as the network takes them."""
    pictures = torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 255
    return augment(pictures, rng).to(memory_format=torch.channels_last)


def train(out: Path, epochs: int = EPOCHS) -> Path:
    """Train on the training minutes; checkpoints and the simulation's frames go to `out`, and a
    second call continues.

    Returns
    -------
    Path
        The weights: a bare float16 state dict, `student-64.pt`.
    """
    torch.manual_seed(SEED)
    crops, rows = load_crops("train")
    teacher = torch.from_numpy(real.load_teacher_coordinates()[rows])
    variance = float(teacher.var(0).sum())
    mean, components = real.load_basis()
    network = Student()
    network.components.copy_(torch.from_numpy(components))
    network.mean.copy_(torch.from_numpy(mean))
    network = network.to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), 2e-3, weight_decay=0.02)
    checkpoint = Checkpoint(out / "student-checkpoint.pt", network, optimiser)
    simulated = []  # loaded when the last cycle begins

    def order(epoch, rng):
        cycle, _ = schedule.at(CYCLES, epoch)
        if cycle.simulated and not simulated:
            simulated.append(load_simulated_crops(out))
        return batches(len(crops), cycle.simulated, rng)

    def rate(epoch, share):
        cycle, before = schedule.at(CYCLES, epoch)
        warm = min(1, ((epoch + share) * (len(crops) // BATCH) + 1) / WARM_UP)
        return warm * cycle.rate(before + share)

    def loss(batch, rng):
        return batch_loss(
            network,
            crops[batch],
            teacher[batch],
            variance,
            simulated[0] if simulated else None,
            rng,
        )

    fit(checkpoint, epochs, SEED, order, rate, loss)
    return checkpoint.export(out / "student-64.pt")


def batch_loss(
    network: Student,
    crops: np.ndarray,
    teacher: torch.Tensor,
    variance: float,
    simulated: SimulatedCrops | None,
    rng,
) -> torch.Tensor:
    """All losses of one batch; real and simulated crops go through the network together, so that
    they share its statistics.
    """
    pictures = prepare(crops, rng)
    if simulated is not None:
        simulated_crops, vehicles = simulated.draw(rng)
        pictures = torch.cat([pictures, prepare(simulated_crops, rng)])
    with torch.autocast("cpu", torch.bfloat16):
        predicted = network.coordinates(pictures).float()
    loss = distillation_loss(predicted[: len(crops)], teacher, variance)
    if simulated is not None:
        loss = loss + NEIGHBOURS * neighbour_loss(predicted[: len(crops)], teacher)
        loss = loss + IDENTITY * identity_loss(predicted[len(crops) :], vehicles)
    return loss
