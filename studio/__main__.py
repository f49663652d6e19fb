"""How `sample/`, `data/` and `models/` are made.

python -m studio build      simulate, render, detect, pack: sample/ and data/
python -m studio rebuild    make everything that is stale, in order: all that follows but lessons
python -m studio train      train a model on the real frames in CCTVIEW_REAL, on the simulation
python -m studio evaluate   measure the shipped models on real test minutes and on the simulation
python -m studio results    make the stored results of data/: leaks, attacks, defences
python -m studio seeds      measure the headline numbers on another seed of the simulation
python -m studio defence    measure one defence and print it
python -m studio learning   train what lesson 02 shows but is too slow to train there
python -m studio lessons    execute lessons/ into notebooks/
python -m studio meter      store the meter that the executed notebooks left, for the last one alone
python -m studio city       simulate the town of lesson 00, its cameras and what leaks
python -m studio cameras    write notebooks/cameras.html, which plays in any browser
python -m studio numbers    write notebooks/numbers.md and answers.md, and the numbers in the texts
python -m studio agreement  compare the simulated road with the real frames in CCTVIEW_REAL
python -m studio kinds      measure what larger and faster cameras would change
python -m studio fit        move the simulation's knobs towards the real frames
"""

import argparse
import sys
from datetime import time
from importlib import import_module
from pathlib import Path

from cctview.dataset import write_bytes
from studio.assemble import assemble
from studio.build import Settings, Workshop, render
from studio.process import Pipeline, process
from studio.road.expressway import CAMERAS
from studio.road.trips import write_six_weeks
from studio.sample import write_sample
from studio.training.publish import publish

ROOT = Path(__file__).parent.parent
TRAINED = ("detector", "extractor", "second", "third", "inverter", "defended")
RESULTS = (
    "leakage",
    "open_set",
    "rank1",
    "unicity",
    "finder",
    "linking",
    "membership",
    "attributes",
    "extractors",
    "inversion",
    "defences",
    "cloaks",
    "eras",
    "eras_equal",
    "eras_metric",
)
STAGES = ("data", "sample", "habits")
WORLDS = ("real", "simulation")
FOLDERS = {"work": Path("studio/out"), "data": Path("data")}
MEASURED = ["733-681-N", "735-683-N", "689-640-S", "731-679-N"]
"""The cameras of which there are real frames to compare with."""


