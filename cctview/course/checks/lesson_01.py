"""Checks of the exercises on the history of recognition, in notebook 01."""

import numpy as np

from cctview.course.checks.answers import Wrong, call, check, need_function, read_number


@check
def check_best_era(answer, table, pixels):
    """The era that puts the right vehicle first most often, with pictures of one size.

    Parameters
    ----------
    answer : object
        Its name, or its year.
    table : DataFrame
        Columns pixels, era, estimate, low, high, as in ``data/results/eras.csv``.
    pixels : int

    Returns
    -------
    Verdict
    """
    here = table[table.pixels == pixels].set_index("era")
    if here.empty:
        raise Wrong(
            f"The table has no pictures of {pixels} pixels; it has"
            f" {', '.join(map(str, sorted(table.pixels.unique())))}."
        )
    era, best = _era(answer, list(here.index)), here.estimate.idxmax()
    told = f"{era} puts the right vehicle first in {_percent(here.estimate[era])} of searches"
    if era != best:
        ahead = int((here.estimate > here.estimate[era]).sum())
        full = table[table.pixels == table.pixels.max()].set_index("era").estimate.idxmax()
        hint = (
            f" That is the best with pictures of {table.pixels.max()} pixels."
            if era == full
            else ""
        )
        raise Wrong(
            f"At {pixels} pixels {told}; better: {ahead} of the others.{hint} Look at the column"
            " `estimate` of `small`."
        )
    second = here.estimate.drop(best).idxmax()
    sure = here.low[best] > here.high[second]
    verdict = (
        "their intervals do not touch" if sure else "but their intervals overlap: it may be luck"
    )
    return (
        f"At {pixels} pixels {told}; next comes {second} with {_percent(here.estimate[second])},"
        f" {verdict}."
    )


def _percent(share):
    return f"{100 * share:.1f} %"


def _era(answer, names):
    """The era that is meant: by its name, a part of it, or its year."""
    if isinstance(answer, (bool, np.bool_)) or not isinstance(
        answer, (str, int, np.integer, float, np.floating)
    ):
        answer = getattr(answer, "name", answer)
    if isinstance(answer, str):
        text = answer.strip().lower()
    else:
        year = read_number(answer, "the era")
        if not 1900 < year < 2100:
            raise Wrong(
                f"The era should be its name or its year, but is {year:g}. A share of searches is"
                " no era."
            )
        text = f"{year:.0f}"
    found = [name for name in names if text and text in name.lower()]
    if len(found) != 1:
        raise Wrong(
            f"{text[:40]!r} names {len(found) or 'none'} of the eras; give one of"
            f" {', '.join(names)}."
        )
    return found[0]


@check
def check_eigen_weights(answer, pictures, mean, vehicles):
    """A function that gives the weights of eigen-vehicles in pictures.

    Parameters
    ----------
    answer : callable
        Takes pictures (n, d), their mean (d,) and eigen-vehicles (k, d); returns weights (n, k).
    pictures : ndarray, shape (n, d)
    mean : ndarray, shape (d,)
    vehicles : ndarray, shape (k, d)

    Returns
    -------
    Verdict
    """
    from sklearn.decomposition import PCA

    need_function(answer)
    pictures, mean, vehicles = (np.asarray(array, float) for array in (pictures, mean, vehicles))
    judge = PCA(len(vehicles))
    judge.mean_, judge.components_, judge.explained_variance_ = (
        mean,
        vehicles,
        np.ones(len(vehicles)),
    )
    right = judge.transform(pictures)
    shapes = f"{pictures.shape}, {mean.shape}, {vehicles.shape}"
    given = call(
        answer, pictures.copy(), mean.copy(), vehicles.copy(), hint=f". The shapes: {shapes}."
    )
    try:
        given = np.asarray(given, float)
    except (TypeError, ValueError):
        raise Wrong(
            f"Your function should return a table of numbers, but returns a {type(given).__name__}."
        ) from None
    known = {
        "These are the weights without the mean taken away first: what all pictures share is no mark of one.": (
            pictures @ vehicles.T
        ),
        "These are the rebuilt pictures, not the weights. The weights come one step before.": (
            mean + right @ vehicles
        ),
        "These are the pictures less their mean. What is missing is the product with the eigen-vehicles.": (
            pictures - mean
        ),
        "The sign is turned round: it is picture minus mean.": -right,
    }
    for hint, wrong in known.items():
        if given.shape == wrong.shape and np.allclose(given, wrong, rtol=1e-3, atol=1e-3):
            raise Wrong(hint)
    if given.shape == right.T.shape and given.shape != right.shape:
        raise Wrong(
            f"The table lies on its side: it has shape {given.shape}, but one row a picture is"
            f" {right.shape}."
        )
    if given.shape != right.shape:
        raise Wrong(
            f"It has shape {given.shape}; expected one row a picture and one column an"
            f" eigen-vehicle, {right.shape}."
        )
    if not np.allclose(given, right, rtol=1e-3, atol=1e-3):
        row = int(np.abs(given - right).max(axis=1).argmax())
        raise Wrong(
            f"For picture {row} the first weight is {given[row, 0]:.4g}; right is"
            f" {right[row, 0]:.4g}. The formula: (picture − mean) · eigen-vehicle."
        )
    became = f"{pictures.shape[1]} pixels became {len(vehicles)} numbers"
    return f"It agrees with scikit-learn's PCA on {len(pictures)} pictures: {became}."
