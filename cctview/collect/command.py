"""``cctview collect``: what it would cost, what a person should know first, and how it goes."""

import argparse
import asyncio
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cctview.collect.camera_api import (
    NEW_YORK,
    CameraApi,
    PublicCamera,
    host_of,
    is_loopback,
    notice,
    pattern_cameras,
)
from cctview.collect.plan import CADENCE, Plan, Tally
from cctview.dataset import write_bytes

_CONSENT = "polled-hosts.txt"
_SIMULATED = "simulated"
_MOST_NAMED = 20  # cameras in the last line
_PLAIN_EVERY = 10  # s between two lines where the output is no terminal
_OPTIONS: dict[str, dict] = {
    "--cameras": {
        "metavar": "CAM",
        "nargs": "+",
        "help": "which cameras, or how many simulated ones (default: all online)",
    },
    "--minutes": {
        "type": float,
        "default": 10,
        "help": "stop after this many minutes (default: %(default)g)",
    },
    "--interval": {
        "type": float,
        "help": f"seconds between two pictures of a camera (default: 2; simulated {CADENCE})",
    },
    "--megabytes": {
        "type": float,
        "default": 500,
        "help": "stop after this many megabytes (default: %(default)g)",
    },
    "--rate": {
        "type": float,
        "help": "most requests per second to the host (default: 5; no limit on this computer)",
    },
    "--timezone": {
        "help": "the cameras' time zone, such as America/New_York (default: that of New York's"
        " cameras for them, else UTC)"
    },
    "--out": {
        "type": Path,
        "required": True,
        "help": "folder for the frames; they go nowhere else",
    },
    "--dry-run": {
        "action": "store_true",
        "help": "say what it would cost, and send no request",
    },
    "--yes": {"action": "store_true", "help": "I have read the operator's terms; do not ask again"},
    "--speed-up": {
        "type": float,
        "default": 1,
        "help": "how many times faster the simulated cameras run (default: %(default)g)",
    },
    "--faults": {
        "type": float,
        "default": 0,
        "help": "probability of a fault in each answer of the simulated server (default: 0)",
    },
}


