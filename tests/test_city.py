"""The city: a town of a dozen drivers computed by hand, and what must hold in any town."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.special import expit, logit

from cctview.link.appearance import Appearance
from studio.city.cameras import Kind, sites
from studio.city.curves import bends, over_seeds
from studio.city.engine import open_window, run_window
from studio.city.journeys import drive
from studio.city.leaks import Followed, figures, record_followed
from studio.city.looks import Looks, drawn_first
from studio.city.network import Network, Record, luck, open_network
from studio.city.outcomes import MOST, Outcomes, fit_outcomes, outcomes_at, weight_needed
from studio.city.people import DAY, Drivers, Trips
from studio.city.streets import grid
from studio.city.town import Town, build_town, fit_legs

PLATES = Kind("plate readers", "from sources", 1.0, plates=True)
PERFECT = Kind("perfect stills", "assumed", 1.0)


def certain(outcome: int) -> Outcomes:
    """A table by which every leg comes out so."""
    weights = np.zeros((5, 3))
    weights[-1, outcome] = 50.0
    return Outcomes(weights, 0.0)


@pytest.fixture(scope="module")
def dozen() -> Town:
    """Twelve drivers on one road: two avenues of six crossings, the first of which goes up (its
    crossings are 0 to 5). Driver k < 6 lives at 0, works at 5, and drives up at 8:00 + k minutes on
    each of the first five days, and back at 17:00 by whatever way there is; the others live at 6,
    and drive at night, to 11 and back.
    """
    streets = grid(2, 6)
    late = np.arange(12) >= 6
    drivers = Drivers(
        np.where(late, 3, 0), np.where(late, 6, 0), np.where(late, -1, 5), np.zeros(12, int)
    )
    rows = [
        (driver, origin, destination, 0, DAY * day + 3600 * hour + 60 * driver)
        for driver in range(12)
        for day in range(5)
        for origin, destination, hour in (
            ((0, 5, 8), (5, 0, 17)) if driver < 6 else ((6, 11, 21), (11, 6, 23))
        )
    ]
    trips = Trips(*(np.array(column) for column in zip(*rows, strict=True)))
    return Town(streets, streets.routes(ways=1), drivers, trips, traffic=1.0, seed=0)


def edge(town: Town, a: int, b: int) -> int:
    """The edge from one crossing to another."""
    return int(np.flatnonzero((town.streets.tail == a) & (town.streets.head == b))[0])


def network_at(town: Town, *pairs: tuple[int, int]) -> Network:
    """Cameras on these edges."""
    cameras = np.array([edge(town, a, b) for a, b in pairs])
    week = town.trips.part(np.flatnonzero(town.trips.day < 7))
    return Network(town, cameras, week, drive(town.streets, town.last, week, cameras))


def everyone(town: Town) -> Followed:
    """All are followed, and all look different."""
    names = np.arange(len(town.drivers))
    return Followed(names, np.full(len(names), 0.01), names.astype(str))


def kept_of(network: Network, kind: Kind, outcomes: Outcomes | None) -> Record:
    return record_followed(network, kind, outcomes, everyone(network.town))


def leaked(network: Network, kind: Kind, outcomes: Outcomes | None = None) -> pd.DataFrame:
    """A week's figures by driver."""
    made = figures(network, kind, kept_of(network, kind, outcomes), everyone(network.town))
    return made[made["days"] == 7].set_index("driver")


def test_a_town_of_a_dozen_by_hand(dozen):
    """Readers at both ends of the way up see 30 of 120 trips, between them four of five blocks.

    The way up has blocks of 80 m. A reader on the first and one on the last see 320 of 400 m.
    Nobody else comes by; so home and work, at the ends, are found to the crossing.
    """
    network = network_at(dozen, (0, 1), (4, 5))
    assert network.coverage == 30 / 120
    assert network.road == pytest.approx(2 * 80 / (10 * 80 + 6 * 250))
    made = leaked(network, PLATES)
    by_day = made.loc[:5]
    assert_array_equal(by_day["trips reconstructed"], 0.5)
    assert_array_equal(by_day["trips put together, right"], 0.5)
    assert_array_equal(by_day["trips put together, wrong"], 0.0)
    assert by_day["home found"].all()
    assert by_day["work found"].all()
    assert by_day["named, right"].all()  # each looks different
    assert not made.loc[6:, ["trips reconstructed", "home found", "four passes"]].any(axis=None)


def test_one_reader_reconstructs_no_trip(dozen):
    made = leaked(network_at(dozen, (0, 1)), PLATES)
    assert not made["trips reconstructed"].any()
    assert not made["home found"].any()  # a trip past it may begin at either of two crossings


