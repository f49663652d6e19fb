"""Attacks on stored data: links, attributes, pictures, and the members of a training set.

`crops`          crops of known vehicles, on which attacks are run and measured
`linkage`        links passes at two cameras: `LinkageAttack.fit`, `.attack`
`inference`      reads an attribute off vectors; finds members of a training set
`inversion`      rebuilds a picture from its vector (loads torch: import it where it is used)
`vehicle_images` small images of vehicles, split by vehicle
`classifier`     the network that is trained on these images, and attacked
`shadow_models`  the attacker's own networks
"""

from cctview.attacks.classifier import (
    EPOCHS,
    FILTERS,
    activations,
    build_classifier,
    import_keras,
    train_classifier,
)
from cctview.attacks.crops import LabelledCrops, load_crops, window
from cctview.attacks.inference import Membership, infer_attribute
from cctview.attacks.linkage import LinkageAttack, fit_map
from cctview.attacks.shadow_models import (
    AttackedModels,
    stored_attacks,
    stored_membership,
    stored_shadows,
)
from cctview.attacks.vehicle_images import VehicleImages, load_vehicle_images, split_members

__all__ = [
    "EPOCHS",
    "FILTERS",
    "AttackedModels",
    "LabelledCrops",
    "LinkageAttack",
    "Membership",
    "VehicleImages",
    "activations",
    "build_classifier",
    "fit_map",
    "import_keras",
    "infer_attribute",
    "load_crops",
    "load_vehicle_images",
    "split_members",
    "stored_attacks",
    "stored_membership",
    "stored_shadows",
    "train_classifier",
    "window",
]
