"""The command line, ``cctview COMMAND``."""

import argparse
import shutil
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cctview.collect import command
from cctview.dataset import SAMPLE
from cctview.investigate import server

if TYPE_CHECKING:
    from cctview.dataset import Dataset

COMMANDS = {
    "import": "make frames of a video or of pictures of your own",
    "example": "detect, extract and match in one go, and print each vehicle's nearest candidates",
    "detect": "find vehicles and persons in every frame of a folder",
    "extract": "make a vector of each vehicle that `detect` found",
    "match": "compare the vehicles of one camera with those of the others",
    "scale": "detect and extract in several processes, here or on a cluster, and write Parquet",
    "fetch": "download weights or real frames that others publish; without a name, list them",
    "collect": "poll public cameras, or simulated ones, and keep every picture once",
    "slides": "make one HTML file of slides of a lesson, which plays without Python or a network",
    "site": "make the whole course as pages that play in a browser without Python",
    "quiz": "make one HTML page of all quizzes to print, with the answers at its end",
    "app": "serve the operator's page on this computer: click a vehicle, get its dossier",
    "doctor": "check that this computer is ready",
}


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns 0, 1 for an error that is the input's, or 130 when interrupted."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that cannot show a letter
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except (FileNotFoundError, ValueError, ImportError) as error:
        print(f"cctview: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"cctview: {error.filename or ''}: {error.strerror or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "\ncctview: interrupted. Finished work is kept, and the same command continues from"
            " there.",
            file=sys.stderr,
        )
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cctview", description="Build a small search engine for vehicles from free parts."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    added = {
        name: commands.add_parser(name, help=text, description=text)
        for name, text in COMMANDS.items()
    }
    _add_pipeline_arguments(added)
    _add_import_arguments(added["import"])
    names = "file names or cameras from the list, or all"
    added["fetch"].add_argument(
        "kind", nargs="?", choices=("weights", "frames"), help="what to get"
    )
    added["fetch"].add_argument("names", nargs="*", metavar="NAME", help=names)
    notebook = "a notebook's number, such as 05, or its path"
    deck = "the slides (default: NN-title.slides.html, here)"
    added["slides"].add_argument("notebook", metavar="NN", help=notebook)
    added["slides"].add_argument("--out", type=Path, metavar="FILE", help=deck)
    work = "keep what was run here, as for `site`, so that a later call does not run it again"
    added["slides"].add_argument("--work", type=Path, metavar="FOLDER", help=work)
    stored = "do not run the lesson: its sliders are pictures then, as they are of other notebooks"
    added["slides"].add_argument("--stored", action="store_true", help=stored)
    _add_site_arguments(added["site"])
    paper = "the page (default: %(default)s)"
    added["quiz"].add_argument(
        "--out", type=Path, metavar="FILE", default=Path("cctview-quizzes.html"), help=paper
    )
    for name, run in (
        ("import", _import),
        ("example", _example),
        ("detect", _detect),
        ("extract", _extract),
        ("match", _match),
        ("scale", _scale),
        ("fetch", _fetch),
        ("slides", _slides),
        ("site", _site),
        ("quiz", _quiz),
        ("doctor", _doctor),
    ):
        added[name].set_defaults(run=run)
    command.add_collect_arguments(added["collect"])
    server.add_arguments(added["app"])
    return parser


def _add_site_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("out", type=Path, metavar="OUT", help="folder for the site")
    work = "keep what was run here, so that a later call runs only what has changed"
    parser.add_argument("--work", type=Path, metavar="FOLDER", help=work)
    notebooks = "lessons and texts in another language, whose words stand in words/LANGUAGE.toml"
    parser.add_argument("--notebooks", type=Path, metavar="FOLDER", help=notebooks)
    parser.add_argument("--language", default="en", help="such as de (default: en)")
    states = "pictures of one group of sliders, at most; fewer make a smaller site"
    parser.add_argument("--states", type=_count, metavar="N", help=states)
    source = "the address from which the course can be downloaded, for pages to link to"
    parser.add_argument("--source", metavar="URL", help=source)


def _add_import_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, help="a video, a picture, or a folder of pictures")
    words = "what the camera is called: letters, digits and '-'"
    parser.add_argument("--camera", required=True, metavar="NAME", help=words)
    words = "when the video begins or the first picture was taken, such as '2031-05-05 08:40:00'"
    parser.add_argument("--start", type=_time, metavar="TIME", help=words)
    words = "seconds from frame to frame (default: %(default)s)"
    parser.add_argument("--every", type=float, default=2.0, metavar="SECONDS", help=words)
    parser.add_argument("--out", type=Path, required=True, help="folder for the frames")