def test_what_is_never_linked_or_always_wrong(dozen):
    network = network_at(dozen, (0, 1), (4, 5))
    nothing = leaked(network, PERFECT, certain(0))
    assert not nothing.drop(columns=["role", "days", "alone"]).any(axis=None)
    wrong = leaked(network, PERFECT, certain(2))
    assert_array_equal(wrong.loc[:5, "trips with a wrong link"], 0.5)
    assert not wrong["trips reconstructed"].any()


def test_stills_join_days_only_where_few_others_drive_so(dozen):
    """All six drive the same way in the same hour, so a routine could be any of theirs; where one
    drives alone, all her mornings are put together.
    """
    network = network_at(dozen, (0, 1), (4, 5))
    crowd = leaked(network, PERFECT, certain(1))
    assert_array_equal(crowd.loc[:5, "trips put together, right"], 0.1)
    rows = np.isin(dozen.trips.driver, [0, *range(6, 12)])
    fewer = replace(dozen, trips=dozen.trips.part(np.flatnonzero(rows)))
    fewer.__dict__["others"] = 0.01  # hardly anybody else is on the road
    alone = leaked(network_at(fewer, (0, 1), (4, 5)), PERFECT, certain(1))
    assert alone.loc[0, "trips put together, right"] == 0.5


def test_what_coarser_times_take(dozen):
    """Readers on the way up and on the way back see both trips of a day. To the hour these are two;
    to the day nobody can tell them apart.
    """
    network = network_at(dozen, (0, 1), (4, 5), (5, 4), (1, 0))
    for clock, share in ((0.0, 1.0), (3600.0, 1.0), (DAY, 0.0)):
        made = leaked(replace(network, clock=clock), PLATES)
        assert_array_equal(made.loc[:5, "trips reconstructed"], share)
    exact, day = (leaked(replace(network, clock=clock), PLATES) for clock in (0.0, DAY))
    assert exact.loc[:5, "home found"].all()
    assert day["home found"].sum() < exact["home found"].sum()  # home or work: who knows
    far = network_at(dozen, (0, 1), (4, 5))
    spread = leaked(replace(far, clock=DAY), PERFECT, fit_outcomes(unsure_legs()))
    assert not spread["trips reconstructed"].any()  # all of the day's vehicles are rivals


def unsure_legs() -> pd.DataFrame:
    """Legs that are linked rightly if nobody else is about, and not linked otherwise."""
    rivals = np.exp(np.linspace(-3, 4, 400))
    best = np.where(rivals < 1, 0.9, 0.01)
    legs = {"rivals": rivals, "common": 0.01, "best": best, "hit": True, "stray": 0.0}
    return pd.DataFrame(legs | {"alike": False})


def test_what_appearance_would_add_if_it_held(dozen):
    """All six make the same trip; if only one in a hundred looks alike, days can be joined."""
    network = network_at(dozen, (0, 1), (4, 5))
    kept = kept_of(network, PERFECT, certain(1))
    by_keeps = [
        figures(network, PERFECT, kept, everyone(dozen), keeps=keeps)
        .query("days == 7 and driver < 6")["trips put together, right"]
        .mean()
        for keeps in (0.0, 0.5, 1.0)
    ]
    assert by_keeps[0] == pytest.approx(0.1)
    assert by_keeps[0] <= by_keeps[1] <= by_keeps[2]
    assert by_keeps[2] > 0.45  # of the half of all trips that pass the cameras


def test_times_by_hand(dozen):
    """Five blocks of 80 m at 11 m/s, and at most 44 s at each of five crossings."""
    driven = drive(dozen.streets, dozen.last, dozen.trips, np.arange(0))
    up = dozen.trips.driver < 6
    up &= dozen.trips.origin == 0
    metres, seconds = driven.totals[up].T
    assert_allclose(metres, 400)
    slower = 1.6  # from eight to nine, as people drive
    assert (seconds > 0.7 * slower * 400 / 11).all()
    assert (seconds < 1.4 * slower * 400 / 11 + 5 * 44).all()


def test_routes_take_the_least_time():
    """Against scipy's own distances."""
    streets = grid(4, 7)
    last = streets.routes(ways=1)[0]
    rng = np.random.default_rng((0, 1))
    weight = streets.usual * np.exp(0.15 * rng.standard_normal(len(streets.tail)))
    wanted = dijkstra(csr_matrix((weight, (streets.tail, streets.head))))
    for origin in range(len(streets.x)):
        for to in range(len(streets.x)):
            total, at = 0.0, to
            while at != origin:
                total += weight[last[origin, at]]
                at = streets.tail[last[origin, at]]
            assert total == pytest.approx(wanted[origin, to])


