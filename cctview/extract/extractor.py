"""Extractors: from crops to embeddings, vectors that lie close together for the same vehicle."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from cctview import weights as weight_files

EXTRACTOR_WEIGHTS = "student-64.pt"
"""The extractor in `models/`."""

_BATCH = {"student": 64, "densenet201-veri": 8}


class Extractor:
    """Embed vehicles by the compact student, or by the original's DenseNet-201-VeRI.

    The student is distilled from the other: its vectors lie in the same 1920-d space.

    Parameters
    ----------
    weights : str or Path, optional
        A state dict of the one or the other; its tensors say which. Without it, `models/`' student.

    Attributes
    ----------
    model : str
        The weight file's name.
    architecture : str
        "student" or "densenet201-veri".
    dimensions : int
        Length of an embedding.

    Raises
    ------
    FileNotFoundError, ValueError
        If the weight file is missing, damaged or of another network.
    """

    def __init__(self, weights: str | Path | None = None):
        path = Path(weights) if weights else weight_files.find(EXTRACTOR_WEIGHTS)
        state = weight_files.load_state(path)
        self.model = path.name
        self.architecture = _architecture(state, path)
        if self.architecture == "student":
            from cctview.extract.student import Student

            self._network, self._prepare = Student(), _squeeze
        else:
            from cctview.extract.densenet import DenseNetVeRI, modern_names, prepare_crop

            self._network, self._prepare = DenseNetVeRI(), prepare_crop
            state = modern_names(state)
        from cctview.extract.student import EMBEDDING_SIZE

        self.dimensions = EMBEDDING_SIZE
        weight_files.load_into(self._network, path, state)
        self._network.eval()

    @property
    def basis(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean (1920,) and components (256, 1920) of the student's embeddings.

        They are ``mean + coordinates @ components``. Raises an AttributeError if this is DenseNet,
        whose embeddings fill the whole space.
        """
        if self.architecture != "student":
            raise AttributeError(
                f"{self.model}: only the student's embeddings have a basis, not those of"
                f" {self.architecture}"
            )
        return self._network.mean.numpy(), self._network.components.numpy()

    def extract(
        self, crops: Sequence[np.ndarray], batch: int | None = None, progress: bool = False
    ) -> np.ndarray:
        """Embed crops.

        Parameters
        ----------
        crops : sequence of ndarray of uint8, shape (h, w, 3)
            RGB, of any size.
        batch : int, optional
            How many are computed at once; more of them need more memory. Without it 64, or 8 for
            DenseNet.
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
        import torch

        batch = batch or _BATCH[self.architecture]
        embeddings = np.empty((len(crops), self.dimensions), np.float32)
        for start in tqdm(
            range(0, len(crops), batch), desc="embed", unit="batch", disable=not progress
        ):
            part = crops[start : start + batch]
            for k, crop in enumerate(part, start):
                if crop.dtype != np.uint8 or crop.ndim != 3 or crop.shape[2] != 3 or not crop.size:
                    raise ValueError(
                        f"crop {k}: expected uint8 of shape (h, w, 3), not {crop.dtype}"
                        f" {crop.shape}"
                    )
            with torch.inference_mode():
                prepared = torch.stack([self._prepare(crop) for crop in part])
                embeddings[start : start + len(part)] = self._network(prepared).numpy()
        return embeddings


def _architecture(state: dict, path: Path) -> str:
    if "components" in state:
        return "student"
    if (
        "features.denseblock1.denselayer1.norm1.weight" in state
        or "features.denseblock1.denselayer1.norm.1.weight" in state
    ):
        return "densenet201-veri"
    raise ValueError(
        f"{path}: these are weights of neither the student nor DenseNet-201-VeRI; give one of those"
    )


def _squeeze(crop: np.ndarray):
    """The student's input: the whole crop, whatever its shape, as (3, 64, 64) in 0–1."""
    import cv2
    import torch

    from cctview.extract.student import INPUT_SIZE

    squeezed = cv2.resize(crop, (INPUT_SIZE, INPUT_SIZE), interpolation=cv2.INTER_LINEAR)
    return torch.from_numpy(squeezed).permute(2, 0, 1).float() / 255