def _add_pipeline_arguments(added: dict[str, argparse.ArgumentParser]) -> None:
    for name in ("example", "detect", "scale"):
        frames = "frames: a folder, which can hold zips, or a zip"
        weights = "a detector's weights for ImageAI (default: ours)"
        least = "lowest confidence in per cent (default: %(default)s)"
        if name == "example":
            frames += " (default: the course's sample)"
            added[name].add_argument("folder", type=Path, nargs="?", default=SAMPLE, help=frames)
            place = Path("cctview-example")
            words = "folder for the results (default: %(default)s)"
            added[name].add_argument("--out", type=Path, default=place, help=words)
        else:
            added[name].add_argument("folder", type=Path, help=frames)
            words = "folder for the results"
            added[name].add_argument("--out", type=Path, required=True, help=words)
        added[name].add_argument("--weights", type=Path, help=weights)
        added[name].add_argument("--minimum", type=float, default=25, help=least)
    for name, option in (("example", "--extractor"), ("extract", "--weights")):
        weights = "an extractor's weights (default: ours)"
        added[name].add_argument(option, dest="extractor", type=Path, help=weights)
        words = "replace vectors that another model made"
        added[name].add_argument("--replace", action="store_true", help=words)
    for name in ("extract", "match"):
        added[name].add_argument("folder", type=Path, help="the folder that `detect` filled")
    for name in ("example", "match"):
        base = "camera whose vehicles are searched for (default: the first on the drive)"
        targets = "cameras to search, in this order (default: all others)"
        nearest = "how many vehicles of each camera to keep (default: %(default)s)"
        pictured = "for how many vehicles to write pictures (default: %(default)s)"
        added[name].add_argument("--base", metavar="CAM", help=base)
        added[name].add_argument("--targets", metavar="CAM", nargs="+", help=targets)
        added[name].add_argument("--nearest", type=_count, default=3, metavar="N", help=nearest)
        added[name].add_argument("--pictured", type=_count, default=20, metavar="N", help=pictured)
    scheduler = "a Dask scheduler (default: workers on this computer)"
    workers = "how many on this computer (default: one per core)"
    added["scale"].add_argument("--scheduler", metavar="tcp://…", help=scheduler)
    added["scale"].add_argument("--workers", type=int, metavar="N", help=workers)


def _import(options: argparse.Namespace) -> int:
    from cctview.collect import import_frames

    done = import_frames(options.source, options.out, options.camera, options.start, options.every)
    for line in done.notes:
        print(f"note: {line}", file=sys.stderr)
    moved = f", {done.moved} of them dated later, because another frame has their second"
    print(
        f"{done.frames:,} frames of {options.camera} are in {options.out}, {done.new:,} of them"
        f" new{moved if done.moved else ''}."
    )
    if done.frames:
        print(f"See them: cctview app {options.out}")
    return _tell_skipped(done.problems)


def _example(options: argparse.Namespace) -> int:
    detected = _detect(options)
    options.folder = options.out
    extracted = _extract(options)
    return max(detected, extracted, _match(options))


def _detect(options: argparse.Namespace) -> int:
    from cctview import pipeline

    return _report(
        pipeline.detect_folder(options.folder, options.out, options.weights, options.minimum)
    )


def _extract(options: argparse.Namespace) -> int:
    from cctview import pipeline

    return _report(pipeline.extract_folder(options.folder, options.extractor, options.replace))


def _match(options: argparse.Namespace) -> int:
    from cctview import pipeline

    text, dataset = pipeline.match_folder(
        options.folder, options.base, options.targets, options.nearest, options.pictured
    )
    print(text)
    return _report(dataset)


def _scale(options: argparse.Namespace) -> int:
    from functools import partial

    from cctview import pipeline
    from cctview.search import dask_executor

    executor = partial(dask_executor, scheduler=options.scheduler, workers=options.workers)
    return _report(
        pipeline.process_parts(
            options.folder, options.out, executor, options.weights, options.minimum
        )
    )


def _fetch(options: argparse.Namespace) -> int:
    from cctview import fetch

    if options.names:
        return _tell_skipped(fetch.fetch(options.kind, options.names))
    print(fetch.listing((options.kind,) if options.kind else ("weights", "frames")))
    return 0


def _slides(options: argparse.Namespace) -> int:
    from cctview.dataset import write_bytes
    from cctview.pages import slides

    notebook = slides.find_notebook(options.notebook)
    place = options.out or Path(f"{notebook.stem}.slides.html")
    if options.stored or options.notebook.endswith(".ipynb"):
        deck = slides.make_deck(notebook)  # somebody else's code is not run
    else:
        with tempfile.TemporaryDirectory() as folder:
            deck = slides.make_living_deck(notebook, options.work or Path(folder))
    write_bytes(place, deck.encode(), durable=True)
    print(
        f"{place}: open it in a browser; S opens the speaker's notes, F fills the screen, ? lists"
        " the other keys"
    )
    return 0


def _site(options: argparse.Namespace) -> int:
    from cctview.pages import site

    work = options.work or options.out.with_name(f"{options.out.name}.work")
    size = site.make_site(
        options.out, work, options.notebooks, options.states, options.language, options.source
    )
    if options.work is None:
        shutil.rmtree(work)
    print(f"{options.out / 'index.html'}: open it in a browser. The site has {size / 1e6:.0f} MB.")
    return 0


def _quiz(options: argparse.Namespace) -> int:
    from cctview.course import paper
    from cctview.dataset import write_bytes

    write_bytes(options.out, paper.quiz_sheets().encode(), durable=True)
    print(f"{options.out}: open it in a browser and print it. The answers are on the last sheets.")
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from cctview import doctor

    return doctor.report([])


def _time(text: str) -> datetime:
    """A date and time, in ISO 8601 or as in a frame's name; a time zone is not looked at."""
    day, separator, clock = text.partition("--")
    if separator:
        text = f"{day}T{clock.replace('.', ':')}"
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None, microsecond=0)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a date and time, such as 2031-05-05 08:40:00"
        ) from None


def _count(text: str) -> int:
    """A whole number from 1."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def _report(dataset: "Dataset") -> int:
    """Tell what was skipped; 1 if anything is lost by it."""
    for line in dataset.notes:
        print(f"note: {line}", file=sys.stderr)
    return _tell_skipped(dataset.problems)


def _tell_skipped(skipped: list[str]) -> int:
    for line in skipped:
        print(f"skipped: {line}", file=sys.stderr)
    return 1 if skipped else 0
