"""The city: how long a town, its trips and its drives take, and what a day of 100 cameras costs.

``python -m benchmarks.city 5000`` tries it on a small town.
"""

import sys
from pathlib import Path
from time import process_time

from benchmarks.timing import peak_memory
from cctview.dataset import DATA
from studio.city.cameras import kinds
from studio.city.curves import Settings, Workshop
from studio.city.engine import open_window, run_window
from studio.city.network import open_network
from studio.city.town import build_town

_CAMERAS, _FOLLOWED, _DAY, _HOUR = 100, 20, 1, 21


def city(drivers: int = Settings().drivers, work: Path = Path("studio/out")):
    """A town; the engine on a few of its drivers, and from that on all of a day."""
    looks = Workshop(work, DATA, Settings()).looks()[0]
    clock = process_time()
    # a small town has fewer streets for its drivers, or others would have to fill them
    shape = Settings().shape if drivers >= Settings().drivers else (6, 40)
    town = build_town(drivers, shape=shape)
    print(f"\nA town of {len(town.drivers):,} drivers, {len(town.trips):,} trips in six weeks")
    print(f"  built in {process_time() - clock:.1f} s of one core")
    clock = process_time()
    network = open_network(town, "busiest", _CAMERAS)
    passes, days = len(network.driven.passes), 7
    print(f"  a week past {_CAMERAS} cameras, {passes:,} passes: {process_time() - clock:.1f} s")
    clock = process_time()
    open_window(town, network.cameras, _DAY, _HOUR)
    opening, clock = process_time() - clock, process_time()
    kind = kinds(looks.noticed)["stills"]
    legs = run_window(town, looks, kind, "busiest", _CAMERAS, _DAY, _HOUR, _FOLLOWED)
    spent = process_time() - clock - opening
    decided = legs.groupby("vehicle")["passes"].first().sum()
    daily = passes / days * town.others * kind.noticed
    hours = spent / decided * daily / 3600
    print(
        f"  the engine decides {decided:,} passes in {spent:.1f} s; all {daily:,.0f} of a day past"
        f" {_CAMERAS} cameras would take {hours:.1f} hours of one core"
    )
    print(f"  peak of memory {peak_memory() / 2**30:.1f} GiB")


if __name__ == "__main__":
    city(*map(int, sys.argv[1:2]))