def parser():
    """The command line."""
    top = argparse.ArgumentParser(
        prog="python -m studio",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="simulate, render, detect, pack")
    _add_recording(build, 12, list(CAMERAS))
    _add_individuality(build)
    build.add_argument(
        "--out",
        type=Path,
        default=ROOT,
        help="where sample/ and data/ are written (the repository)",
    )
    build.add_argument(
        "--only",
        nargs="+",
        default=STAGES,
        choices=STAGES,
        metavar="STAGE",
        help=f"some of {', '.join(STAGES)}",
    )
    build.add_argument(
        "--no-detections", action="store_true", help="frames and truth only, no models needed"
    )
    train = commands.add_parser("train", help="train a model of ours")
    train.add_argument("model", choices=TRAINED)
    train.add_argument(
        "--epochs",
        type=int,
        help="stop after so many epochs (all of the schedule)",
    )
    train.add_argument(
        "--without",
        choices=MEASURED,
        metavar="CAM",
        help="leave out a camera of the real frames, to measure on it (the extractor alone)",
    )
    _add_folder(train, "work", "where checkpoints are kept")
    train.add_argument(
        "--publish", action="store_true", help="put the weights into models/ and its manifest"
    )
    results = commands.add_parser("results", help="make the stored results of data/")
    results.add_argument(
        "--only",
        nargs="+",
        default=RESULTS,
        choices=RESULTS,
        metavar="TABLE",
        help=f"some of {', '.join(RESULTS)}",
    )
    _add_folder(results, "work", "where training minutes and retrained weights lie")
    _add_folder(results, "data", "the dataset to measure on, and to write results into")
    results.add_argument(
        "--other",
        type=Path,
        metavar="DATA",
        help="the dataset of a second seed, from `build --seed 1`; without it, what leakage and"
        " open_set measured there before is kept",
    )
    seeds = commands.add_parser("seeds", help="measure headline numbers on another seed")
    words = "the dataset of another seed, from `build --seed 1 --only data habits`"
    seeds.add_argument("--other", type=Path, required=True, metavar="DATA", help=words)
    _add_folder(seeds, "data", "the dataset beside whose results they are stored")
    _add_folder(seeds, "work", "where finished tables are kept")
    defence = commands.add_parser("defence", help="measure one defence and print it")
    defence.add_argument("name", help="a key of cctview.defences.catalogue.DEFENCES")
    defence.add_argument(
        "--strengths",
        nargs="+",
        type=float,
        metavar="STRENGTH",
        help="other strengths than its own",
    )
    _add_folder(defence, "work", "where retrained weights lie")
    _add_folder(defence, "data", "the dataset to measure on")
    learning = commands.add_parser("learning", help="train what lesson 02 shows")
    _add_folder(learning, "data", "the dataset to learn from, and to write results into")
    evaluate = commands.add_parser("evaluate", help="measure the shipped models")
    evaluate.add_argument(
        "--on",
        nargs="+",
        default=WORLDS,
        choices=WORLDS,
        metavar="WORLD",
        help=f"some of {', '.join(WORLDS)}",
    )
    evaluate.add_argument(
        "--pairs",
        type=Path,
        metavar="FILE",
        help="pairs of real crops that were labelled by eye: a .csv file of a, b and label",
    )
    evaluate.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="a .csv file for how well vehicles are told apart at each real camera",
    )
    _add_recording(evaluate, 4, MEASURED)
    _add_individuality(evaluate)
    words = "keep the figures for the README, in data/results/accuracy.csv"
    evaluate.add_argument("--keep", action="store_true", help=words)
    lessons = commands.add_parser("lessons", help="execute lessons/ into notebooks/")
    lessons.add_argument("number", nargs="*", help="which, by the beginning of the name (all)")
    words = "execute nothing; check that all outputs were made by this command"
    lessons.add_argument("--check", action="store_true", help=words)
    commands.add_parser("meter", help="store the meter that the executed notebooks left")
    city = commands.add_parser("city", help="simulate a town, its cameras, and what leaks")
    _add_folder(city, "data", "the dataset whose accuracies are taken, and where the tables go")
    _add_folder(city, "work", "where finished parts are kept")
    words = "how many drivers live there; a smaller town is made sooner (50000)"
    city.add_argument("--drivers", type=int, help=words)
    words = "how many avenues and streets there are (14 160)"
    city.add_argument("--shape", type=int, nargs=2, metavar=("AVENUES", "STREETS"), help=words)
    city.add_argument("--seeds", type=int, nargs="+", help="which towns (0 1 2)")
    words = "drivers whom the engine follows in each window (32)"
    city.add_argument("--followed", type=int, help=words)
    commands.add_parser("cameras", help="write the page of cameras that needs no installation")
    commands.add_parser("numbers", help="write the numbers of all texts")
    rebuild = commands.add_parser("rebuild", help="make everything that is stale, in order")
    rebuild.add_argument(
        "--only", nargs="+", metavar="STEP", help="some of the steps that --plan lists"
    )
    rebuild.add_argument("--plan", action="store_true", help="make nothing; list what is stale")
    words = "make nothing; where only code has changed, run the tests that recompute a slice"
    rebuild.add_argument("--vouch", action="store_true", help=words)
    words = "how many steps run at one time (1)"
    rebuild.add_argument("--jobs", type=int, default=1, metavar="N", help=words)
    _add_folder(rebuild, "work", "where unfinished work is kept")
    agreement = commands.add_parser("agreement", help="compare the two roads, without labels")
    agreement.add_argument(
        "--data", type=Path, default=ROOT / "data", help="the simulated road's dataset (data)"
    )
    agreement.add_argument("--out", type=Path, help="a .csv file for the table")
    kinds = commands.add_parser("kinds", help="measure what larger and faster cameras change")
    words = "some of the arms of studio.kinds.arms.ARMS; the table is stored once all have run"
    kinds.add_argument("--only", nargs="+", metavar="ARM", help=words)
    _add_folder(kinds, "work", "where frames, networks and finished arms are kept")
    _add_folder(kinds, "data", "where the table goes")
    fit = commands.add_parser("fit", help="move the simulation's knobs towards the real frames")
    _add_recording(fit, 4, MEASURED)
    fit.add_argument(
        "--only", nargs="+", default=("sensor", "road"), choices=("sensor", "road"), metavar="KNOBS"
    )
    fit.add_argument("--out", type=Path, required=True, help="a folder for what was tried")
    return top


def _add_recording(command, minutes, cameras):
    """The options that say what is recorded, and where unfinished work is kept."""
    command.add_argument(
        "--minutes", type=int, default=minutes, help=f"minutes that the cameras record ({minutes})"
    )
    command.add_argument(
        "--cameras",
        nargs="+",
        default=cameras,
        choices=CAMERAS,
        metavar="CAM",
        help=f"which cameras ({len(cameras)} of them)",
    )
    command.add_argument(
        "--weather",
        default="clear",
        choices=["clear", "overcast", "dusk", "rain"],
        help="the look (clear)",
    )
    command.add_argument(
        "--start",
        type=time.fromisoformat,
        default=time(8, 40),
        help="when recording begins (08:40)",
    )
    command.add_argument("--seed", type=int, default=0, help="another seed is another morning (0)")
    _add_folder(command, "work", "where unfinished work is kept")


