"""Extractors: from crops of vehicles to embeddings, vectors that lie close together for the same vehicle."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from cctview import weights as weight_files

DEFAULT_WEIGHTS = "student-64.pt"


class Extractor:
    """The compact student, distilled from DenseNet-201-VeRI: its vectors lie in the original's 1920-d space.

    Parameters
    ----------
    weights : str or Path, optional
        A state dict of `cctview.student.Student`. Without it, ours of `models/`.

    Attributes
    ----------
    model : str
        The weight file's name.
    dimensions : int
        Length of an embedding.

    Raises
    ------
    FileNotFoundError, ValueError
        If the weight file is missing, damaged or of another network.
    """

    def __init__(self, weights: str | Path | None = None):
        from cctview.student import EMBEDDING_SIZE, Student

        path = Path(weights) if weights else weight_files.find(DEFAULT_WEIGHTS)
        self.model = path.name
        self.dimensions = EMBEDDING_SIZE
        self._network = Student()
        weight_files.load_into(self._network, path)
        self._network.eval()

    @property
    def basis(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean (1920,) and components (256, 1920): every embedding lies at ``mean + coordinates @ components``."""
        return self._network.mean.numpy(), self._network.components.numpy()

    def extract(self, crops: Sequence[np.ndarray], batch: int = 64, progress: bool = False) -> np.ndarray:
        """Embed crops.

        Parameters
        ----------
        crops : sequence of ndarray of uint8, shape (h, w, 3)
            RGB, of any size.
        batch : int
            How many are computed at once; more of them need more memory and are hardly faster beyond 64.
        progress : bool
            Show a progress bar.

        Returns
        -------
        ndarray of float32, shape (n, 1920)

        Raises
        ------
        ValueError
            If a crop is empty or no RGB image; says which.
        """
        import cv2
        import torch

        from cctview.student import INPUT_SIZE

        embeddings = np.empty((len(crops), self.dimensions), np.float32)
        for start in tqdm(range(0, len(crops), batch), desc="embed", unit="batch", disable=not progress):
            part = crops[start : start + batch]
            squeezed = np.empty((len(part), INPUT_SIZE, INPUT_SIZE, 3), np.uint8)
            for k, crop in enumerate(part):
                if crop.dtype != np.uint8 or crop.ndim != 3 or crop.shape[2] != 3 or not crop.size:
                    raise ValueError(f"crop {start + k}: expected uint8 of shape (h, w, 3), not {crop.dtype} {crop.shape}")
                squeezed[k] = cv2.resize(crop, (INPUT_SIZE, INPUT_SIZE), interpolation=cv2.INTER_LINEAR)
            with torch.inference_mode():
                pictures = torch.from_numpy(squeezed).permute(0, 3, 1, 2).float() / 255
                embeddings[start : start + len(part)] = self._network(pictures).numpy()
        return embeddings
