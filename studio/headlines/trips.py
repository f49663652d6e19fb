"""Headline numbers of trips: links of all vehicles at once, and a whole town."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cctview.dataset import read_result
from studio.headlines.headline import Figure, Headline

_TOWN = "all trips of a simulated town; cameras on its busiest roads"


@dataclass(frozen=True)
class OfTowns(Figure):
    """A mean over several towns, each with a seed of its own: `low` is the least, `high` the
    most.
    """

    def __str__(self) -> str:
        return super().__str__().replace("95% CI ", "single towns: ")


def _linked(engine: str, results: Path) -> Figure:
    table = read_result("linking.csv", results)
    rows = table[(table["way"] == "both") & (table["figure"] == "linked and right, share")]
    row = rows.set_index("engine").loc[engine]
    count = f"{row.links:.0f} searches for {row.links / 5:.0f} vehicles"
    return Figure(row.estimate, row.low, row.high, count)


def _town(kind: str, figure: str, results: Path, days: int = 7) -> OfTowns:
    table = read_result("city.csv", results)
    of = (table["kind"] == kind) & (table["cameras"] == 176) & (table["drivers"] == "everyone")
    row = table[of & (table["days"] == days) & (table["figure"] == figure)].iloc[0]
    return OfTowns(row.estimate, row.low, row.high, "all trips of towns with a seed each", digits=1)


def _film(arm: str, results: Path) -> Figure:
    table = read_result("kinds.csv", results)
    row = table[(table["arm"] == arm) & (table["figure"] == "whole trips right")].iloc[0]
    return Figure(row.estimate, row.low, row.high, f"{row['count']:.0f} trips", digits=1)


HEADLINES = (
    Headline(
        "Passes are linked rightly if all trips are decided at once",
        "00",
        "A vehicle passes all six cameras in the first six minutes. Which share of its passes at"
        " the other five is linked to it from its first pass, with a probability of 0.5 or more?",
        "all passes of these minutes at the other camera, both ways",
        "results --only linking",
        partial(_linked, "looks and clock, jointly"),
        "Decide each search by itself, by the same appearance and clock:",
        partial(_linked, "looks and clock"),
    ),
    Headline(
        "Plate readers put a town's trips together",
        "00, 08",
        "Which share of all trips of a week is put together from the passes at 176 plate readers,"
        " and booked under the driver who made it?",
        _TOWN,
        "city",
        partial(_town, "plate readers", "trips put together, right"),
        "Take as many still cameras, like those of this course:",
        partial(_town, "stills", "trips put together, right"),
    ),
    Headline(
        "Plate readers find homes",
        "00, 08",
        "Of how many drivers do 176 plate readers find the home in a week, to 100 m?",
        _TOWN,
        "city",
        partial(_town, "plate readers", "home found"),
        "Keep the records for one day:",
        partial(_town, "plate readers", "home found", days=1),
    ),
    Headline(
        "Small and slow frames put hardly a trip together",
        "06",
        "Which share of the trips past three cameras is put together, from frames like those of"
        " this course: 352×240 pixels, every 1.7 seconds?",
        "all passes of two minutes at the other cameras; one seed of the road",
        "kinds --work FOLDER",
        partial(_film, "small, slow"),
        "Take the course's own network, which learned from real frames:",
        partial(_film, "small, slow, shipped network"),
    ),
    Headline(
        "Large and fast frames put trips together",
        "06",
        "Which share of the trips past three cameras is put together, at 1056×720 pixels and three"
        " frames a second, by a network that was trained for such frames?",
        "all passes of two minutes at the other cameras; one seed of the road",
        "kinds --work FOLDER",
        partial(_film, "large, fast"),
        "Take as large frames every 1.7 seconds:",
        partial(_film, "large, slow"),
    ),
)
