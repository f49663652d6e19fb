"""Learning: a small classifier trained live in Keras on TensorFlow, and what it keeps of the
vehicles it was taught.

Everything is split by vehicle: those that the network is taught (members), those on which its
training is watched (validation), and those that it never meets (others). Whether a vehicle was
taught is then asked by `cctview.attacks.inference`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import pandas as pd
from scipy.special import logsumexp

from cctview.attacks.crops import BODIES, COLOUR_FAMILIES
from cctview.attacks.inference import Membership, likelihood_ratio_attack, threshold_attack
from cctview.dataset.boxes import crop, side
from cctview.dataset.frames import Dataset
from cctview.truth.labels import Truth

SIDE = 24
"""Side, in pixels, of the pictures that the network is given."""
LEAST = 24
"""Least size of a vehicle in its frame, as the root of its box's area in pixels."""
HIDDEN = 0.2
"""Most of a vehicle that may be hidden behind others."""
LEARNS = ("body", "family")
"""What can be learnt: the body (sedan, SUV, …), or the family of colours."""
RARE = ("motorcycle",)
"""Bodies of too few vehicles to learn them."""
FILTERS, EPOCHS, BATCH, RATE = 16, 20, 32, 2e-3
COMMAND = "python -m studio learning"
"""Makes what is stored: see `cctview.course.trainings` and `cctview.attacks.shadow_models`."""


@dataclass(frozen=True)
class Pictures:
    """Small pictures of known vehicles.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (n, SIDE, SIDE, 3)
        RGB.
    table : DataFrame
        One row a picture, columns vehicle, frame, camera, body, family; ordered by vehicle.
    """

    pixels: np.ndarray
    table: pd.DataFrame

    @cached_property
    def vehicles(self) -> np.ndarray:
        """The vehicles, in order."""
        return np.unique(self.table.vehicle)

    @cached_property
    def place(self) -> np.ndarray:
        """Of each picture, which of `vehicles` it shows."""
        return np.searchsorted(self.vehicles, self.table.vehicle)

    def of(self, vehicles) -> np.ndarray:
        """Which pictures show one of these vehicles; a mask."""
        return np.isin(self.table.vehicle, vehicles)

    def by_vehicle(self, values) -> np.ndarray:
        """The mean of a value over each vehicle's pictures, in the order of `vehicles`."""
        return np.bincount(self.place, values) / np.bincount(self.place)


def load_pictures(dataset: Dataset, truth: Truth, looks: int = 2) -> Pictures:
    """Cut vehicles out of their frames by their true boxes.

    Parameters
    ----------
    dataset : Dataset
    truth : Truth
    looks : int
        Of each vehicle, the largest picture at each of at most so many cameras.

    Returns
    -------
    Pictures

    Raises
    ------
    ValueError
        If no vehicle is large enough.
    """
    seen = truth.sightings.merge(truth.vehicles[["vehicle", "kind", "colour"]], on="vehicle")
    seen["size"] = side(seen)
    seen["body"], seen["family"] = seen.kind.map(BODIES), seen.colour.map(COLOUR_FAMILIES)
    cameras = dataset.frames.set_index("id").camera
    seen = seen[
        (seen["size"] >= LEAST)
        & (seen.hidden < HIDDEN)
        & seen.frame.isin(cameras.index)
        & ~seen.body.isin(RARE)
    ]
    if seen.empty:
        raise ValueError(
            f"no vehicle of at least {LEAST} pixels in these frames; give more minutes"
        )
    seen = seen.assign(camera=cameras.reindex(seen.frame).to_numpy()).sort_values(
        "size", ascending=False, kind="stable"
    )
    seen = seen.drop_duplicates(["vehicle", "camera"]).groupby("vehicle").head(looks)
    seen = seen.sort_values(["vehicle", "camera"]).reset_index(drop=True)
    pixels, boxes = (
        np.empty((len(seen), SIDE, SIDE, 3), np.uint8),
        seen[["x1", "y1", "x2", "y2"]].to_numpy(int),
    )
    for frame, rows in seen.groupby("frame").indices.items():
        image = dataset.image(frame)
        for row in rows:
            pixels[row] = cv2.resize(
                crop(image, tuple(boxes[row])), (SIDE, SIDE), interpolation=cv2.INTER_AREA
            )
    return Pictures(pixels, seen[["vehicle", "frame", "camera", "body", "family"]])


@dataclass(frozen=True)
class Split:
    """Vehicles in three parts without one in common; members and others are equally many.

    Attributes
    ----------
    members, validation, others : ndarray of int
        In random order, so that the first of them are a random part.
    """

    members: np.ndarray
    validation: np.ndarray
    others: np.ndarray