def add_collect_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``cctview collect`` to a parser."""
    parser.epilog = (
        f"New York's cameras: {NEW_YORK} (as other projects use it in 2026; cctview's makers could"
        " not try it)."
    )
    parser.add_argument(
        "source",
        metavar="URL|simulated",
        help="a city's API, an address with {camera} in it, or simulated",
    )
    for name, settings in _OPTIONS.items():
        parser.add_argument(name, **settings)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    """Carry out ``cctview collect``; returns the exit status."""
    simulated = options.source == _SIMULATED
    default = "America/New_York" if options.source.startswith(NEW_YORK) else "UTC"
    try:
        zone = ZoneInfo(options.timezone or default)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(
            f"--timezone {options.timezone!r}: no such time zone; write it like America/New_York"
        ) from None
    plan = Plan(
        options.minutes,
        options.interval or (CADENCE if simulated else 2.0),
        options.megabytes,
        options.rate,
        zone=zone,
    )
    return _simulated(options, plan) if simulated else _beyond(options, plan)


def _simulated(options: argparse.Namespace, plan: Plan) -> int:
    from cctview.collect.client import list_cameras
    from cctview.collect.simulated_server import SimulatedServer

    wanted = options.cameras or ["6"]
    count = int(wanted[0]) if len(wanted) == 1 and wanted[0].isdigit() else None
    if options.speed_up <= 0 or not 0 <= options.faults <= 1 or count == 0:
        raise ValueError(
            "--speed-up must be above 0, --faults from 0 to 1, and there must be a camera"
        )
    if options.dry_run:
        print(plan.describe(count or len(wanted)))
        return 0
    quicker = replace(
        plan,
        minutes=plan.minutes / options.speed_up,
        interval=plan.interval / options.speed_up,
        zone=UTC,
    )
    with SimulatedServer(
        copies=-(-(count or 48) // 6), speed_up=options.speed_up, chance=options.faults
    ) as server:
        if options.speed_up != 1:
            print(
                f"{plan.minutes:g} minutes of the simulated cameras, whose clock runs"
                f" {options.speed_up:g} times as fast as ours:"
            )
        cameras = asyncio.run(list_cameras(CameraApi(server.url)))
        cameras = cameras[:count] if count else _choose(cameras, wanted)
        return _collect(cameras, options.out, quicker)


def _beyond(options: argparse.Namespace, plan: Plan) -> int:
    """Collect from an address."""
    from cctview.collect.client import list_cameras

    host, pattern = host_of(options.source), "{camera}" in options.source
    if pattern and not options.cameras:
        raise ValueError(
            f"{options.source}: name the cameras to put in the place of {{camera}} with --cameras"
        )
    if options.dry_run:
        unknown = (
            "The number of cameras is not known before the host is asked. Name some with --cameras"
            " to see their cost."
        )
        print(plan.describe(len(options.cameras)) if options.cameras else unknown)
        print("No request was sent.")
        return 0
    if not is_loopback(options.source) and not _agreed(host, options):
        return 1
    if pattern:
        return _collect(pattern_cameras(options.source, options.cameras), options.out, plan)
    cameras = asyncio.run(list_cameras(CameraApi(options.source), print))
    if options.cameras:
        cameras = _choose(cameras, options.cameras)
    else:
        cameras = [camera for camera in cameras if camera.online]
    return _collect(cameras, options.out, plan)


def _choose(cameras: list[PublicCamera], wanted: list[str]) -> list[PublicCamera]:
    """The cameras with these ids or labels."""
    known = {name: camera for camera in cameras for name in (camera.label, camera.id)}
    for name in wanted:
        if name not in known:
            raise ValueError(
                f"no camera {name!r} in the list of {len(cameras)}; it has"
                f" {', '.join(list(known)[:6])}, …"
            )
    return list(dict.fromkeys(known[name] for name in wanted))


def _agreed(host: str, options: argparse.Namespace) -> bool:
    """Whether the person wants this host polled into this folder; asked once for each."""
    path = options.out / _CONSENT
    hosts = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    if host in hosts:
        return True
    print(notice(host))
    if not options.yes:
        if not sys.stdin.isatty():
            print(
                "cctview: nothing was polled; run it in a terminal, or add --yes when you have read"
                " the terms",
                file=sys.stderr,
            )
            return False
        if input(f"Type yes to poll {host}: ").strip().lower() != "yes":
            print("Nothing was polled.")
            return False
    write_bytes(path, "".join(f"{line}\n" for line in [*hosts, host]).encode(), durable=True)
    return True


def _collect(cameras: list[PublicCamera], out: Path, plan: Plan) -> int:
    from cctview.collect.client import collect

    print(plan.describe(len(cameras)))
    tally = asyncio.run(collect(cameras, out, plan, _live_view()))
    print(
        f"\nEnded: {tally.ended}. {tally.new:,} new frames in {out}; each failure is in"
        f" {out / 'collect.log'}"
    )
    silent = [label for label in tally.cameras if label not in tally.delivered]
    if silent:
        named = ", ".join(
            f"{k} ({tally.states.get(k, 'never asked')})" for k in silent[:_MOST_NAMED]
        )
        more = ", …" if len(silent) > _MOST_NAMED else ""
        print(f"{len(silent)} of {len(tally.cameras)} cameras delivered nothing: {named}{more}")
    return 0 if tally.delivered else 1


def _live_view() -> Callable[[Tally], None]:
    """A function that shows a tally: a page in a terminal, elsewhere a line every ten seconds."""
    if not sys.stdout.isatty():
        due = 0.0

        def line(tally: Tally) -> None:
            nonlocal due
            if tally.seconds >= due:
                due = tally.seconds + _PLAIN_EVERY
                print(_summary(tally), flush=True)

        return line
    if os.name == "nt":
        os.system("")  # makes the terminal understand the escapes below
    height = 0

    def page(tally: Tally) -> None:
        nonlocal height
        size = shutil.get_terminal_size()
        lines = [text[: size.columns - 1] for text in page_lines(tally, size.lines - 2)]
        up = f"\x1b[{height}F" if height else ""
        print(f"{up}\x1b[J" + "\n".join(lines), flush=True)
        height = len(lines)

    return page


def _summary(tally: Tally) -> str:
    """A tally in one line."""
    rate = tally.new / tally.seconds if tally.seconds else 0.0
    return (
        f"{tally.seconds:6.0f} s  {tally.new:,} frames ({rate:.1f}/s)  {tally.duplicates:,}"
        f" duplicates  {tally.failures.total():,} failures  {tally.bytes / 1e6:,.1f} MB"
    )


def page_lines(tally: Tally, height: int) -> list[str]:
    """A tally as a page: totals, failures by kind, and as many of the failing cameras as fit."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in tally.failures.most_common())
    lines = [_summary(tally), f"failures: {kinds or 'none'};  beats skipped: {tally.skipped:,}"]
    unwell = [
        f"  {label:<24} {state}"
        for label, state in sorted(tally.states.items())
        if state not in ("new", "duplicate")
    ]
    well = len(tally.states) - len(unwell)
    lines.append(f"{well} cameras deliver" + (f", {len(unwell)} do not:" if unwell else ""))
    room = max(1, height - len(lines))
    if len(unwell) > room:
        unwell = [*unwell[: room - 1], f"  … and {len(unwell) - room + 1} more"]
    return lines + unwell
