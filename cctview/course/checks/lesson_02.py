"""Checks of the exercises on learning, in notebook 02."""

import numpy as np

from cctview.course.checks.answers import Wrong, call, check, first_hint, read_number

_ENOUGH = 0.15
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
                f"{epoch:.3g} is a loss. The question asks for the epoch at which it is so low:"
                " `idxmin` gives it."
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
            "Before it the loss on new vehicles still falls. Long after it that loss rises, while"
            " the other one keeps falling."
        )
    if epoch < best:
        raise Wrong(
            f"After {epoch:g} epochs the loss on new vehicles is {new[epoch]:.2f}; later it is"
            " lower. Let the network learn longer."
        )
    if epoch == int(trained_on.idxmin()) or epoch == history.index[-1]:
        raise Wrong(
            "There the loss is lowest on the vehicles that the network was shown, and it knows"
            " those by heart. Look at the other curve, of vehicles that it never saw."
        )
    raise Wrong(
        f"After {epoch:g} epochs the loss on new vehicles has risen again to {new[epoch]:.2f}. Stop"
        " earlier."
    )


@check
def check_members_found(answer, losses, member):
    """A function that returns which share of members is found at a share of false alarms.

    It takes the losses (n,) of one model, whether each is of a member (n,), and the share allowed.
    """
    from sklearn.metrics import roc_curve

    own = np.asarray(losses, float), np.asarray(member, bool)
    for (losses, member), allowed in ((_told_apart(), 0.2), (own, 0.05), (own, 0.2), (own, 0.01)):
        fpr, tpr, _ = roc_curve(member, -losses, drop_intermediate=False)
        right = float(tpr[fpr <= allowed].max())
        # Where the one at the threshold is not counted.
        least = float(tpr[fpr <= max(allowed - 1.01 / (~member).sum(), 0)].max())
        hint = ". Try it on `losses`, `member` and 0.01."
        given = call(answer, losses, member, allowed, hint=hint, wanted="what it finds")
        share = read_number(given, "what your function returns")
        room = max(1.5 / member.sum(), 0.0051)  # two decimals are exact enough
        if not least - room <= share <= right + room:
            raise Wrong(_members_hint(share, right, losses, member, allowed))
    return "It agrees with scikit-learn's ROC at 1, 5 and 20 % of false alarms."


def _told_apart():
    """Made losses, of which each usual mistake finds another share; and whose they are."""
    rng, member = np.random.default_rng(0), np.arange(600) < 300
    return np.where(member, rng.exponential(0.4, 600), rng.exponential(1, 600) + 0.05), member


def _members_hint(share, right, losses, member, allowed):
    """What went wrong, by what came out."""
    if share > 1:
        return (
            f"{share:g} is no share. If it is in per cent, divide by 100. If it is how many members"
            " are found, divide by how many there are."
        )
    threshold, inside, others = (
        np.quantile(losses[~member], allowed),
        losses[member],
        losses[~member],
    )
    hints = {
        "This is the threshold. Which share of the members has a smaller loss?": threshold,
        "Members and others are swapped: the threshold comes from the others, and the members are"
        " counted.": (others < np.quantile(inside, allowed)).mean(),
        "This threshold accuses most of the others. Take the quantile `allowed` of their losses,"
        " which begins with the small ones.": (inside < np.quantile(others, 1 - allowed)).mean(),
        f"That is the share that you allow, {allowed:g}. Take the threshold from the others'"
        " losses, and return how many of the members lie below it.": allowed,
        "`np.percentile` counts from 0 to 100. Use `np.quantile`, or multiply by 100.": (
            (inside < np.percentile(losses[~member], allowed)).mean()
        ),
        "This divides by everybody. Divide by the number of members.": (
            (inside <= threshold).sum() / len(losses)
        ),
        "The threshold is right, but you count everybody below it. Count the members alone, and"
        " divide by the number of members.": (losses <= threshold).mean(),
        "This is how often an accusation is right. The question asks which share of all members is"
        " found.": member[losses <= threshold].mean(),
        "You took the threshold from everybody's losses. Take it from the others' alone, because it"
        " must not accuse too many of them.": (inside <= np.quantile(losses, allowed)).mean(),
        "This counts all members. Which share of them has a loss below the threshold? The mean of"
        " True and False is a share.": 1.0,
        "It is the other way round: members have the small losses. Accuse vehicles below a"
        " threshold.": (inside >= np.quantile(losses[~member], 1 - allowed)).mean(),
        "It is the other way round: this accuses the members with a large loss.": (
            (inside > threshold).mean()
        ),
    }
    near = 1.5 / member.sum() + 1e-9
    nearest = dict(sorted(hints.items(), key=lambda hint: abs(share - hint[1])))
    return first_hint(nearest, lambda value: abs(share - value) <= near) or (
        f"With {100 * allowed:g} % false alarms it gives {share:.4g}; scikit-learn says"
        f" {right:.4g}."
    )