def split_vehicles(pictures: Pictures, share: float = 0.42, seed: int = 0) -> Split:
    """Draw who is taught, who is watched and who is never met, all from the same minutes.

    Parameters
    ----------
    pictures : Pictures
    share : float
        Of the vehicles that are members, and of those that are others; what is left is for
        validation.
    seed : int

    Raises
    ------
    ValueError
        If a part would be empty.

    Examples
    --------
    >>> pictures = Pictures(np.zeros((100, SIDE, SIDE, 3), np.uint8), pd.DataFrame({"vehicle": np.arange(100)}))
    >>> [len(part) for part in vars(split_vehicles(pictures)).values()]
    [42, 16, 42]
    """
    drawn = np.random.default_rng(seed).permutation(pictures.vehicles)
    count = int(share * len(drawn))
    if not 0 < 2 * count < len(drawn):
        raise ValueError(
            f"{len(drawn)} vehicles cannot be split into three parts with {share:.0%} in two of"
            " them"
        )
    return Split(drawn[:count], drawn[2 * count :], drawn[count : 2 * count])


def build(filters: int = FILTERS, classes: int = 5):
    """A network of three layers of filters and two dense ones, in Keras.

    Parameters
    ----------
    filters : int
        Of the first layer, the network's capacity; the others have twice as many.
    classes : int

    Returns
    -------
    keras.Sequential
        Takes (n, SIDE, SIDE, 3) from -1 to 1, gives a number for each class: the logarithm of its
        odds, up to a constant.
    """
    _, keras = _tensorflow()
    layers = keras.layers
    network = keras.Sequential(
        [
            layers.Input((SIDE, SIDE, 3)),
            layers.Conv2D(
                filters, 5, strides=2, padding="same", activation="relu", name="filters_1"
            ),
            layers.Conv2D(
                2 * filters, 3, strides=2, padding="same", activation="relu", name="filters_2"
            ),
            layers.Conv2D(2 * filters, 3, padding="same", activation="relu", name="filters_3"),
            layers.MaxPool2D(name="halve"),
            layers.Flatten(name="flatten"),
            layers.Dense(4 * filters, activation="relu", name="dense"),
            layers.Dense(classes, name="answer"),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.Adam(RATE), loss)
    return network


def _tensorflow():
    from cctview.tensorflow_setup import import_tensorflow

    return import_tensorflow()


def describe_layers(network) -> pd.DataFrame:
    """The layers of a network: what comes out of each, and how many numbers each has learnt.

    Returns
    -------
    DataFrame
        Index: the layer's name; columns gives, numbers.
    """
    rows = {
        layer.name: (" × ".join(str(size) for size in layer.output_shape[1:]), layer.count_params())
        for layer in network.layers
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["gives", "numbers"])


@dataclass
class Training:
    """A training, epoch by epoch. Row 0 is the network before it has learnt anything.

    Attributes
    ----------
    network : keras.Sequential
    classes : tuple of str
    pictures : Pictures
    split : Split
    taught : ndarray of int
        The vehicles that it was taught.
    losses : list of ndarray, shape (n,)
        After each epoch, the loss on each picture: minus the logarithm of the probability given to
        the right class.
    right : list of ndarray of bool, shape (n,)
        Whether the most probable class is the right one.
    weights : list
        The network's weights after each epoch.
    interrupted : bool
        Whether it was stopped before its end; all complete epochs are kept.
    """

    network: object
    classes: tuple
    pictures: Pictures
    split: Split
    taught: np.ndarray
    losses: list
    right: list
    weights: list
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
        """Mean loss, and share of pictures that it gets right, after each epoch.

        Returns
        -------
        DataFrame
            Index epoch; columns training_loss, validation_loss, training_right, validation_right.
        """
        parts = {
            "training": self.pictures.of(self.taught),
            "validation": self.pictures.of(self.split.validation),
        }
        columns = {
            f"{name}_loss": [loss[rows].mean() for loss in self.losses]
            for name, rows in parts.items()
        }
        columns |= {
            f"{name}_right": [right[rows].mean() for right in self.right]
            for name, rows in parts.items()
        }
        return pd.DataFrame(columns).rename_axis("epoch")

    def share_right(self, epoch: int, vehicles) -> float:
        """Share of these vehicles' pictures that it gets right after an epoch."""
        return float(self.right[epoch][self.pictures.of(vehicles)].mean())

    def filters(self, epoch: int) -> np.ndarray:
        """The first layer's filters after an epoch; shape (5, 5, 3, filters)."""
        return self.weights[epoch][0]

    def asked(self) -> tuple[np.ndarray, np.ndarray]:
        """The vehicles that an attack asks about: places in `pictures.vehicles`, and which of them
        are members.
        """
        places = np.searchsorted(
            self.pictures.vehicles, np.concatenate([self.taught, self.split.others])
        )
        return places, np.arange(len(places)) < len(self.taught)

    def vehicle_losses(self, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """Mean loss of each vehicle that an attack asks about, and whether it is a member."""
        places, member = self.asked()
        return self.pictures.by_vehicle(self.losses[epoch])[places], member

    def attack(self, epoch: int) -> Membership:
        """The plain attack: what the network gets right with the least loss, it was taught (Yeom et
        al. 2018).
        """
        losses, member = self.vehicle_losses(epoch)
        return Membership(member, threshold_attack(-losses))

    def strong_attack(self, epoch: int, shadows) -> Membership:
        """The attack that knows how hard each vehicle is, from models of the attacker's own
        (Carlini et al. 2022).

        Parameters
        ----------
        epoch : int
        shadows : cctview.attacks.shadow_models.Shadows

        Raises
        ------
        ValueError
            If they were trained on other vehicles.
        """
        places, member = self.asked()
        confidence = self.pictures.by_vehicle(np.exp(-self.losses[epoch]))[places]
        vehicles = self.pictures.vehicles[places]
        if not np.isin(vehicles, shadows.vehicles).all():
            raise ValueError(
                "the stored models were trained on other vehicles; make them anew: " + COMMAND
            )
        rows = np.searchsorted(shadows.vehicles, vehicles)
        told, within = shadows.confidence(epoch), shadows.within
        return Membership(
            member, likelihood_ratio_attack(confidence, told[:, rows], within[:, rows])
        )


def train(
    pictures: Pictures,
    split: Split,
    learns: str = "body",
    *,
    filters: int = FILTERS,
    epochs: int = EPOCHS,
    taught: np.ndarray | None = None,
    seed: int = 0,
    watch: Callable | None = None,
) -> Training:
    """Train a network, and note after each epoch what it makes of every picture.

    Parameters
    ----------
    pictures : Pictures
    split : Split
    learns : str
        One of `LEARNS`.
    filters, epochs : int
    taught : ndarray of int, optional
        The vehicles to teach; without them all of the split's members.
    seed : int
    watch : callable, optional
        Called as ``watch(done, losses)`` while it learns: the share that is done, and the loss on
        training and validation pictures so far, or None before the first epoch has ended.

    Returns
    -------
    Training
        To interrupt it (KeyboardInterrupt: in Jupyter the stop button) ends the training; it is
        returned with all complete epochs, as if they had been asked for.

    Raises
    ------
    ValueError
        If there is no such thing to learn.
    """
    if learns not in LEARNS:
        raise ValueError(f"{learns!r} cannot be learnt; choose from {', '.join(LEARNS)}")
    _, keras = _tensorflow()
    keras.utils.set_random_seed(seed)
    classes, labels = np.unique(pictures.table[learns].to_numpy(str), return_inverse=True)
    inputs = scaled(pictures.pixels)
    training = Training(
        build(filters, len(classes)),
        tuple(classes),
        pictures,
        split,
        split.members if taught is None else taught,
        [],
        [],
        [],
    )
    rows = pictures.of(training.taught)

    def note():
        logits = _answers(training.network, inputs)
        training.losses.append(_losses(logits, labels))
        training.right.append(logits.argmax(axis=1) == labels)
        training.weights.append(training.network.get_weights())

    note()
    recorder = _recorder(keras, note, training, epochs, watch)
    try:
        training.network.fit(
            inputs[rows],
            labels[rows],
            batch_size=BATCH,
            epochs=epochs,
            verbose=0,
            callbacks=[recorder],
        )
    except KeyboardInterrupt:
        training.interrupted = True
        training.losses, training.right = (
            training.losses[: len(training.weights)],
            training.right[: len(training.weights)],
        )
        training.network.set_weights(training.weights[-1])
    if watch:
        watch(1.0, None)
    return training


def _recorder(keras, note, training, epochs, watch):
    """The Keras callback that notes each epoch, and tells whoever watches."""

    class Recorder(keras.callbacks.Callback):
        epoch, told = 0, None

        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

        def on_train_batch_end(self, batch, logs=None):
            if watch:
                watch((self.epoch + (batch + 1) / self.params["steps"]) / epochs, self.told)

        def on_epoch_end(self, epoch, logs=None):
            note()
            if watch:
                self.told = tuple(training.history()[["training_loss", "validation_loss"]].iloc[-1])

    return Recorder()


def scaled(pixels: np.ndarray) -> np.ndarray:
    """Pixels as the network takes them: float32 from -1 to 1."""
    return pixels.astype(np.float32) / 127.5 - 1


def _answers(network, inputs, at_once=1024):
    return np.concatenate(
        [
            network(inputs[k : k + at_once], training=False).numpy()
            for k in range(0, len(inputs), at_once)
        ]
    )


def _losses(logits, labels):
    """Cross-entropy, row by row, in double precision: a network that is very sure still gives
    different losses.
    """
    logits, rows = logits.astype(float), np.arange(len(labels))
    own = logits[rows, labels]
    logits[rows, labels] = -np.inf
    return np.logaddexp(0, logsumexp(logits, axis=1) - own)


def activations(training: Training, picture: np.ndarray, epoch: int) -> dict[str, np.ndarray]:
    """What each layer of filters makes of a picture.

    Parameters
    ----------
    training : Training
    picture : ndarray of uint8, shape (SIDE, SIDE, 3)
    epoch : int

    Returns
    -------
    dict of str to ndarray, shape (height, width, filters)
        By layer, in order; 0 where a filter finds nothing.
    """
    _, keras = _tensorflow()
    training.network.set_weights(training.weights[epoch])
    wanted = [layer for layer in training.network.layers if layer.name.startswith("filters")]
    looker = keras.Model(training.network.inputs, [layer.output for layer in wanted])
    given = looker(scaled(picture[None]), training=False)
    return {layer.name: values[0].numpy() for layer, values in zip(wanted, given, strict=True)}
