"""Who needs what: an owner of a database ticks what it is for, and the best defence changes; then
the reader attacks that defence.

All of it was measured: `cctview.defences.stored_draws` on halves of the vehicles (a defence is
chosen on one half, and judged on the other), `cctview.defences.stored` for each single attack.
"""

from itertools import combinations, product
from pathlib import Path
from typing import Any

import pandas as pd

from cctview.defences import DEFENCES, TRACKERS, USES, best_defence, case_name
from cctview.show import Moment, percent

_LEAST = 0.9
"""Share of every needed use that a defence must keep."""
_BEST = "the best of these"
_WHO = {
    "off the shelf": "the network as it is",
    "retrained": "has learned from defended data",
    "adaptive": "knows the defence, and uses all crops of a pass",
    "another network": "has a network that the defence was not made for",
}
"""What each thief is, in a few words."""
_ABOUT = (
    "An owner of a database of passes ticks what it is for: counting, speeds, travel times,"
    " types. Each point is a defence: how much of a link's bits it takes from a thief, and how"
    " much of what is needed it costs. The best one that keeps nine tenths of what is needed is"
    " named. Then you are the thief: you choose an attack, and see how many of the passes at"
    " the next camera are left to choose from."
)


def who_needs_what(results: pd.DataFrame, draws: pd.DataFrame) -> Moment:
    """Tick boxes for what the owner needs, and a choice of the thief that the owner fears; then
    "be the thief": choose an attack on the defence, and see how many passes are left.

    Parameters
    ----------
    results, draws : DataFrame
        From `cctview.defences.stored` and `cctview.defences.stored_draws`.
    """
    measured = [name for name in TRACKERS if (draws["measure"] == name).any()]
    fears = {name: [name] for name in measured} | {_BEST: measured}
    sides = list(product(fears, (False, True)))
    none = draws["defence"] == "none"
    cases = []
    for (name, strength), rows in draws[~none].groupby(["defence", "strength"], sort=False):
        of = pd.concat([draws[none], rows])
        by = set(rows["measure"])  # a thief who has no pictures cannot use another network
        shares = [
            best_defence(of, [], fears[who], 0.0, clock).share if by & set(fears[who]) else None
            for who, clock in sides
        ]
        kept = [best_defence(of, [use], measured, 0.0).kept for use in USES]
        cases.append(
            {
                "name": case_name(name, strength),
                "words": _words(name, strength),
                "where": DEFENCES[name].where,
                "kept": [round(share, 3) for share in kept],
                "bought": [share if share is None else round(share, 3) for share in shares],
                "attacks": _attacks(results, name, strength, measured),
            }
        )
    best = {
        "+".join(needs): [_best(draws, needs, fears[who], clock) for who, clock in sides]
        for count in range(1, len(USES) + 1)
        for needs in combinations(USES, count)
    }
    data = {
        "uses": USES,
        "fears": list(fears),
        "who": _WHO,
        "least": _LEAST,
        "cases": cases,
        "best": best,
        "none": _attacks(results, "none", 0.0, measured),
        "crowd": round(float(results["gallery"].iloc[0])),
    }
    state = {"needs": ["counting", "types"], "fear": 0, "times": False, "thief": False, "tried": []}
    still = f"<p>{_ABOUT}</p>{_table(best)}"
    script = Path(__file__).with_suffix(".js")
    return Moment(script, "Who needs what? Then be the thief", _ABOUT, data, state, still)


def _table(best):
    """The best defence for each set of needs, against the best thief, in a fold."""
    rows = {needs.replace("+", ", "): of[-1] for needs, of in best.items()}
    table = pd.DataFrame(
        {
            "best defence": {needs: " or ".join(of["chosen"]) for needs, of in rows.items()},
            "takes": {needs: percent(max(of["share"], 0)) for needs, of in rows.items()},
        }
    ).rename_axis("needed")
    title = "Against the best thief, who uses the times"
    return f"<details><summary>{title}</summary>{table.to_html(border=0)}</details>"


def _words(name: str, strength: float) -> str:
    """A defence at a strength for people, such as "retention (30 seconds kept)"."""
    unit = DEFENCES[name].unit.replace("bits", "bit" if strength == 1 else "bits")
    return f"{name} ({strength:g} {unit})" if unit and name != "no vectors" else name


def _best(draws, needs, trackers, clock) -> dict[str, Any]:
    best = best_defence(draws, needs, trackers, _LEAST, clock)
    ends = {end: round(float(best[end]), 3) for end in ("share", "low", "high")}
    return {"chosen": list(dict.fromkeys(best.chosen))} | ends


def _attacks(results, name, strength, trackers):
    """The measured attacks on a defence: who, whether with the times, the bits that are left."""
    rows = results[(results["defence"] == name) & (results["strength"] == strength)]
    rows = rows[rows["tracker"].isin(trackers) & rows["clock_bits"].notna()]
    rows = rows.sort_values("evidence", key=lambda evidence: evidence == "pictures", kind="stable")
    rows = rows.drop_duplicates("tracker", keep="first")
    attacks = []
    for row in rows.itertuples():
        if row.evidence != "vectors and clock":
            attacks.append({"who": row.tracker, "times": False, "bits": round(row.bits, 2)})
        attacks.append({"who": row.tracker, "times": True, "bits": round(row.clock_bits, 2)})
    return attacks
