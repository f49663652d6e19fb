"""Calibration of links, against searches whose answer is drawn with known probabilities."""

import numpy as np
import pandas as pd
import pytest

from cctview.link.calibration import Calibration, Curve, fit_calibration

LEGS = np.array(["a b S", "a b N"], object)


def searches(seed, count=4000, size=4):
    """Candidates of many searches, and which is right: one of them, or none."""
    rng = np.random.default_rng(seed)
    true = rng.dirichlet(np.full(size + 1, 0.6), count)[:, :size]
    drawn = (rng.random(count)[:, None] > np.cumsum(true, axis=1)).sum(axis=1)
    right = drawn[:, None] == np.arange(size)
    leg = LEGS[rng.integers(2, size=count)]
    odds = true / (1 - true) * np.where(leg == "a b N", 2.0, 0.7)[:, None]
    said = (odds**0.6) / (1 + odds**0.6)  # what is said is less sure, and another on each leg
    said /= np.maximum(1, said.sum(axis=1, keepdims=True))
    return said, np.full_like(said, 0.2), leg, right


def candidates(said, alone, leg, right):
    count, size = said.shape
    return pd.DataFrame(
        {
            "query": np.repeat(np.arange(count), size),
            "leg": np.repeat(leg, size),
            "weight": said.ravel(),
            "alone": alone.ravel(),
            "right": right.ravel(),
        }
    )


def worst(probability, right):
    """The largest distance of what is claimed from what comes true, of the best candidates."""
    each, best = np.arange(len(probability)), probability.argmax(axis=1)
    claimed, true = probability[each, best], right[each, best]
    place = np.digitize(claimed, [0.4, 0.6, 0.8])
    return max(abs(claimed[place == k].mean() - true[place == k].mean()) for k in np.unique(place))


def test_what_is_claimed_comes_true_on_other_searches_and_on_each_leg():
    calibration = fit_calibration(candidates(*searches(0)))
    said, alone, leg, right = searches(1)
    sure = calibration.apply(said, alone, leg)
    assert worst(said, right) > 0.1
    assert worst(sure, right) < 0.06
    for name in LEGS:
        of = leg == name
        best = sure[of].argmax(axis=1)
        claimed, true = (x[of][np.arange(of.sum()), best].mean() for x in (sure, right))
        assert claimed == pytest.approx(true, abs=0.03)


@pytest.mark.parametrize("best", [(1.0, -1.0), (0.2, -3.0), (3.0, -0.1)])
def test_no_search_has_more_than_one_answer_and_its_best_stays_the_best(best):
    said, alone, leg, _ = searches(2, count=300)
    calibration = Calibration(best=Curve(best, -0.3))
    sure = calibration.apply(said, alone, leg)
    assert (sure.sum(axis=1) <= 1 + 1e-9).all()
    assert (sure.argmax(axis=1) == said.argmax(axis=1)).all()


def test_by_default_nothing_changes():
    said, alone, leg, _ = searches(3, count=50)
    np.testing.assert_allclose(Calibration().apply(said, alone, leg), said, atol=2e-4)
    assert Calibration().apply(said[:, :0], alone[:, :0], leg).shape == (50, 0)
