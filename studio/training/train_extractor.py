"""Train the compact student: distil DenseNet-201-VeRI's stored features of real crops into a small
network.

The student sees crops of the training minutes only, squeezed to 64×64, and learns the teacher's
coordinates on 256 principal components. Three losses: the coordinates themselves, the angle of the
centred vectors, and the angles between the crops of a batch, which is what matching uses.

The last cycle adds two. Half of a batch comes in runs of neighbouring detections, among which the
student must rank as the teacher does. And crops that show one vehicle, by the links of
`studio.training.real_links`, must lie closer together than those of others (Khosla et al. 2020,
arXiv 2004.11362). Their light is changed camera by camera: between two cameras exposure tells
nothing, within one it does. No simulated vehicle is learned from, so the simulated road can judge.
"""

from pathlib import Path

import cv2
import numpy as np
import torch
from torch.nn import functional
from torch.nn.functional import cosine_similarity, kl_div, normalize, smooth_l1_loss
from torch.optim.swa_utils import AveragedModel
from tqdm import tqdm

from cctview.dataset import read_image
from cctview.extract.student import INPUT_SIZE, Student
from studio.training import real, schedule
from studio.training.checkpoint import Checkpoint, fit, named_by_code
from studio.training.real_links import RealVehicles, find_vehicles
from studio.training.schedule import Cycle

SEED = 5
CYCLES = (Cycle(5, 2e-3, 4e-5), Cycle(4, 1.2e-3, 1e-5))
"""The links are learned from in the second. Longer is not better within a camera: 80 batches of it
tell vehicles at 689 apart by an AUC of .90, 1,000 by .83 to .86, while from 733 to 735 the share
that is found rises from .19 to .28 (test minutes, pairs labelled by eye). The mean of the weights
of both has .88 and .27; so what is exported is a mean along the second cycle.
"""
MEAN_FROM, MEAN_EVERY = 80, 20
"""The first batch of the second cycle whose weights count in the mean, and how many lie between."""
EPOCHS = schedule.total(CYCLES)
WARM_UP = 300
"""Batches at the very beginning over which the learning rate rises."""
PURPOSE = "extractor: the compact student"
MARGIN = 8
"""Pixels kept around a 64×64 crop, for jitter."""
BATCH = 128
RUN = 16
"""Neighbouring detections in a run: some three to six frames of one camera."""
TEMPERATURE = 0.1
NEIGHBOURS, IDENTITY = 0.5, 1.0
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


