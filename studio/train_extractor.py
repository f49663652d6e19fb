"""Train the compact student: distil DenseNet-201-VeRI's stored features of real crops into a small network.

The student sees crops of the training minutes only, squeezed to 64×64, and learns the teacher's coordinates on 256
principal components. Three losses: the coordinates themselves, the angle of the centred vectors, and the angles
between the crops of a batch, which is what matching uses.
"""

import math
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.nn.functional import cosine_similarity, normalize, smooth_l1_loss
from tqdm import tqdm

from cctview.frames import read_image
from cctview.student import INPUT_SIZE, Student
from studio import real
from studio.checkpoint import Checkpoint

SEED = 5
EPOCHS = 6
PURPOSE = "extractor: the compact student"
MARGIN = 8  # pixels kept around a 64×64 crop, for jitter
BATCH = 128


def crop_with_margin(image: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Cut `box` (x1, y1, x2, y2) squeezed to 64×64, with 8 more pixels of its surroundings on each side."""
    x1, y1, x2, y2 = box.astype(np.float32)
    scale = np.array([INPUT_SIZE / (x2 - x1), INPUT_SIZE / (y2 - y1)], np.float32)
    matrix = np.array([[scale[0], 0, MARGIN - x1 * scale[0]], [0, scale[1], MARGIN - y1 * scale[1]]], np.float32)
    size = INPUT_SIZE + 2 * MARGIN
    return cv2.warpAffine(image, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def load_crops(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Crops (n, 80, 80, 3) uint8 of the vehicles of a split, and the rows of `real.load_detections` they come from."""
    detections = real.load_detections()
    wanted = detections[(detections.split == split) & ~detections.dup_or_nonveh]
    images = {(f.cam, f.sec): f.jpeg for f in real.load_frames().itertuples()}
    crops = np.empty((len(wanted), INPUT_SIZE + 2 * MARGIN, INPUT_SIZE + 2 * MARGIN, 3), np.uint8)
    row = 0
    for key, group in tqdm(wanted.groupby(["cam", "sec"], sort=False), desc=f"crops of {split}", unit="frame"):
        image = read_image(images[key], f"frame {key}")
        for box in group[["x1", "y1", "x2", "y2"]].to_numpy():
            crops[row] = crop_with_margin(image, box)
            row += 1
    order = np.concatenate([g for g in wanted.groupby(["cam", "sec"], sort=False).groups.values()])
    return crops, order


def augment(crops: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Jitter the frame of each crop, its light and its sharpness; (n, 3, 80, 80) in 0–1 to (n, 3, 64, 64)."""
    n = len(crops)
    theta = torch.zeros(n, 2, 3)
    inner = INPUT_SIZE / (INPUT_SIZE + 2 * MARGIN)
    theta[:, 0, 0] = inner * torch.from_numpy(rng.uniform(0.92, 1.1, n).astype(np.float32))
    theta[:, 1, 1] = inner * torch.from_numpy(rng.uniform(0.92, 1.1, n).astype(np.float32))
    theta[:, :, 2] = torch.from_numpy(rng.normal(0, 0.03, (n, 2)).astype(np.float32))
    grid = torch.nn.functional.affine_grid(theta, (n, 3, INPUT_SIZE, INPUT_SIZE), align_corners=False)
    out = torch.nn.functional.grid_sample(crops, grid, padding_mode="border", align_corners=False)
    gain = torch.from_numpy(rng.normal(1, 0.08, (n, 3, 1, 1)).astype(np.float32)) * torch.from_numpy(
        rng.normal(1, 0.12, (n, 1, 1, 1)).astype(np.float32)
    )
    out = out * gain + torch.from_numpy(rng.normal(0, 0.05, (n, 1, 1, 1)).astype(np.float32))
    soft = torch.nn.functional.avg_pool2d(out, 3, stride=1, padding=1, count_include_pad=False)
    amount = torch.from_numpy((rng.uniform(0, 1, (n, 1, 1, 1)) * (rng.random((n, 1, 1, 1)) < 0.3)).astype(np.float32))
    return (out + amount * (soft - out)).clamp(0, 1)


def distillation_loss(predicted: torch.Tensor, taught: torch.Tensor, variance: float) -> torch.Tensor:
    """Squared error relative to the teacher's variance, angle to the teacher, and angles within the batch."""
    squared = ((predicted - taught) ** 2).sum(1).mean() / variance
    angle = (1 - cosine_similarity(predicted, taught)).mean()
    within = smooth_l1_loss(normalize(predicted) @ normalize(predicted).T, normalize(taught) @ normalize(taught).T, beta=0.1)
    return squared + angle + 4 * within


def train(out: Path, epochs: int = EPOCHS) -> Path:
    """Train on the training minutes; checkpoints go to `out`, and a second call continues.

    Returns
    -------
    Path
        The weights: a bare float16 state dict, `student-64.pt`.
    """
    torch.manual_seed(SEED)
    crops, rows = load_crops("train")
    taught = torch.from_numpy(real.load_teacher_coordinates()[rows])
    variance = float(taught.var(0).sum())
    mean, components = real.load_basis()
    network = Student()
    network.components.copy_(torch.from_numpy(components))
    network.mean.copy_(torch.from_numpy(mean))
    network = network.to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), 2e-3, weight_decay=0.02)
    checkpoint = Checkpoint(out / "student-checkpoint.pt", network, optimiser)
    steps = len(crops) // BATCH * epochs
    for epoch in range(checkpoint.load(), epochs):
        rng = np.random.default_rng([SEED, epoch])
        order = rng.permutation(len(crops))[: len(crops) // BATCH * BATCH].reshape(-1, BATCH)
        total = 0.0
        for k, batch in enumerate(bar := tqdm(order, desc=f"epoch {epoch + 1}/{epochs}", unit="batch", mininterval=5)):
            step = epoch * len(order) + k
            rate = 2e-3 * min(1, (step + 1) / 300) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * step / steps)))
            optimiser.param_groups[0]["lr"] = rate
            pictures = torch.from_numpy(crops[batch]).permute(0, 3, 1, 2).float() / 255
            pictures = augment(pictures, rng).to(memory_format=torch.channels_last)
            with torch.autocast("cpu", torch.bfloat16):
                predicted = network.coordinates(pictures)
            loss = distillation_loss(predicted.float(), taught[batch], variance)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item()
            bar.set_postfix(loss=f"{total / (k + 1):.4f}")
        checkpoint.save(epoch + 1)
    return checkpoint.export(out / "student-64.pt")
