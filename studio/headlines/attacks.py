"""Headline numbers of attacks: inversion, membership, unicity."""

from functools import partial
from pathlib import Path

from cctview.attacks import EPOCHS
from cctview.course import stored_unicity
from cctview.dataset import read_result
from studio.headlines.headline import Figure, Headline, share_or_gain

_ELSEWHERE = "a crop at another camera"


def _inversion(results: Path, gallery: str, method: str) -> Figure:
    table = read_result("inversion.csv", results)
    table = table[table.vehicles == table.vehicles.max()].set_index(["gallery", "method", "figure"])
    row = table.loc[(gallery, method, "top-5")]
    return share_or_gain(row, f"{row.vehicles:.0f} vehicles", method)


def _membership(results: Path, picture: int, figure: str = "TPR at 1 % FPR") -> Figure:
    table = read_result("membership.csv", results)
    kind = table.picture.unique()[picture]
    rows = table[(table.picture == kind) & (table.epoch == EPOCHS)].set_index("figure")
    row = rows.loc[figure]
    count = f"{row.vehicles:.0f} vehicles, 16 models"
    return Figure(row.estimate, row.low, row.high, count, digits=1)


def _unicity(results: Path, role: str, one_a_trip: bool) -> Figure:
    table = stored_unicity(0.25, 7, results)
    of = (table.points == 4) & (table.false_links == 0) & (table.one_a_trip == one_a_trip)
    row = table[of].set_index("role").loc[role]
    return Figure(row.singled_out, row.low, row.high, f"{row.traces:,.0f} vehicles, all of them")


HEADLINES = (
    Headline(
        "A picture rebuilt from a vector shows that frame rather than that vehicle",
        "08",
        "How much more often is a vehicle among a second network's first five if we search with the"
        " picture rebuilt from its vector than with the nearest other vehicle's crop?",
        "crops of the same vehicles at another camera; designs that the decoder never saw",
        "results --only inversion",
        partial(_inversion, gallery=_ELSEWHERE, method="gain"),
        "Search among the very crops that the vectors were made from:",
        partial(_inversion, gallery="the very crop", method="gain"),
    ),
    Headline(
        "The vector itself finds the vehicle at another camera",
        "08",
        "How often is a vehicle among the first five if we search with the stored vector, without"
        " any picture?",
        "the vectors of the same vehicles at another camera; designs that the decoder never saw",
        "results --only inversion",
        partial(_inversion, gallery=_ELSEWHERE, method="vector itself"),
        "Search with the true crop, by a second network (the ceiling of rebuilt pictures):",
        partial(_inversion, gallery=_ELSEWHERE, method="true crop"),
    ),
    Headline(
        "With another picture of the vehicle, membership is found about as often as by a coin",
        "02",
        "Of the vehicles that an over-trained classifier was taught, how many does the likelihood"
        " ratio attack find at 1 % false alarms, if the attacker holds a crop at another camera?",
        "vehicles of the same minutes, half of them taught; a coin finds 1 %",
        "results --only membership",
        partial(_membership, picture=-1),
        "Let the attacker hold the very crop that was taught:",
        partial(_membership, picture=0),
    ),
    Headline(
        "Four passes on different trips single out most commuters",
        "03",
        "Of the commuters with four trips in a week, how many are the only vehicle that fits four"
        " passes, each of another trip, whose times are known to 15 minutes?",
        "all vehicles of a week of simulated habits at six cameras",
        "results --only unicity",
        partial(_unicity, role="commuter", one_a_trip=True),
        "Draw the four from any passes of any vehicle, so that two are often of one trip:",
        partial(_unicity, role="everyone", one_a_trip=False),
    ),
)
