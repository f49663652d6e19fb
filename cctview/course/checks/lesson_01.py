"""Checks of the exercises on the history of recognition, in notebook 01."""

import numpy as np
import pandas as pd

from cctview.course.checks.answers import (
    Wrong,
    call,
    check,
    first_hint,
    read_array,
    read_number,
    reader,
)

_ALSO_CALLED = {
    **dict.fromkeys(["network", "neural network", "deep learning", "facenet"], "deep"),
    **dict.fromkeys(["edges", "dalal", "triggs"], "gradients"),
    **dict.fromkeys(["eigenfaces", "turk", "pentland"], "eigen"),
    **dict.fromkeys(["goldstein", "features"], "descriptions"),
    **dict.fromkeys(["bledsoe", "landmarks"], "ratios"),
}
"""What a room calls the eras, by a part of their names in the table."""


@check
def check_best_era(answer, table, pixels):
    """The era, by name or year, that puts the correct vehicle first most often at one size.

    `table` is ``data/results/eras.csv``, and `pixels` one of its sizes.
    """
    part = table[table.pixels == pixels].set_index("era")
    if part.empty:
        sizes = ", ".join(map(str, sorted(table.pixels.unique())))
        raise ValueError(f"the table has no pictures of {pixels} pixels; it has {sizes}")
    era = _read_era(answer, table)
    best = part.estimate.idxmax()
    result = f"{era} puts the correct vehicle first in {_percent(part.estimate[era])} of searches"
    if era != best:
        ahead = int((part.estimate > part.estimate[era]).sum())
        largest = table.pixels.max()
        best_of_largest = table[table.pixels == largest].set_index("era").estimate.idxmax()
        hint = (
            f" That is the best with pictures of {largest} pixels."
            if era == best_of_largest
            else ""
        )
        be = "is" if ahead == 1 else "are"
        raise Wrong(
            f"At {pixels} pixels {result}; {ahead} of the others {be} better.{hint} Look at the"
            " column `estimate` of `small`."
        )
    second = part.estimate.drop(best).idxmax()
    verdict = (
        "and their intervals do not touch"
        if part.low[best] > part.high[second]
        else "but their intervals overlap: it may be luck"
    )
    return (
        f"At {pixels} pixels {result}; next comes {second} with {_percent(part.estimate[second])},"
        f" {verdict}."
    )


def _percent(share):
    return f"{100 * share:.1f} %"


@reader
def _read_era(answer, table):
    """The era that is meant: by its name, a part of it, its year, or a row of the table."""
    names = list(table.era.unique())
    if isinstance(answer, pd.DataFrame) and len(answer) == 1:
        answer = answer.reset_index().iloc[0]
    if isinstance(answer, pd.Series) and len(answer) == 1:
        answer = answer.index[0]
    if isinstance(answer, pd.Series) and "era" in answer:
        answer = answer["era"]
    answer = getattr(answer, "name", answer)
    if isinstance(answer, str):
        text = answer.strip().lower().removeprefix("the ")
        text = _ALSO_CALLED.get(text, text)
    else:
        year = read_number(answer, "the era")
        if year in table.index and year == int(year):
            raise Wrong(
                f"{year:g} is the number of a row. Make `era` the index, or take the row's `era`."
            )
        if not 1900 < year < 2100:
            raise Wrong(
                f"The era should be its name or its year, but is {year:g}. A share of searches is"
                " no era."
            )
        text = f"{year:.0f}"
    meant = [name for name in names if text and text in name.lower()]
    if len(meant) != 1:
        raise Wrong(
            f"{text[:40]!r} names {len(meant) or 'none'} of the eras; give one of"
            f" {', '.join(names)}."
        )
    return meant[0]


@check
def check_eigen_weights(answer, pictures, mean, vehicles):
    """A function that gives the weights of eigen-vehicles in pictures.

    It takes pictures (n, d), their mean (d,) and eigen-vehicles (k, d), and returns weights (n, k).
    """
    pictures, mean, vehicles = (np.asarray(array, float) for array in (pictures, mean, vehicles))
    right = _pca_weights(pictures, mean, vehicles)
    shapes = f"pictures {pictures.shape}, mean {mean.shape}, vehicles {vehicles.shape}"
    weights = read_array(
        call(answer, pictures, mean, vehicles, hint=f". The shapes: {shapes}."),
        "What your function returns",
    )

    def near(value):
        rounded = 1e-4 * np.abs(right).max()
        return weights.shape == value.shape and np.allclose(weights, value, 1e-3, rounded)

    if not near(right):
        raise Wrong(_weights_hint(weights, right, near, pictures, mean, vehicles))
    became = f"{pictures.shape[1]} pixels became {len(vehicles)} numbers"
    return f"It agrees with scikit-learn's PCA on {len(pictures)} pictures: {became}."


def _pca_weights(pictures, mean, vehicles):
    """The weights by scikit-learn, with the same mean and components."""
    from sklearn.decomposition import PCA

    pca = PCA(len(vehicles))
    pca.mean_ = mean
    pca.components_ = vehicles
    pca.explained_variance_ = np.ones(len(vehicles))
    return pca.transform(pictures)


def _weights_hint(weights, right, near, pictures, mean, vehicles):
    """What went wrong, by what came out."""
    hint = first_hint(
        {
            "The mean was not subtracted first. What all pictures share does not describe a single"
            " one.": pictures @ vehicles.T,
            "These are the rebuilt pictures, not the weights. The weights come one step before.": (
                mean + right @ vehicles
            ),
            "These are the pictures minus their mean. The product with the eigen-vehicles is"
            " missing.": pictures - mean,
            "The sign is wrong: subtract the mean from the picture.": -right,
            "You subtracted an average of your own. The eigen-vehicles belong to `mean`, which the"
            " function is given.": (pictures - pictures.mean(axis=0)) @ vehicles.T,
        },
        near,
    )
    if hint:
        return hint
    if weights.shape == right.T.shape != right.shape:
        return (
            f"Rows and columns are swapped: the shape is {weights.shape}, and one row for each"
            f" picture gives {right.shape}."
        )
    if weights.shape != right.shape:
        return (
            f"The shape is {weights.shape}; expected one row for each picture and one column for"
            f" each eigen-vehicle, {right.shape}."
        )
    row, number = np.unravel_index(np.abs(weights - right).argmax(), right.shape)
    return (
        f"For picture {row} and eigen-vehicle {number} it gives {weights[row, number]:.4g}; right"
        f" is {right[row, number]:.4g}. The formula: (picture − mean) · eigen-vehicle."
    )
