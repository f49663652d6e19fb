"""Adversarial cloaks: small changes of the pixels after which the extractor takes a vehicle for
another.

Both are made by the Adversarial Robustness Toolbox (ART) on the extractor's own input, pictures of
64×64, with full knowledge of its weights: more than any driver could do, and more than a camera's
owner does in practice.

Looked at: ART 1.20.1 (taken: kept up, installs beside the rest, has PGD and universal
perturbations); torchattacks 3.3.0 (works, not kept up); foolbox 3.3.4 (installs, needs GitPython).
For noise with a guarantee (`cctview.defences.catalogue.noise`): diffprivlib 0.6.6 (does not import beside
scikit-learn 1.9), OpenDP 0.16.0 (264 MB for one formula), Opacus 1.6.0 (for training), autodp (not
kept up): all left, the formula is solved with SciPy.
"""

from dataclasses import replace

import cv2
import numpy as np

from cctview.attacks.crops import LabelledCrops

STEPS = 6
SHARPNESS = 20.0
"""By which cosines are multiplied, to be logits."""


def cloak(looks: LabelledCrops, levels: float, network=None, steps: int = STEPS) -> LabelledCrops:
    """Change each picture by at most so many levels of 255 a pixel, so that it looks like other
    vehicles.

    Projected gradient descent (PGD, Madry et al. 2018), away from the vehicle's own vector and
    towards the others'.

    Parameters
    ----------
    looks : LabelledCrops
        With pictures, of at least two vehicles.
    levels : float
    network : cctview.extract.student.Student, optional
        Against which; without it the shipped one.
    steps : int

    Returns
    -------
    LabelledCrops
        Pictures of 64×64 without surroundings, and no vectors.
    """
    from art.attacks.evasion import ProjectedGradientDescent

    pictures, classifier, labels = _as_classification(looks, network)
    attack = ProjectedGradientDescent(
        classifier,
        norm=np.inf,
        eps=levels / 255,
        eps_step=levels / 255 / 4,
        max_iter=steps,
        batch_size=64,
        verbose=False,
    )
    return _pasted(looks, attack.generate(pictures, labels))


def universal_cloak(
    looks: LabelledCrops, levels: float, network=None, examples: int = 60, seed: int = 0
) -> LabelledCrops:
    """Change every picture by one and the same pattern (Moosavi-Dezfooli et al. 2017), learnt on
    some of them.

    Parameters
    ----------
    looks, levels, network
        As for `cloak`.
    examples : int
        How many pictures the pattern is learnt on.
    seed : int

    Returns
    -------
    LabelledCrops
    """
    from art.attacks.evasion import UniversalPerturbation

    pictures, classifier, labels = _as_classification(looks, network)
    some = np.random.default_rng(seed).permutation(len(pictures))[:examples]
    inner = {"max_iter": STEPS, "eps": levels / 255, "eps_step": levels / 255 / 4, "verbose": False}
    attack = UniversalPerturbation(
        classifier,
        attacker="pgd",
        attacker_params=inner,
        max_iter=1,
        eps=levels / 255,
        norm=np.inf,
        batch_size=64,
        verbose=False,
    )
    attack.generate(pictures[some], labels[some])
    return _pasted(looks, pictures + attack.noise)


def shipped_student():
    """The network of the shipped extractor."""
    from cctview import weights
    from cctview.extract.extractor import DEFAULT_WEIGHTS
    from cctview.extract.student import Student

    return weights.load_ours(Student(), DEFAULT_WEIGHTS, "extractor")


def _as_classification(looks, network):
    """Pictures (n, 3, 64, 64), ART's classifier that tells vehicles by the cosine to their mean
    vector, and one-hot labels.
    """
    import torch
    from art.estimators.classification import PyTorchClassifier

    from cctview.extract.student import INPUT_SIZE

    network = (shipped_student() if network is None else network).requires_grad_(False).eval()
    squeezed = [
        cv2.resize(crop, (INPUT_SIZE, INPUT_SIZE), interpolation=cv2.INTER_LINEAR)
        for crop in looks.crops
    ]
    pictures = np.stack(squeezed).transpose(0, 3, 1, 2).astype(np.float32) / 255
    vehicles, place = np.unique(looks.table.vehicle, return_inverse=True)
    with torch.inference_mode():
        vectors = torch.nn.functional.normalize(network.coordinates(torch.from_numpy(pictures)))
    means = torch.zeros(len(vehicles), vectors.shape[1]).index_add(
        0, torch.from_numpy(place), vectors
    )
    classifier = PyTorchClassifier(
        _nearest(network, torch.nn.functional.normalize(means)),
        torch.nn.CrossEntropyLoss(),
        pictures.shape[1:],
        len(vehicles),
        clip_values=(0.0, 1.0),
        device_type="cpu",
    )
    return pictures, classifier, np.eye(len(vehicles), dtype=np.float32)[place]


def _nearest(network, means):
    """A module that gives, for pictures, the cosines to each vehicle's mean vector as logits."""
    import torch

    class Nearest(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self, pictures):
            return (
                SHARPNESS
                * torch.nn.functional.normalize(self.network.coordinates(pictures))
                @ means.T
            )

    return Nearest()


def _pasted(looks, pictures):
    """The looks with these pictures (n, 3, 64, 64) in 0-1, rounded to whole levels, as windows
    without surroundings.
    """
    windows = np.rint(255 * np.clip(pictures, 0, 1)).astype(np.uint8).transpose(0, 2, 3, 1)
    inside = np.tile([0, 0, *windows.shape[2:0:-1]], (len(windows), 1))
    return replace(
        looks, windows=tuple(windows), inside=inside, vectors=np.zeros((len(looks), 0), np.float32)
    )
