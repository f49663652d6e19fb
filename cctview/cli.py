"""The command line: ``cctview example | detect | extract | match | scale | fetch | collect | slides
| app | doctor``.
"""

import argparse
import sys
from pathlib import Path

from cctview.collect import command
from cctview.investigate import server as serve

COMMANDS = {
    "example": "detect, extract and match in one go, and print each vehicle's nearest candidates",
    "detect": "find vehicles and persons in every frame of a folder",
    "extract": "embed what `detect` found",
    "match": "compare the vehicles of one camera with those of the others",
    "scale": "detect and extract on many workers, here or on a cluster, and write Parquet",
    "fetch": "get weights or real frames that others publish; without a name, list them",
    "collect": "poll public cameras, or simulated ones, and keep every picture once",
    "slides": "make one HTML file of slides of an executed notebook, which needs no network",
    "app": "serve the operator's page on this computer: click a vehicle, get its dossier",
    "doctor": "is this computer ready?",
}


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit status: 0, 1 for an error that is the input's, 130 when
    interrupted.
    """
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
            "\ncctview: interrupted; what was finished is kept, the same command goes on from"
            " there",
            file=sys.stderr,
        )
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cctview", description="A vehicle search engine from free parts."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    added = {
        name: commands.add_parser(name, help=text, description=text)
        for name, text in COMMANDS.items()
    }
    for name in ("example", "detect", "scale"):
        added[name].add_argument(
            "folder", type=Path, help="frames: a folder, a zip, or a folder of zips"
        )
        added[name].add_argument(
            "--weights", type=Path, help="a detector's weights for ImageAI (default: ours)"
        )
        added[name].add_argument(
            "--minimum",
            type=float,
            default=25,
            help="lowest probability in per cent (default: %(default)s)",
        )
        added[name].add_argument("--out", type=Path, required=True, help="folder for the results")
    for name, option in (("example", "--extractor"), ("extract", "--weights")):
        added[name].add_argument(
            option, dest="extractor", type=Path, help="an extractor's weights (default: ours)"
        )
    for name in ("extract", "match"):
        added[name].add_argument("folder", type=Path, help="the folder that `detect` filled")
    for name in ("example", "match"):
        added[name].add_argument(
            "--base",
            metavar="CAM",
            help="camera whose vehicles are searched for (default: the first)",
        )
        added[name].add_argument(
            "--targets", metavar="CAM", nargs="+", help="cameras to search (default: all others)"
        )
    added["scale"].add_argument(
        "--scheduler",
        metavar="tcp://…",
        help="a Dask scheduler (default: workers on this computer)",
    )
    added["scale"].add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="how many on this computer (default: one to a core)",
    )
    added["fetch"].add_argument(
        "kind", nargs="?", choices=("weights", "frames"), help="what to get"
    )
    added["fetch"].add_argument(
        "names", nargs="*", metavar="NAME", help="file names or cameras from the list, or all"
    )
    added["example"].set_defaults(run=_example)
    added["detect"].set_defaults(run=_detect)
    added["extract"].set_defaults(run=_extract)
    added["match"].set_defaults(run=_match)
    added["scale"].set_defaults(run=_scale)
    added["fetch"].set_defaults(run=_fetch)
    command.add_collect_arguments(added["collect"])
    added["slides"].add_argument(
        "notebook", metavar="NN", help="a notebook's number, such as 05, or its path"
    )
    added["slides"].add_argument(
        "--out", type=Path, metavar="FILE", help="the slides (default: NN-title.slides.html, here)"
    )
    added["slides"].set_defaults(run=_slides)
    serve.add_arguments(added["app"])
    added["doctor"].set_defaults(run=_doctor)
    return parser


def _example(options: argparse.Namespace) -> int:
    status = _detect(options)
    options.folder = options.out
    status = max(status, _extract(options))
    return max(status, _match(options))


def _detect(options: argparse.Namespace) -> int:
    from cctview import pipeline

    return _report(
        pipeline.detect_folder(options.folder, options.out, options.weights, options.minimum)
    )


def _extract(options: argparse.Namespace) -> int:
    from cctview import pipeline

    return _report(pipeline.extract_folder(options.folder, options.extractor))


def _match(options: argparse.Namespace) -> int:
    from cctview import pipeline

    print(pipeline.match_folder(options.folder, options.base, options.targets))
    print(f"\nThe pictures, nearest first: {options.folder / pipeline.MATCHES_FOLDER}")
    return 0


def _scale(options: argparse.Namespace) -> int:
    from cctview.search import distributed as scale

    return _report(
        scale.process(
            options.folder,
            options.out,
            options.scheduler,
            options.workers,
            options.weights,
            options.minimum,
        )
    )


def _fetch(options: argparse.Namespace) -> int:
    from cctview import fetch

    if options.names:
        return _report(fetch.fetch(options.kind, options.names))
    print(fetch.listing((options.kind,) if options.kind else ("weights", "frames")))
    return 0


def _slides(options: argparse.Namespace) -> int:
    from cctview.course import slides
    from cctview.dataset.storage import write_bytes

    notebook = slides.find_notebook(options.notebook)
    place = options.out or Path(f"{notebook.stem}.slides.html")
    write_bytes(place, slides.make_deck(notebook).encode())
    print(
        f"{place}: open it in a browser; S opens the speaker's notes, F fills the screen, ? tells"
        " the other keys"
    )
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from cctview import doctor

    return doctor.main([])


def _report(skipped: list[str]) -> int:
    for line in skipped:
        print(f"skipped: {line}", file=sys.stderr)
    return 1 if skipped else 0
