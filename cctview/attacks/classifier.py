"""A small classifier trained live in Keras on TensorFlow, and what it keeps of its vehicles.

`cctview.attacks.inference` asks whether a vehicle was among them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logsumexp

from cctview.attacks.inference import Membership
from cctview.attacks.vehicle_images import IMAGE_SIDE, MemberSplit, VehicleImages

LABELS = ("body", "family")
"""What can be learned: the body (sedan, SUV, …), or the family of colours."""
FILTERS = 16
EPOCHS = 20
_BATCH = 32
_RATE = 2e-3


def build_classifier(filters: int = FILTERS, classes: int = 5):
    """A Keras network of three layers of filters (`filters`, then twice as many), two dense ones.

    It takes (n, 24, 24, 3) from -1 to 1, and gives the log odds of each class, up to a constant.
    """
    _, keras = _tensorflow()
    layers = keras.layers
    same = {"padding": "same", "activation": "relu"}
    network = keras.Sequential(
        [
            layers.Input((IMAGE_SIDE, IMAGE_SIDE, 3)),
            layers.Conv2D(filters, 5, strides=2, name="filters_1", **same),
            layers.Conv2D(2 * filters, 3, strides=2, name="filters_2", **same),
            layers.Conv2D(2 * filters, 3, name="filters_3", **same),
            layers.MaxPool2D(name="halve"),
            layers.Flatten(name="flatten"),
            layers.Dense(4 * filters, activation="relu", name="dense"),
            layers.Dense(classes, name="answer"),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.Adam(_RATE), loss)
    return network


def _tensorflow():
    from cctview.tensorflow_setup import import_tensorflow

    return import_tensorflow()


def import_keras():
    """Keras, quietly, beside PyTorch, and with its random numbers set: so that a network that is
    built next has the same weights each time.
    """
    _, keras = _tensorflow()
    keras.utils.set_random_seed(0)
    return keras


@dataclass
class Training:
    """A training, epoch by epoch. Row 0 is the network before it has learned anything.

    Attributes
    ----------
    members : ndarray of int
        The vehicles that it was trained on.
    taught : ndarray of bool, shape (n,)
        The images that it was trained on.
    losses : list of ndarray, shape (n,)
        After each epoch, the loss on each image: minus the logarithm of the probability given to
        the correct class.
    right : list of ndarray of bool, shape (n,)
        Whether the most probable class was the correct one.
    interrupted : bool
        Whether it was stopped before its end; all complete epochs are kept.
    """

    network: Any
    classes: tuple[str, ...]
    images: VehicleImages
    split: MemberSplit
    members: np.ndarray
    taught: np.ndarray
    losses: list[np.ndarray] = field(default_factory=list)
    right: list[np.ndarray] = field(default_factory=list)
    weights: list = field(default_factory=list)
    interrupted: bool = False

    @property
    def last(self) -> int:
        """The last epoch that is complete."""
        return len(self.losses) - 1

    @property
    def best(self) -> int:
        """The epoch after which the loss on the validation vehicles was lowest."""
        return int(self.history().validation_loss.idxmin())

    def history(self) -> pd.DataFrame:
        """By epoch, means: training_loss, validation_loss, training_right, validation_right."""
        parts = {
            "training": self.taught,
            "validation": self.images.of(self.split.validation),
        }
        columns = {
            f"{part}_{name}": [value[rows].mean() for value in values]
            for name, values in (("loss", self.losses), ("right", self.right))
            for part, rows in parts.items()
        }
        return pd.DataFrame(columns).rename_axis("epoch")

    def _queries(self) -> tuple[np.ndarray, np.ndarray]:
        """Places in `images.vehicles` that an attack asks about, and whether each is a member."""
        asked = np.concatenate([self.members, self.split.others])
        places = np.searchsorted(self.images.vehicles, asked)
        return places, np.arange(len(asked)) < len(self.members)

    def vehicle_losses(self, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """Mean loss of each vehicle that an attack asks about, and whether it is a member."""
        places, member = self._queries()
        return self.images.by_vehicle(self.losses[epoch])[places], member

    def attack(self, epoch: int) -> Membership:
        """The plain attack: the lower the loss, the more probably a member (Yeom et al. 2018)."""
        losses, member = self.vehicle_losses(epoch)
        return Membership(member, -losses)


def train_classifier(
    images: VehicleImages,
    split: MemberSplit,
    label: str = "body",
    *,
    filters: int = FILTERS,
    epochs: int = EPOCHS,
    members: np.ndarray | None = None,
    shown: np.ndarray | None = None,
    seed: int = 0,
    network: Any = None,
    watch: Callable | None = None,
) -> Training:
    """Train a network, and note after each epoch what it makes of every image.

    Parameters
    ----------
    images, split
        See `cctview.attacks.vehicle_images`.
    label : str
        What it learns, one of `LABELS`.
    members : ndarray of int, optional
        The vehicles to train on; without them all of the split's members.
    shown : ndarray of bool, shape (n,), optional
        Of these vehicles, the images to train on; without it all.
    network : keras.Model, optional
        A compiled one, which takes (n, 24, 24, 3); without it that of `build_classifier`.
    watch : callable, optional
        Called as ``watch(done, losses)`` during the training: the share that is done, and the loss
        on training and validation images so far, or None before the first epoch has ended.

    Returns
    -------
    Training
        A KeyboardInterrupt (in Jupyter the stop button) ends the training; it is returned with all
        complete epochs, as if they had been asked for.
    """
    if label not in LABELS:
        raise ValueError(f"{label!r} cannot be learned; choose from {', '.join(LABELS)}")
    _, keras = _tensorflow()
    classes, labels = np.unique(images.table[label].to_numpy(str), return_inverse=True)
    inputs = _scaled(images.pixels)
    if network is None:
        keras.utils.set_random_seed(seed)
        network = build_classifier(filters, len(classes))
    network.build((None, *inputs.shape[1:]))
    members = split.members if members is None else members
    rows = images.of(members) if shown is None else images.of(members) & shown
    training = Training(network, tuple(classes), images, split, members, rows)

    def note():
        logits = _logits(network, inputs)
        training.losses.append(_losses(logits, labels))
        training.right.append(logits.argmax(axis=1) == labels)
        training.weights.append(network.get_weights())

    note()
    callbacks = [_recorder(keras, note, training, epochs, watch)]
    options = {"batch_size": _BATCH, "epochs": epochs, "verbose": 0, "callbacks": callbacks}
    try:
        network.fit(inputs[rows], labels[rows], **options)
    except KeyboardInterrupt:
        complete = len(training.weights)
        training.interrupted = True
        training.losses = training.losses[:complete]
        training.right = training.right[:complete]
        network.set_weights(training.weights[-1])
    if watch:
        watch(1.0, None)
    return training


def _recorder(keras, note, training, epochs, watch):
    """The Keras callback that notes each epoch, and reports to `watch`."""

    class Recorder(keras.callbacks.Callback):
        epoch = 0
        losses = None

        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

        def on_train_batch_end(self, batch, logs=None):
            if watch:
                watch((self.epoch + (batch + 1) / self.params["steps"]) / epochs, self.losses)

        def on_epoch_end(self, epoch, logs=None):
            note()
            if watch:
                last = training.history().iloc[-1]
                self.losses = (last.training_loss, last.validation_loss)

    return Recorder()


def _scaled(pixels):
    """Pixels as the network takes them: float32 from -1 to 1."""
    return pixels.astype(np.float32) / 127.5 - 1


def _logits(network, inputs, at_once=1024):
    parts = (inputs[k : k + at_once] for k in range(0, len(inputs), at_once))
    return np.concatenate([network(part, training=False).numpy() for part in parts])


def _losses(logits, labels):
    """Cross-entropy, row by row, in double precision: a very sure network's losses must differ."""
    logits = logits.astype(float)
    rows = np.arange(len(labels))
    correct = logits[rows, labels]
    logits[rows, labels] = -np.inf
    # -log softmax of the correct class = log(1 + sum of the other classes' odds against it)
    return np.logaddexp(0, logsumexp(logits, axis=1) - correct)


def activations(training: Training, image: np.ndarray, epoch: int) -> dict[str, np.ndarray]:
    """What each layer of filters makes of an image (24, 24, 3) after an epoch: by layer, in order,
    (height, width, filters); 0 where a filter finds nothing.
    """
    _, keras = _tensorflow()
    training.network.set_weights(training.weights[epoch])
    wanted = [layer for layer in training.network.layers if layer.name.startswith("filters")]
    model = keras.Model(training.network.inputs, [layer.output for layer in wanted])
    outputs = model(_scaled(image[None]), training=False)
    return {layer.name: values[0].numpy() for layer, values in zip(wanted, outputs, strict=True)}
