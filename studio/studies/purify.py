"""What an adaptive tracker does to images before it embeds them, knowing how they were defended.

Nothing brings back what is gone; a purifier only turns a defended image into one more like those
the extractor knows.
"""

from dataclasses import replace

import cv2
import numpy as np

from cctview.attacks import LabelledCrops
from cctview.defences.catalogue import blur, jpeg


def _on_windows(change):
    def purify(crops: LabelledCrops, strength: float) -> LabelledCrops:
        return replace(crops, windows=tuple(change(window, strength) for window in crops.windows))

    return purify


def smooth_blocks(image: np.ndarray, block: float) -> np.ndarray:
    """Instead of squares of `block` pixels, a smooth image with the same means."""
    height, width = image.shape[:2]
    small = cv2.resize(
        image, (-(-width // int(block)), -(-height // int(block))), interpolation=cv2.INTER_AREA
    )
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def sharpen(image: np.ndarray, sigma: float) -> np.ndarray:
    """Unsharp masking: twice the image less the image blurred once more."""
    return cv2.addWeighted(image, 2.0, blur(image, sigma), -1.0, 0)


def fill(crops: LabelledCrops, share: float) -> LabelledCrops:
    """Paint what was masked in the colours around it (Telea 2004)."""
    windows = []
    for window in crops.windows:
        grey = (window == 128).all(axis=2).astype(np.uint8)
        windows.append(cv2.inpaint(np.ascontiguousarray(window), grey, 3, cv2.INPAINT_TELEA))
    return replace(crops, windows=tuple(windows))


def wash(image: np.ndarray, levels: float) -> np.ndarray:
    """Blur a little and compress: a perturbation made pixel by pixel does not survive it (Dziugaite
    et al. 2016).
    """
    return jpeg(blur(image, 1.0), 50)


def subtract_pattern(crops: LabelledCrops, levels: float) -> LabelledCrops:
    """Take away what all images share beyond what is smooth: the universal pattern, as far as it
    shows in their mean.
    """
    images = np.stack([cv2.resize(crop, (64, 64)) for crop in crops.images]).astype(np.float32)
    mean = images.mean(axis=0)
    pattern = np.clip(mean - cv2.GaussianBlur(mean, (0, 0), 3), -levels, levels)
    cleaned = np.clip(np.rint(images - pattern), 0, 255).astype(np.uint8)
    return replace(crops, windows=tuple(cleaned), inside=np.tile([0, 0, 64, 64], (len(crops), 1)))


PURIFIERS = {
    "pixelate": _on_windows(smooth_blocks),
    "blur": _on_windows(sharpen),
    "mask": fill,
    "cloak": _on_windows(wash),
    "universal cloak": subtract_pattern,
}
"""By the defence's name: ``purify(crops, strength)``."""