def _add_folder(command, name, words):
    """The option --work or --data; `words` say what it is."""
    place = FOLDERS[name]
    said = f"{words} ({place.as_posix()})"
    command.add_argument(f"--{name}", type=Path, default=ROOT / place, help=said)


def _add_individuality(command):
    command.add_argument(
        "--individuality",
        type=float,
        default=Settings.individuality,
        help=f"0 to 1: how much marks tell vehicles apart ({Settings.individuality})",
    )


def _settings(given, individuality):
    return Settings(
        given.minutes, tuple(given.cameras), given.weather, given.start, given.seed, individuality
    )


def main(arguments=None):
    """Run the command; returns the exit status."""
    given = parser().parse_args(arguments)
    try:
        COMMANDS[given.command](given)
    except KeyboardInterrupt:
        print("\nStopped. The same command continues where this one ended.", file=sys.stderr)
        return 130
    except (ValueError, FileNotFoundError, RuntimeError) as error:
        print(f"studio: {error}", file=sys.stderr)
        return 2
    return 0


def build(given):
    """Build the stages asked for."""
    settings = _settings(given, given.individuality)
    workshop = Workshop(given.work, settings)
    pipeline = None if given.no_detections or set(given.only) == {"habits"} else Pipeline.ours(ROOT)
    if "data" in given.only:
        render(workshop)
        if pipeline:
            process(workshop, pipeline)
        assemble(workshop, given.out / "data", pipeline)
    if "sample" in given.only:
        write_sample(workshop.settings, given.out / "sample", pipeline)
    if "habits" in given.only:
        write_six_weeks(given.out / "data" / "habits", settings.seed, settings.individuality)


def train(given):
    """Train a model; its weights stay in the working folder, or go to `models/` too."""
    trainer = import_module(f"studio.training.train_{given.model}")
    if given.publish and not trainer.PURPOSE:
        raise ValueError(f"{given.model}: these weights are not published; leave out --publish")
    if given.epochs is not None and given.epochs < 1:
        raise ValueError(
            f"--epochs is {given.epochs}, and should be at least 1; leave it out to train all of"
            " the schedule"
        )
    if given.without and (given.model != "extractor" or given.publish):
        raise ValueError("--without is for the extractor, and for measuring: leave out --publish")
    options = {"without": given.without} if given.without else {}
    weights = trainer.train(given.work, given.epochs or trainer.EPOCHS, **options)
    print(publish(weights, trainer.PURPOSE) if given.publish else weights)


def results(given):
    """Make the tables of `data/results/`."""
    from studio.results import write

    places = write(tuple(given.only), given.work, given.data, given.other)
    print("\n".join(str(place) for place in places))


def seeds(given):
    """Make the tables of another seed of the simulation."""
    from studio.studies.another_seed import write_another_seed

    places = write_another_seed(given.other, given.data, given.work)
    print("\n".join(str(place) for place in places))


def defence(given):
    """Print what one defence leaves."""
    from cctview.defences import DEFENCES
    from studio.results import one_defence
    from studio.training import train_defended

    known = DEFENCES.get(given.name)
    if known and known.where == "pixels" and not train_defended.path(given.work, known).exists():
        print(
            f"note: {train_defended.path(given.work, known)} is not there, so no attacker has a"
            " network that was retrained for this defence, and it looks better than it is;"
            " `python -m studio train defended` makes the file",
            file=sys.stderr,
        )
    print(_table(one_defence(given.name, given.work, given.data, given.strengths)))


def learning(given):
    """Train what lesson 02 shows."""
    from studio.studies.learning import write

    print("\n".join(str(place) for place in write(given.data)))


def evaluate(given):
    """Print the figures of the shipped models."""
    from studio.evaluation import accuracy

    if "real" in given.on:
        from studio.evaluation.evaluate import main as measure

        told, figures = measure(labelled=given.pairs)
        if given.out:
            write_bytes(given.out, told.to_csv(index=False, float_format="%.4f").encode())
        if given.keep:
            print(accuracy.keep(ROOT, accuracy.REAL, figures))
    if "simulation" in given.on:
        from studio.evaluation.evaluate_simulation import report

        table = report(_settings(given, given.individuality), given.work, Pipeline.ours(ROOT))
        print(_table(table))
        if given.keep:
            overall = table[table.camera.isin(["all", " to ".join(MEASURED[:2])])]
            rows = overall.set_index("figure")[["estimate", "low", "high"]]
            print(accuracy.keep(ROOT, accuracy.SIMULATED, dict(zip(rows.index, rows.to_numpy()))))