@pytest.fixture(scope="module")
def town() -> Town:
    return build_town(400, seed=3, traffic=30.0, shape=(5, 24))


def test_the_same_settings_make_the_same_town(town):
    again = build_town(400, seed=3, traffic=30.0, shape=(5, 24))
    for name in ("driver", "origin", "destination", "way", "start"):
        assert_array_equal(getattr(town.trips, name), getattr(again.trips, name))
    one, two = (open_network(each, "busiest", 20).driven.passes for each in (town, again))
    assert_array_equal(one.seconds, two.seconds)
    assert not np.array_equal(
        town.drivers.home, build_town(400, 4, 30.0, shape=(5, 24)).drivers.home
    )


@pytest.mark.parametrize("how", ["busiest", "random", "cordon"])
def test_more_cameras_are_the_same_and_others(town, how):
    covered, before = [], set()
    for count in (2, 8, 30, 100):
        network = open_network(town, how, count)
        assert before <= set(network.cameras.tolist())
        before = set(network.cameras.tolist())
        covered.append((network.coverage, network.road))
    assert covered == sorted(covered)
    assert covered[0][0] < covered[-1][0]


def test_a_cordon_is_passed_by_whoever_crosses_it():
    streets = grid(5, 24)
    order = sites(streets, np.ones(len(streets.tail)), "cordon")
    ends = np.stack([streets.y[streets.tail], streets.y[streets.head]])[:, order]
    row = ends.min(axis=0)[0]
    first = np.flatnonzero((ends.min(axis=0) == row) & (ends.max(axis=0) > row))
    assert_array_equal(first, np.arange(len(first)))  # a whole line before anything else
    with pytest.raises(ValueError, match="cameras stand"):
        sites(streets, np.ones(len(streets.tail)), "somewhere")


def test_drivers_keep_their_clocks_and_places(town):
    trips = town.trips
    assert (trips.origin != trips.destination).all()
    same = trips.driver[1:] == trips.driver[:-1]
    assert (np.diff(trips.start)[same] >= 0).all()
    home, work = town.drivers.home[trips.driver], town.drivers.work[trips.driver]
    commuter = (town.drivers.role == 0)[trips.driver]
    out = commuter & (trips.origin == home) & (trips.destination == work)
    assert (trips.day[out] % 7 < 5).mean() > 0.97
    assert len(np.unique(trips.driver[out])) == (town.drivers.role == 0).sum()
    with pytest.raises(ValueError, match="needs two"):
        grid(1, 5)


def test_legs_are_the_passes_own(town):
    network = open_network(town, "busiest", 12)
    legs = fit_legs(network.driven, 1.0, 7)
    passes = network.driven.passes
    table = pd.DataFrame({"trip": passes.trip, "camera": passes.camera, "seconds": passes.seconds})
    table[["then", "at"]] = table.groupby("trip")[["camera", "seconds"]].shift(-1)
    pair = legs.table.sort_values("count").iloc[-1]
    own = table[(table["camera"] == pair["first"]) & (table["then"] == pair["second"])]
    assert len(own) == pair["count"]
    assert pair["lag"] == pytest.approx((own["at"] - own["seconds"]).median(), rel=0.02)
    assert pair["share"] == pytest.approx(len(own) / (table["camera"] == pair["first"]).sum())


def test_luck_is_even_and_the_same():
    drawn = luck(np.arange(20_000), 5)
    assert_allclose(np.histogram(drawn, 10, (0, 1))[0], 2000, atol=200)
    assert_array_equal(drawn, luck(np.arange(20_000), 5))
    assert abs(np.corrcoef(drawn, luck(np.arange(20_000), 6))[0, 1]) < 0.03


def test_the_table_of_outcomes_gives_back_what_made_it():
    rng = np.random.default_rng(0)
    rivals, common = np.exp(rng.uniform(-2, 3.5, 6000)), np.exp(rng.uniform(-6, -1, 6000))
    right = 1 / (1 + np.exp(np.log(rivals) + 0.5 * np.log(common) + 1))
    best = np.where(rng.random(6000) < right, 0.9, 0.01)
    legs = pd.DataFrame({"rivals": rivals, "common": common, "best": best, "hit": True})
    legs = legs.assign(stray=0.0, alike=False)
    told = fit_outcomes(legs).probabilities(rivals, common)
    assert_allclose(told.sum(axis=1), 1)
    assert np.abs(told[:, 1] - right).mean() < 0.03
    beyond = fit_outcomes(legs).probabilities(np.array([MOST + 1]), np.array([0.01]))
    assert_array_equal(beyond, [[1.0, 0.0, 0.0]])


