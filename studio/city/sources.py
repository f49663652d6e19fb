"""What the city assumes, and what it is checked against: each number with its source.

`ASSUMED` goes into the simulation. `PUBLISHED` does not: it is what real streets have, and
`studio.city.checks` compares the simulated city with it. "choice" means that we chose it.
"""

from scipy.constants import kilo, mile

from cctview.search import Quantity

MILE = mile / kilo  # km

ASSUMED = {
    "traffic": Quantity(
        34_588 / 5_512 * 1000,
        "vehicles a day past an average place of the road",
        "source: daily vehicle-miles by road miles of the urbanised area Norfolk-Virginia"
        " Beach-Newport News, FHWA Highway Statistics 2000, table 5-5 of the BTS's State"
        " Transportation Statistics, Virginia (New York-Newark, HM-72 of 2012: 6,493)",
    ),
    "drivers": Quantity(50_000, "drivers who live here", "choice"),
    "block": Quantity(80, "m from street to street", "choice: as in Manhattan, rounded"),
    "avenue": Quantity(250, "m from avenue to avenue", "choice: as in Manhattan, rounded"),
    "work": Quantity(4_000, "m, the scale at which people go to work ever less often", "choice"),
    "errand": Quantity(
        2_300,
        "m, the same for errands",
        "so that as many car trips as in New York, 22 %, are shorter than a mile: Schaller"
        " Consulting, City in Flux, in Streetsblog NYC, 19 April 2007",
    ),
    "ride": Quantity(
        4_500,
        "m, the same for taxis",
        "so that a ride is as long as in New York, 2.6 miles on average: taxifarefinder.com,"
        " 23 April 2015, after New York's Taxicab Fact Book of 2014",
    ),
    "deliveries": Quantity(1_500, "m, the same from stop to stop of a delivery", "choice"),
    "speed": Quantity(
        11, "m/s between crossings along an avenue at night (8.5 along a street)", "choice"
    ),
    "rush": Quantity(1.7, "times as long a drive takes at five in the afternoon", "choice"),
    "taste": Quantity(
        0.15, "of a street's time: how differently four groups of drivers weigh it", "choice"
    ),
    "rides": Quantity(
        30,
        "rides a taxi's shift of 9.5 hours",
        "source: taxifarefinder.com, 23 April 2015, after New York's Taxicab Fact Book of 2014",
    ),
    "stop": Quantity(
        0.2, "of the crossings along an avenue mean a stop (0.5 along a street)", "choice"
    ),
    "red": Quantity(44, "s, the longest wait at a crossing", "choice"),
    "commuters": Quantity(
        0.6,
        "of the drivers commute (0.35 drive now and then, 0.03 deliver, 0.02 drive a taxi)",
        "choice, as in data/habits",
    ),
    "regularity": Quantity(
        10, "min, typical scatter of a commuter's hour of leaving", "choice, as in data/habits"
    ),
    "other way": Quantity(0.1, "of the trips leave the driver's usual way", "choice"),
    "plates read": Quantity(
        0.9,
        "of the passes before a plate reader are read, and read rightly",
        "source: errors of 5 % (Flock's claim) to 35 % (a study in Vallejo) are cited, most place"
        " them at 10 to 20 %: agenda of San Leandro, California, document 439038; the lower end",
    ),
    "plate of another": Quantity(
        0.05, "of the misread plates belong to somebody else here", "choice"
    ),
    "appearance over days": Quantity(
        0,
        "share of its strength that appearance keeps from day to day (a slider moves it)",
        "choice: not measured",
    ),
    "larger stills": Quantity(
        0.7,
        "of the measured noise of appearance is left (and a tenth more passes are noticed)",
        "choice: no larger camera was measured",
    ),
}
"""What goes in."""

PUBLISHED = {
    "trips a day": Quantity(
        2.5,
        "trips of a driver",
        "AAA Foundation, New American Driving Survey, July 2019 to June 2020 (April 2021)",
    ),
    "minutes a day": Quantity(
        59,
        "min of driving",
        "AAA Foundation, New American Driving Survey, July 2019 to June 2020 (April 2021)",
    ),
    "km a day": Quantity(
        30 * MILE,
        "km of driving",
        "AAA Foundation, New American Driving Survey, July 2019 to June 2020 (April 2021)",
    ),
    "trips under 3 miles": Quantity(
        0.56, "of car trips", "Schaller Consulting, City in Flux, in Streetsblog NYC, 19 April 2007"
    ),
    "km an hour of taxis": Quantity(
        13.3 * MILE,
        "km an hour",
        "mean of all taxi trips in New York in 2013, I Quant NY, as drewlevitt.com quotes it in"
        " August 2014",
    ),
    "unicity of four points": Quantity(
        0.95,
        "of 1.5 million people are singled out by four places and hours, over 15 months",
        "de Montjoye et al., Scientific Reports 3:1376 (2013)",
    ),
    "reads a day by 176 readers": Quantity(
        526 / 134,
        "reads a day of one driver",
        "526 reads of Lee Schmidt's car by Norfolk's 176 readers from 19 February to 2 July 2024,"
        " NBC News as legalreader.com quotes it",
    ),
}
"""What is published, and not put in."""

WHY = {
    "trips a day": "",
    "minutes a day": "It follows from the kilometres. The speed is that of a town.",
    "km a day": (
        "The town is small, and nobody drives out of it. If all trips led from anywhere in it to"
        " anywhere, they would make {anywhere:.0f} km a day, no more. A country's drivers use"
        " highways, too."
    ),
    "trips under 3 miles": (
        "The same cause: of trips from anywhere to anywhere {near:.0%} are so short here."
    ),
    "km an hour of taxis": "",
    "unicity of four points": (
        "Fewer people share a place here: {drivers:,} drivers, at {crossings:,} crossings, not"
        " 1.5 million persons at antennas."
    ),
    "reads a day by 176 readers": (
        "The published number is of one man, and not of an average driver. In the simulated town"
        " as many readers stand on a km of road, so there are fewer."
    ),
}
"""Why a simulated value differs from the published one, as far as we know."""

TOWNS = {
    "*McCarthy*: four readers on two bridges": (
        4,
        "cordon",
        "*Commonwealth v. McCarthy*, 484 Mass. 493 (2020). They stood at the two bridges to Cape"
        " Cod: a cordon, whose size says nothing about the town behind it.",
    ),
    "this course: six cameras on one road": (6, "", "The simulated road of the lessons."),
    "*Norfolk*: 176 plate readers": (
        176,
        "busiest",
        "*Schmidt v. Norfolk*, E.D. Va., 27 January 2026. The urbanised area has 3.7 miles of road"
        " per thousand persons (BTS, as above). Norfolk itself has about 238,000 persons (US"
        " census 2020, not looked up again), so about 1,400 km of road.",
    ),
    "New York: about 950 cameras": (
        957,
        "busiest",
        "webcams.nyctmc.org/api/cameras, as russh.work counts them in 2026; 6,374 miles of city"
        " streets (American Airlines' Celebrated Living, not dated), so about 10,260 km.",
    ),
}
"""Networks that courts and cities have: cameras, where they stand, and the source of the size."""
ROAD_KM = {"*Norfolk*: 176 plate readers": 1_417.0, "New York: about 950 cameras": 10_258.0}