def move(crops: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Jitter the frame of each crop; (n, 3, 80, 80) to (n, 3, 64, 64)."""
    n = len(crops)
    theta = torch.zeros(n, 2, 3)
    inner = INPUT_SIZE / (INPUT_SIZE + 2 * MARGIN)
    for axis in range(2):
        theta[:, axis, axis] = inner * _tensor(rng.uniform(0.92, 1.1, n))
    theta[:, :, 2] = _tensor(rng.normal(0, 0.03, (n, 2)))
    grid = functional.affine_grid(theta, (n, 3, INPUT_SIZE, INPUT_SIZE), align_corners=False)
    return functional.grid_sample(crops, grid, padding_mode="border", align_corners=False)


def light(pictures: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Other colours and another exposure for each picture (n, 3, 64, 64) in 0–1."""
    n = len(pictures)
    gain = rng.normal(1, 0.08, (n, 3, 1, 1)) * rng.normal(1, 0.12, (n, 1, 1, 1))
    return pictures * _tensor(gain) + _tensor(rng.normal(0, 0.05, (n, 1, 1, 1)))


def soften(pictures: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Blur three in ten pictures a little, and cut all to 0–1."""
    n = len(pictures)
    soft = functional.avg_pool2d(pictures, 3, stride=1, padding=1, count_include_pad=False)
    amount = rng.uniform(0, 1, (n, 1, 1, 1)) * (rng.random((n, 1, 1, 1)) < 0.3)
    return (pictures + _tensor(amount) * (soft - pictures)).clamp(0, 1)


def another_exposure(
    pictures: torch.Tensor, cameras: np.ndarray, rng: np.random.Generator
) -> torch.Tensor:
    """Other colours, exposure and contrast for each camera, and a little for each picture.

    Parameters
    ----------
    pictures : Tensor, shape (n, 3, 64, 64), in 0–1
    cameras : ndarray, shape (n,)
        The camera of each: what tells a black vehicle from a grey one is kept within a camera.
    rng : Generator
    """
    _, camera = np.unique(cameras, return_inverse=True)

    def changes(count, size):
        gain = rng.normal(1, 0.2 * size, (count, 1, 1, 1)) * rng.normal(
            1, 0.06 * size, (count, 3, 1, 1)
        )
        offset = rng.normal(0, 0.06 * size, (count, 1, 1, 1))
        return gain, offset, np.exp(size * rng.uniform(-0.29, 0.29, (count, 1, 1, 1)))

    theirs = [change[camera] for change in changes(camera.max() + 1, 1.0)]
    own = changes(len(pictures), 0.3)
    lit = pictures * _tensor(theirs[0] * own[0]) + _tensor(theirs[1] + own[1])
    return lit.clamp(1e-3, 1) ** _tensor(theirs[2] * own[2])


def from_afar(pictures: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Show a third of the pictures as a camera shows vehicles that are further away, and add noise
    to all.
    """
    out = pictures.clone()
    for k in np.flatnonzero(rng.random(len(out)) < 0.35):
        side = int(rng.integers(14, 40))
        small = functional.interpolate(out[k : k + 1], size=(side, side), mode="area")
        out[k] = functional.interpolate(
            small, size=INPUT_SIZE, mode="bilinear", align_corners=False
        )[0]
    return out + _tensor(rng.normal(0, 0.015, tuple(out.shape)))


def _tensor(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.asarray(values, np.float32))


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


def identity_loss(
    predicted: torch.Tensor, vehicles: torch.Tensor, unknown: torch.Tensor | None = None
) -> torch.Tensor:
    """Supervised contrastive loss: a crop's log-probability of its own vehicle's other crops among
    all others.

    Parameters
    ----------
    predicted : Tensor, shape (n, d)
    vehicles : Tensor of int, shape (n,)
    unknown : Tensor of bool, shape (n, n), optional
        Pairs of crops of different `vehicles` that may show one all the same: they count neither
        way.
    """
    cosines = normalize(predicted) @ normalize(predicted).T / TEMPERATURE
    same = vehicles[:, None] == vehicles
    itself = torch.eye(len(vehicles), dtype=bool)
    left_out = itself if unknown is None else itself | (unknown & ~same)
    log_probability = cosines.masked_fill(left_out, -1e4).log_softmax(1)
    same = same & ~itself
    others = same.sum(1)
    found = -(log_probability * same).sum(1)[others > 0] / others[others > 0]
    return found.mean()


def prepare(crops: np.ndarray) -> torch.Tensor:
    """Crops (n, 80, 80, 3) uint8 as pictures (n, 3, 80, 80) in 0–1."""
    return torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 255


class Lesson:
    """What the student learns from: crops, the teacher's coordinates of them, and the vehicles.

    Parameters
    ----------
    without : str, optional
        A camera whose crops are left out, to measure on it.
    """

    def __init__(self, without: str | None = None) -> None:
        detections, taught = real.load_detections(), real.load_teacher_coordinates()
        crops, rows = load_crops("train")
        kept = (detections.cam.to_numpy() != without)[rows]
        self.crops, self.rows = crops[kept], rows[kept]
        self.teacher = torch.from_numpy(taught[self.rows])
        self.variance = float(self.teacher.var(0).sum())
        training = (detections.split == "train").to_numpy()
        vehicles = find_vehicles(detections[training], taught[training])
        self.vehicles: RealVehicles = vehicles.among(self.rows)
        place = np.full(len(detections), -1)
        place[self.rows] = np.arange(len(self.rows))
        self._crop_of = place[self.vehicles.table["row"]]

    def loss(self, network: Student, batch: np.ndarray, linked: bool, rng) -> torch.Tensor:
        """All losses of one batch; both kinds of crops go through the network together, so that
        they share its statistics.
        """
        pictures = soften(light(move(prepare(self.crops[batch]), rng), rng), rng)
        if linked:
            drawn, vehicles = self.vehicles.draw(rng)
            cameras = self.vehicles.table.cam.to_numpy()[drawn]
            others = move(prepare(self.crops[self._crop_of[drawn]]), rng)
            others = from_afar(another_exposure(soften(others, rng), cameras, rng), rng)
            pictures = torch.cat([pictures, others])
        with torch.autocast("cpu", torch.bfloat16):
            predicted = network.coordinates(
                pictures.contiguous(memory_format=torch.channels_last)
            ).float()
        teacher = self.teacher[batch]
        loss = distillation_loss(predicted[: len(batch)], teacher, self.variance)
        if linked:
            loss = loss + NEIGHBOURS * neighbour_loss(predicted[: len(batch)], teacher)
            loss = loss + IDENTITY * identity_loss(
                predicted[len(batch) :],
                torch.from_numpy(vehicles),
                torch.from_numpy(self.vehicles.conflicts(drawn)),
            )
        return loss


def train(out: Path, epochs: int = EPOCHS, without: str | None = None) -> Path:
    """Train on the training minutes; checkpoints go to `out`, and a second call continues.

    Parameters
    ----------
    out : Path
    epochs : int
        Stop after so many.
    without : str, optional
        A camera that is left out, to measure on it.

    Returns
    -------
    Path
        The weights: a bare float16 state dict, `student-64.pt`, with the camera that was left out
        in its name.
    """
    torch.manual_seed(SEED)
    lesson = Lesson(without)
    mean, components = real.load_basis()
    network = Student()
    network.components.copy_(torch.from_numpy(components))
    network.mean.copy_(torch.from_numpy(mean))
    network = network.to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), 2e-3, weight_decay=0.02)
    name = f"student-64-without-{without}" if without else "student-64"
    average = AveragedModel(network, use_buffers=True)
    place = named_by_code(out / f"{name}-checkpoint.pt", __name__)
    checkpoint = Checkpoint(place, network, optimiser, average)
    linked = False

    def order(epoch, rng):
        nonlocal linked
        linked = epoch >= CYCLES[0].epochs
        return batches(len(lesson.crops), linked, rng)

    def rate(epoch, share):
        cycle, before = schedule.at(CYCLES, epoch)
        warm = min(1, ((epoch + share) * (len(lesson.crops) // BATCH) + 1) / WARM_UP)
        return warm * cycle.rate(before + share)

    def after(epoch, batch):
        if linked and (epoch > CYCLES[0].epochs or batch >= MEAN_FROM) and batch % MEAN_EVERY == 0:
            average.update_parameters(network)

    def loss(batch, rng):
        return lesson.loss(network, batch, linked, rng)

    fit(checkpoint, epochs, SEED, order, rate, loss, after=after)
    return checkpoint.export(out / f"{name}.pt")
