"""Attribute and membership inference, inversion's parts: against constructed cases and
scikit-learn.
"""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score, roc_curve

from cctview.attacks import inference as attack
from cctview.attacks.crops import LabelledCrops


def labelled(n=150, signal=3.0, seed=0):
    """Three classes of vehicles at two cameras; the class moves one coordinate."""
    rng = np.random.default_rng(seed)
    kind = np.arange(n) % 3
    vehicle = np.repeat(np.arange(n), 2)
    vectors = rng.normal(size=(2 * n, 10)).astype(np.float32)
    vectors[:, 0] += signal * (kind[vehicle] == 1)
    vectors[:, 1] += signal * (kind[vehicle] == 2)
    table = pd.DataFrame(
        {
            "vehicle": vehicle,
            "camera": np.tile(["a", "b"], n),
            "passing": np.arange(2 * n),
            "seconds": 0.0,
        }
    )
    return LabelledCrops(
        table.assign(
            family=np.array(["red", "light", "dark"])[kind[vehicle]], length=4.0, size=30.0
        ),
        vectors,
    )


def test_a_probe_reads_what_is_there_and_nothing_else():
    found = attack.infer_attribute(labelled(), "family")
    figures = found.figures()
    assert figures.loc["probe", "low"] > 0.8
    assert figures.loc["gain", "low"] > 0.3
    assert figures.loc["probe", "estimate"] == pytest.approx(
        balanced_accuracy_score(found.truth, found.guessed)
    )
    nothing = attack.infer_attribute(labelled(signal=0.0), "family").figures()
    assert nothing.loc["probe", "low"] < 1 / 3 < nothing.loc["probe", "high"] + 0.05


def test_a_probe_learnt_elsewhere():
    figures = attack.infer_attribute(labelled(seed=1), "family", known=labelled(seed=2)).figures()
    assert figures.loc["probe", "estimate"] > 0.8


def test_rare_classes_are_left_out():
    data = labelled()
    rare = data.table.vehicle < 6
    found = attack.infer_attribute(
        LabelledCrops(data.table.assign(family=data.table.family.mask(rare, "pink")), data.vectors),
        "family",
    )
    assert "pink" not in found.truth
    with pytest.raises(ValueError, match="two classes"):
        attack.infer_attribute(data, "length")


def test_membership_figures_by_scikit_learn():
    rng = np.random.default_rng(0)
    member = rng.random(400) < 0.5
    scores = rng.normal(member, 1.0)
    result = attack.Membership(member, scores)
    figures = result.figures()
    assert figures.loc["AUC", "estimate"] == pytest.approx(roc_auc_score(member, scores))
    fpr, tpr, _ = roc_curve(member, scores)
    assert figures.loc["TPR at 1 % FPR", "estimate"] == tpr[fpr <= 0.01].max()


def test_the_likelihood_ratio_sees_what_a_threshold_does_not():
    """Examples differ in how hard they are; members are a little easier than they would be. Only
    the ratio corrects for it.
    """
    rng = np.random.default_rng(1)
    hard, member = rng.normal(0, 3, 500), rng.random(500) < 0.5
    half = np.array([rng.permutation(500) < 250 for _ in range(4)])
    within = np.concatenate([half, ~half])

    def tell(taken):
        return 1 / (1 + np.exp(-(hard + 1.5 * taken + rng.normal(0, 0.5, taken.shape))))

    confidence, shadow = tell(member), tell(within)
    auc = {
        name: roc_auc_score(member, score)
        for name, score in (
            ("threshold", confidence),
            ("ratio", attack.likelihood_ratio_attack(confidence, shadow, within)),
        )
    }
    assert auc["ratio"] > 0.9 > 0.7 > auc["threshold"]


def test_models_that_all_know_an_example_are_refused():
    with pytest.raises(ValueError, match="train more"):
        attack.likelihood_ratio_attack(np.full(3, 0.5), np.full((2, 3), 0.5), np.ones((2, 3), bool))