def test_a_link_needs_the_weight_at_which_it_is_as_often_right():
    rng = np.random.default_rng(2)
    best = rng.uniform(0.01, 0.99, 20_000)
    hit = rng.random(20_000) < expit(2 * logit(best) - 1)
    legs = pd.DataFrame({"best": best, "hit": hit, "stray": 0.0})
    assert weight_needed(legs) == pytest.approx(expit(0.5), abs=0.02)
    few = pd.DataFrame(
        {"best": [0.7, 0.7, 0.5, 0.7], "hit": [True, False, True, True], "stray": [0, 0, 0, 0.8]}
    )
    told = outcomes_at(few, 0.6)
    assert_array_equal(told, ["right", "wrong", "not linked", "wrong"])


def drawn_looks(spread: float) -> Looks:
    """Appearance that tells vehicles apart so well; noise is 1 in each of eight dimensions."""
    rng = np.random.default_rng(0)
    between = np.full(8, spread, np.float32)
    model = Appearance(
        np.zeros(8, np.float32), np.eye(8, dtype=np.float32), between, np.ones(3, np.float32)
    )
    vehicles = np.sqrt(spread) * rng.standard_normal((300, 8))
    pairs = [("a", "N"), ("b", "N")]
    views = pd.DataFrame({"side": [0, 1], "scale": 1.0}, pd.MultiIndex.from_tuples(pairs))
    about = np.full(300, "white car")
    noise = rng.standard_normal((500, 8))
    return Looks(model, vehicles, about, between, np.zeros(8), noise, views, noticed=1.0)


def test_the_engine_links_whoever_looks_like_nobody_else(town):
    """And of vehicles that all look alike only those whom hardly anybody meets."""
    busy, kind, told = replace(town, traffic=700.0), replace(PERFECT, noticed=0.95), {}
    for spread in (0.01, 100.0):
        legs = run_window(busy, drawn_looks(spread), kind, "busiest", 60, 1, 8, 12)
        told[spread] = pd.Series(outcomes_at(legs, 0.5)).value_counts(normalize=True)
        assert len(legs) > 15
    assert told[100.0]["right"] > 0.85
    assert told[0.01].get("right", 0.0) < told[100.0]["right"] - 0.2


def test_drawn_vehicles_spread_as_the_roads_do():
    """What is drawn has the variance that was fitted, however far it is moved."""
    looks = drawn_looks(4.0)
    rng = np.random.default_rng(1)
    for move in (0.1, 0.5):
        _, sides = replace(looks, move=move).draw(4000, rng)
        assert_allclose(sides[:, 0].var(axis=0), looks.vehicles.var(axis=0), rtol=0.12)
    first = drawn_first(looks)["first"].to_numpy()
    assert (np.diff(first[:4]) < 0).all()  # more others, fewer first
    assert (drawn_first(replace(looks, blur=2.0))["first"].to_numpy() < first).all()


def test_a_curve_has_the_mean_of_the_towns_and_bends_at_half():
    rows = [
        (
            "stills",
            cameras,
            coverage,
            0.1,
            7,
            drivers,
            "trips put together, right",
            value + off,
            seed,
        )
        for cameras, coverage, value in ((10, 0.2, 0.1), (100, 0.6, 0.2), (300, 0.8, 0.6))
        for drivers in ("everyone", "taxi")
        for seed, off in enumerate((-0.02, 0.0, 0.05))
    ]
    columns = [
        "kind",
        "cameras",
        "coverage",
        "road",
        "days",
        "drivers",
        "figure",
        "estimate",
        "seed",
    ]
    table = over_seeds(pd.DataFrame(rows, columns=columns))
    most = table[(table["cameras"] == 300) & (table["drivers"] == "taxi")].iloc[0]
    assert_allclose(most[["estimate", "low", "high"]].astype(float), [0.61, 0.58, 0.65])
    bend = bends(table).iloc[0]
    assert_allclose(
        [bend["at most"], bend["cameras"]], [0.61, 100 + 200 * (0.305 - 0.21) / 0.4], atol=1
    )


def test_too_much_traffic_for_the_days_is_refused(town):
    crowded = replace(town, traffic=1e6)
    with pytest.raises(ValueError, match="workdays give no more"):
        open_window(crowded, crowded.cameras("busiest", 5), 1, 8)
