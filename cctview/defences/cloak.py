"""Adversarial cloaks: small changes of pixels, so that the extractor takes a vehicle for another.

This is evasion: a network that has learned already is deceived when it searches. Poisoning is
another thing: it changes the pictures from which a network is still to learn (Fawkes, 2020; LowKey,
2021). None of ours is.

All are made by the Adversarial Robustness Toolbox (ART) on the extractor's own input, images of
64×64, with full knowledge of its weights: more than a driver could do, and more than a camera's
owner does in practice.

Compared: ART 1.20.1 (taken: maintained, installs beside the rest, has PGD and universal
perturbations); torchattacks 3.3.0 (works, not maintained); foolbox 3.3.4 (needs GitPython). For
noise with a guarantee (`catalogue.noise`): diffprivlib 0.6.6 (does not import beside scikit-learn
1.9), OpenDP 0.16.0 (264 MB for one formula), Opacus 1.6.0 (for training), autodp (not maintained);
the formula is solved with SciPy instead.
"""

from dataclasses import replace

import cv2
import numpy as np

from cctview.attacks import LabelledCrops

_STEPS = 6
_SHARPNESS = 20.0
"""Cosines are multiplied by it, to be logits."""


def cloak(
    crops: LabelledCrops, levels: float, network=None, targets: np.ndarray | None = None
) -> LabelledCrops:
    """Change each image by at most so many levels of 255 per pixel, to look like other vehicles.

    Projected gradient descent (PGD, Madry et al. 2018), away from the vehicle's own vector and
    towards the others'; with targets, towards one other vehicle's.

    Parameters
    ----------
    crops : LabelledCrops
        With images, of at least two vehicles.
    levels : float
    network : cctview.extract.student.Student, optional
        The network to deceive; without it the shipped one.
    targets : ndarray of int, shape (n,), optional
        For each crop the vehicle that it should be taken for, one of those in the crops.

    Returns
    -------
    LabelledCrops
        Images of 64×64 without surroundings, and no vectors.
    """
    from art.attacks.evasion import ProjectedGradientDescent

    images, classifier, labels = _as_classification(crops, network)
    if targets is not None:
        vehicles = np.unique(crops.table.vehicle)
        if not np.isin(targets, vehicles).all():
            raise ValueError("a target is none of the crops' vehicles; give crops of it as well")
        labels = np.eye(len(vehicles), dtype=np.float32)[np.searchsorted(vehicles, targets)]
    attack = ProjectedGradientDescent(
        classifier, norm=np.inf, batch_size=64, targeted=targets is not None, **_pgd(levels)
    )
    return _pasted(crops, attack.generate(images, labels))


def universal_cloak(
    crops: LabelledCrops, levels: float, network=None, examples: int = 60, seed: int = 0
) -> LabelledCrops:
    """`cloak` by one pattern for all images, fitted on examples (Moosavi-Dezfooli et al. 2017)."""
    from art.attacks.evasion import UniversalPerturbation

    images, classifier, labels = _as_classification(crops, network)
    chosen = np.random.default_rng(seed).permutation(len(images))[:examples]
    attack = UniversalPerturbation(
        classifier,
        attacker="pgd",
        attacker_params=_pgd(levels),
        max_iter=1,
        eps=levels / 255,
        norm=np.inf,
        batch_size=64,
        verbose=False,
    )
    attack.generate(images[chosen], labels[chosen])
    return _pasted(crops, images + attack.noise)


def _pgd(levels):
    eps = levels / 255
    return {"max_iter": _STEPS, "eps": eps, "eps_step": eps / 4, "verbose": False}


def shipped_student():
    """The network of the shipped extractor."""
    from cctview import weights
    from cctview.extract import EXTRACTOR_WEIGHTS, student

    return weights.load_ours(student.Student(), EXTRACTOR_WEIGHTS, "extractor")


def _as_classification(crops, network):
    """Images (n, 3, 64, 64), ART's classifier by cosine to the vehicles' means, one-hot labels."""
    import torch
    from art.estimators.classification import PyTorchClassifier

    from cctview.extract import student

    network = (shipped_student() if network is None else network).requires_grad_(False).eval()
    squeezed = [
        cv2.resize(crop, (student.INPUT_SIZE, student.INPUT_SIZE), interpolation=cv2.INTER_LINEAR)
        for crop in crops.images
    ]
    images = np.stack(squeezed).transpose(0, 3, 1, 2).astype(np.float32) / 255
    vehicles, place = np.unique(crops.table.vehicle, return_inverse=True)
    with torch.inference_mode():
        vectors = torch.nn.functional.normalize(network.coordinates(torch.from_numpy(images)))
    means = torch.zeros(len(vehicles), vectors.shape[1]).index_add(
        0, torch.from_numpy(place), vectors
    )
    classifier = PyTorchClassifier(
        _nearest(network, torch.nn.functional.normalize(means)),
        torch.nn.CrossEntropyLoss(),
        images.shape[1:],
        len(vehicles),
        clip_values=(0.0, 1.0),
        device_type="cpu",
    )
    return images, classifier, np.eye(len(vehicles), dtype=np.float32)[place]


def _nearest(network, means):
    """A module that gives, for images, the cosines to each vehicle's mean vector as logits."""
    import torch

    class Nearest(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self, images):
            vectors = torch.nn.functional.normalize(self.network.coordinates(images))
            return _SHARPNESS * vectors @ means.T

    return Nearest()


def _pasted(crops, images):
    """The crops with these images (n, 3, 64, 64) in 0-1, in whole levels, as their windows."""
    windows = np.rint(255 * np.clip(images, 0, 1)).astype(np.uint8).transpose(0, 2, 3, 1)
    inside = np.tile([0, 0, *windows.shape[2:0:-1]], (len(windows), 1))
    return replace(
        crops, windows=tuple(windows), inside=inside, vectors=np.zeros((len(crops), 0), np.float32)
    )
