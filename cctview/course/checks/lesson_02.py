"""Checks of the exercises on learning, in notebook 02."""

import numpy as np

from cctview.course.checks.answers import Wrong, call, check, first_hint, read_number

_ENOUGH = 0.05
"""A good epoch to stop after has a loss on new vehicles at most this share above the lowest."""


@check
def check_stop(answer, history):
    """The epoch after which to stop a training.

    `history` comes from `cctview.attacks.classifier.Training.history`.
    """
    epoch = read_number(answer, "the epoch")
    trained_on = history.training_loss
    new = history.validation_loss
    if epoch != int(epoch):
        if any(np.isclose(epoch, values.min(), atol=0.006) for values in (trained_on, new)):
            raise Wrong(
                f"{epoch:.3g} is a loss. After which epoch is it so low? Read it off the axis"
                " below: `idxmin` does."
            )
        raise Wrong(f"{epoch:g} is no whole number of epochs.")
    if epoch not in history.index:
        raise Wrong(
            f"There are epochs 0 to {history.index[-1]} in these curves; {epoch:g} is not one of"
            " them."
        )
    best = int(new.idxmin())
    if new[epoch] <= (1 + _ENOUGH) * new.min():
        return (
            "Before it the loss on new vehicles still falls; long after it, it rises, while the"
            " other curve falls on."
        )
    if epoch < best:
        raise Wrong(
            f"After {epoch:g} epochs the loss on new vehicles is {new[epoch]:.2f}, and still falls:"
            " learn longer."
        )
    if epoch == int(trained_on.idxmin()) or epoch == history.index[-1]:
        raise Wrong(
            "There the loss is lowest on the vehicles that it was taught, and those it knows by"
            " heart. Look at the other curve: what counts is vehicles that it never saw."
        )
    raise Wrong(
        f"After {epoch:g} epochs the loss on new vehicles has risen again to {new[epoch]:.2f}: stop"
        " before."
    )


@check
def check_members_found(answer, losses, member):
    """A function that returns which share of members is found at a share of false alarms.

    It takes the losses (n,) of one model, whether each is of a member (n,), and the share allowed.
    """
    from sklearn.metrics import roc_curve

    losses = np.asarray(losses, float)
    member = np.asarray(member, bool)
    step = 1 / member.sum()
    fpr, tpr, _ = roc_curve(member, -losses, drop_intermediate=False)
    for allowed in (0.05, 0.2, 0.01):
        right = float(tpr[fpr <= allowed].max())
        # Where the one at the threshold is not counted.
        least = float(tpr[fpr <= max(allowed - 1.01 / (~member).sum(), 0)].max())
        hint = ". Try it on `losses`, `member` and 0.01."
        given = call(answer, losses, member, allowed, hint=hint, wanted="what it finds")
        share = read_number(given, "what your function returns")
        if not least - 1.5 * step <= share <= right + 1.5 * step:
            raise Wrong(_members_hint(share, right, losses, member, allowed))
    return "It agrees with scikit-learn's ROC at 1, 5 and 20 % of false alarms."


def _members_hint(share, right, losses, member, allowed):
    """What went wrong, by what came out."""
    if share > 1:
        return (
            f"{share:g} is no share. If it is how many members are found, divide by how many there"
            " are."
        )
    threshold = np.quantile(losses[~member], allowed)
    hints = {
        "This is the share of others that are accused. Asked is how many members are found at that"
        " cost.": allowed,
        "This is how often an accusation is right. Asked is which share of all members is found.": (
            member[losses <= threshold].mean()
        ),
        "The threshold leaves out a share of everyone. Let a share of those that were never taught"
        " be accused.": (losses[member] <= np.quantile(losses, allowed)).mean(),
        "The wrong way round: members have the small losses. Accuse those below a threshold.": (
            (losses[member] >= np.quantile(losses[~member], 1 - allowed)).mean()
        ),
        "The wrong way round: this accuses the members with a large loss.": (
            (losses[member] > threshold).mean()
        ),
        "The threshold comes from the members' own losses. Take it from those that were never"
        " taught.": (losses[member] <= np.quantile(losses[member], allowed)).mean(),
    }
    near = 1.5 / member.sum() + 1e-9
    return first_hint(hints, lambda value: abs(share - value) <= near) or (
        f"With {100 * allowed:g} % false alarms it gives {share:.4g}; scikit-learn says"
        f" {right:.4g}."
    )
