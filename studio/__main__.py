"""How `sample/`, `data/` and `models/` are made.

    python -m studio build      simulate, render, detect, pack: sample/ and data/
    python -m studio train      train the detector or the extractor on the real frames in CCTVIEW_REAL
    python -m studio evaluate   measure the shipped models on the test minutes: what their cards say
"""

import argparse
import sys
from datetime import time
from pathlib import Path

from studio.build import Settings, Workshop, assemble, render
from studio.expressway import CAMERAS
from studio.process import Pipeline, process
from studio.publish import publish
from studio.sample import write_sample
from studio.trips import write_six_weeks

ROOT = Path(__file__).parent.parent
TRAINED = ("detector", "extractor")
STAGES = ("data", "sample", "habits")


def parser():
    """The command line."""
    top = argparse.ArgumentParser(
        prog="python -m studio", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = top.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="simulate, render, detect, pack")
    build.add_argument("--minutes", type=int, default=12, help="minutes that the cameras record (12)")
    build.add_argument("--cameras", nargs="+", default=list(CAMERAS), choices=CAMERAS, metavar="CAM", help="which cameras (all six)")
    build.add_argument("--weather", default="clear", choices=["clear", "overcast", "dusk", "rain"], help="the look (clear)")
    build.add_argument("--start", type=time.fromisoformat, default=time(8, 40), help="when recording begins (08:40)")
    build.add_argument("--seed", type=int, default=0, help="another seed is another morning (0)")
    build.add_argument("--individuality", type=float, default=0.5, help="0 to 1: how much marks tell vehicles apart (0.5)")
    build.add_argument("--out", type=Path, default=ROOT, help="where sample/ and data/ are written (the repository)")
    build.add_argument("--work", type=Path, default=ROOT / "studio" / "out", help="where unfinished work is kept (studio/out)")
    build.add_argument("--only", nargs="+", default=STAGES, choices=STAGES, metavar="STAGE", help=f"some of {', '.join(STAGES)}")
    build.add_argument("--no-detections", action="store_true", help="frames and truth only, no models needed")
    train = commands.add_parser("train", help="train a model of ours")
    train.add_argument("model", choices=TRAINED)
    train.add_argument("--epochs", type=int, help="times through the training frames (detector 3, extractor 6)")
    train.add_argument("--work", type=Path, default=ROOT / "studio" / "out", help="where checkpoints are kept (studio/out)")
    train.add_argument("--publish", action="store_true", help="put the weights into models/ and its manifest")
    commands.add_parser("evaluate", help="measure the shipped models")
    return top


def main(arguments=None):
    """Run the command; returns the exit status."""
    given = parser().parse_args(arguments)
    try:
        COMMANDS[given.command](given)
    except KeyboardInterrupt:
        print("\nStopped. The same command continues where this one ended.", file=sys.stderr)
        return 130
    except (ValueError, FileNotFoundError) as error:
        print(f"studio: {error}", file=sys.stderr)
        return 2
    return 0


def build(given):
    """Build the stages asked for."""
    settings = Settings(given.minutes, tuple(given.cameras), given.weather, given.start, given.seed, given.individuality)
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
    if given.model == "detector":
        from studio import train_detector as trainer
    else:
        from studio import train_extractor as trainer
    weights = trainer.train(given.work, given.epochs or trainer.EPOCHS)
    print(publish(weights, trainer.PURPOSE) if given.publish else weights)


def evaluate(given):
    """Print the figures of the shipped models."""
    from studio.evaluate import main as measure

    measure()


COMMANDS = {"build": build, "train": train, "evaluate": evaluate}

if __name__ == "__main__":
    sys.exit(main())