def lessons(given):
    """Execute the lessons asked for, or check the outputs of all."""
    from studio.lessons import execute, problems, stems

    if given.check:
        if found := problems():
            raise ValueError("\n".join(["these outputs must not be committed:", *found]))
        return
    for stem in stems(given.number):
        print(execute(stem))


def meter(given):
    """Store the meter that the executed notebooks left."""
    from studio.lessons import keep_meter

    print(keep_meter())


def numbers(given):
    """Write the pages of numbers and of answers, and the numbers in the texts."""
    from studio.headlines.page import write_pages

    print("\n".join(str(place) for place in write_pages(ROOT)))


def rebuild(given):
    """Make what is stale, or say what is."""
    from studio.rebuild import STEPS, plan, vouch
    from studio.rebuild import rebuild as make

    unknown = set(given.only or ()) - {step.name for step in STEPS}
    if unknown:
        raise ValueError(f"no step {min(unknown)!r}: `python -m studio rebuild --plan` lists them")
    steps = tuple(step for step in STEPS if not given.only or step.name in given.only)
    if given.plan:
        print(_table(plan(steps=steps)))
    elif given.vouch:
        if left := vouch(steps=steps):
            raise ValueError(f"not vouched for: {', '.join(left)}; run `python -m studio rebuild`")
    else:
        make(work=given.work.resolve(), steps=steps, jobs=given.jobs)


def city(given):
    """Make the town's tables, the states of its figure, and its page."""
    from studio.city import Settings, make_city

    names = ("drivers", "shape", "seeds", "followed")
    chosen = {name: getattr(given, name) for name in names if getattr(given, name) is not None}
    settings = Settings(**{k: tuple(v) if isinstance(v, list) else v for k, v in chosen.items()})
    places = make_city(given.work, given.data, ROOT / "notebooks", settings)
    print("\n".join(str(place) for place in places))


def agreement(given):
    """Print the figures of both roads, and which of them agree."""
    from studio.evaluation.agreement import agreeing, table

    figures = table(given.data)
    if given.out:
        write_bytes(given.out, figures.to_csv(index=False, float_format="%.4f").encode())
    print(_table(figures.assign(agrees=agreeing(figures))))


def kinds(given):
    """Run arms of the experiment on larger and faster cameras; print and store their table."""
    from studio.kinds.arms import ARMS
    from studio.kinds.study import wide, write_kinds

    only = tuple(given.only or ARMS)
    if unknown := set(only) - set(ARMS):
        raise ValueError(f"no arm {min(unknown)!r}: choose from {'; '.join(ARMS)}")
    print(wide(write_kinds(given.work, given.data, only)).to_string())


def fit(given):
    """Fit each camera's sensor, then the road; print the knobs and write what was tried."""
    from studio.evaluation.fitting import ROAD_KNOBS, fit_road, fit_sensor, fitted_knobs

    settings, trials = _settings(given, Settings.individuality), {}
    if "sensor" in given.only:
        for camera in given.cameras:
            view, trials[camera] = fit_sensor(camera, settings)
            print(camera, fitted_knobs(view))
    if "road" in given.only:
        found, trials["road"] = fit_road(settings, given.work)
        print({knob: getattr(found, knob) for knob in ROAD_KNOBS})
    for name, tried in trials.items():
        content = tried.to_csv(index=False, float_format="%.4f").encode()
        write_bytes(given.out / f"fit-{name}.csv", content)


def cameras(given):
    """Write the one page that `workshop.py site` shows where no site was made: a minute of all
    cameras, which the download can carry."""
    from cctview.course import open_finder, open_lesson, watch_cameras

    lesson = open_lesson()
    finder, judge = open_finder(lesson.dataset, lesson.truth)
    moment = watch_cameras(finder, judge, lesson.dataset, (2, 3))
    lead = (
        "<p>One click, and the system says at which other cameras this vehicle was seen. No plate"
        " is read. The road is simulated, so you can turn over the truth. How such a system is"
        " built, and what protects people from it, is told by a course of eleven lessons: the"
        " file README.md in its folder says how to open the first one.</p>\n"
    )
    write_bytes(ROOT / "notebooks" / "cameras.html", moment.page(lead).encode())


def _table(figures):
    return figures.to_string(
        index=False,
        na_rep="",
        float_format="{:.3f}".format,
        formatters={"count": _whole, "gallery": _whole},
    )


def _whole(number):
    return "" if number != number else f"{number:.0f}"


COMMANDS = {
    "build": build,
    "train": train,
    "results": results,
    "seeds": seeds,
    "defence": defence,
    "learning": learning,
    "rebuild": rebuild,
    "lessons": lessons,
    "meter": meter,
    "cameras": cameras,
    "numbers": numbers,
    "evaluate": evaluate,
    "agreement": agreement,
    "kinds": kinds,
    "fit": fit,
    "city": city,
}

if __name__ == "__main__":
    sys.exit(main())
