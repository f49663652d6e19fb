"""The one rebuild: everything that is computed, in order, from weights to the page of numbers.

`python -m studio rebuild` runs the steps whose result is stale (`studio.provenance`), with
``--jobs 2`` two at a time: a step waits for those that write what it reads. It can be stopped: the
same command goes on. What needs the real frames is left as it is where they are not.
"""

import os
import subprocess
import sys
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from fnmatch import fnmatch
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from studio.provenance import CODE_CHANGED, Records, Step

ROOT = Path(__file__).parent.parent
_ROAD = ("data/*.zip", "data/truth/*.parquet")


def _trained(model: str, weights: str, *reads: str, real: bool = False) -> Step:
    code = (f"studio.training.train_{model}",)
    command = f"train {model} --work {{work}} --publish"
    return Step(
        model, (command,), code, reads, (weights,), tests=("tests/test_training.py",), real=real
    )


def _table(name: str, code: str, *writes: str, reads=(), options="", before=(), tests=()) -> Step:
    command = f"results --only {name} --work {{work}} {options}".strip()
    places = tuple(f"data/results/{place}" for place in writes or (f"{name}.csv",))
    return Step(name, (*before, command), (code,), (*_ROAD, *reads), places, tests=tests)


_SECOND_SEED = "build --seed 1 --only data --work {work} --out {work}/seed-1"
_HABITS = "build --seed 1 --only habits --work {work} --out {work}/seed-1"
_OTHER = "--other {work}/seed-1/data"
_STUDENT, _DETECTOR, _SECOND, _THIRD, _INVERTER = (
    f"models/{name}.pt"
    for name in ("student-64", "tiny-yolov3-traffic", "second-48", "third-56", "inverter-32")
)
_JUDGES = (_STUDENT, _SECOND, _THIRD)
_SEEDS = (
    *("searches.parquet", "vehicles.parquet", "carried.csv", "rank1.csv", "linking.csv"),
    *("unicity.csv", "attributes.csv", "extractors.csv", "inversion.csv", "membership.csv"),
    *("cloaks.csv", "defences.csv", "defences_drawn.parquet", "eras.csv", "eras_equal.csv"),
)
_RESULTS, _ATTACKS, _ERAS, _LEARN = (
    f"tests/test_{name}.py" for name in ("results", "attack_results", "eras", "learn")
)
# The longest of those that can run beside each other come first.
STEPS = (
    _trained("extractor", _STUDENT, real=True),
    _trained("detector", _DETECTOR, real=True),
    _trained("second", _SECOND),
    _trained("third", _THIRD),
    _trained("inverter", _INVERTER, _STUDENT),
    Step(
        "road",
        ("build --work {work}",),
        ("studio.build", "studio.process", "studio.assemble", "studio.sample", "studio.road.trips"),
        (_STUDENT, _DETECTOR),
        (*_ROAD, "data/habits/*.parquet", "sample/**/*"),
        tests=("tests/test_rebuild.py",),
    ),
    _table(
        "defences",
        "studio.results",
        "defences.csv",
        "defences_drawn.parquet",
        reads=(*_JUDGES, _DETECTOR),
        before=("train defended --work {work}",),
        tests=(_ATTACKS,),
    ),
    Step(
        "leakage",
        (_SECOND_SEED, f"results --only leakage open_set --work {{work}} {_OTHER}"),
        ("studio.studies.leakage",),
        _ROAD,
        (
            "data/results/searches.parquet",
            "data/results/carried.csv",
            "data/results/seeds.csv",
            "data/results/open_set*.csv",
            "data/results/another-seed/open_set*.csv",
        ),
        tests=(_RESULTS,),
    ),
    _table("rank1", "studio.studies.rank1", tests=(_RESULTS,)),
    _table("unicity", "studio.studies.leakage", reads=("data/habits/*",), tests=(_RESULTS,)),
    _table("finder", "studio.studies.leakage", "finder.npz", tests=("tests/test_learnt.py",)),
    _table(
        "linking",
        "studio.studies.linking",
        "linking*.csv",
        reads=("data/results/finder.npz",),
        tests=("tests/test_linking_study.py",),
    ),
    _table("membership", "studio.studies.learning", "membership.*", tests=(_LEARN,)),
    _table("attributes", "studio.results", tests=(_ATTACKS,)),
    _table("extractors", "studio.results", reads=_JUDGES, tests=(_ATTACKS,)),
    _table("inversion", "studio.results", reads=(_INVERTER, *_JUDGES), tests=(_ATTACKS,)),
    _table("cloaks", "studio.studies.cloak_study", reads=_JUDGES, tests=(_ATTACKS,)),
    *(
        _table(name, "studio.studies.era_tables", tests=(_ERAS,))
        for name in ("eras", "eras_equal", "eras_metric")
    ),
    Step(
        "learning",
        ("learning",),
        ("studio.studies.learning",),
        _ROAD,
        ("data/results/learning.csv", "data/results/shadows.*"),
        tests=(_LEARN,),
    ),
    Step(
        "city",
        ("city --work {work}",),
        ("studio.city",),
        (*_ROAD, "data/results/finder.npz"),
        (
            "data/results/city.csv",
            "data/results/city-tornado.csv",
            "data/results/city-figure.json",
            "notebooks/city.md",
        ),
        tests=("tests/test_city.py",),
    ),
    Step(
        "agreement",
        ("agreement --out data/results/agreement.csv",),
        ("studio.evaluation.agreement",),
        ("data/*.zip", _STUDENT),
        ("data/results/agreement.csv",),
        tests=("tests/test_agreement.py",),
        real=True,
    ),
    Step(
        "accuracy",
        ("evaluate --minutes 12 --work {work} --keep",),
        ("studio.evaluation.evaluate", "studio.evaluation.evaluate_simulation"),
        (_DETECTOR,),
        ("data/results/accuracy.csv",),
        tests=("tests/test_evaluate_simulation.py",),
        real=True,
    ),
    Step(
        "seeds",
        (_SECOND_SEED, _HABITS, f"seeds {_OTHER} --work {{work}}"),
        ("studio.studies.another_seed",),
        (*_ROAD, *_JUDGES, _INVERTER, "data/results/seeds.csv"),
        tuple(f"data/results/another-seed/{name}" for name in _SEEDS),
        tests=("tests/test_another_seed.py",),
    ),
    Step(
        "kinds",
        ("kinds --work {work}",),
        ("studio.kinds.study",),
        (*_ROAD, _STUDENT, _DETECTOR),
        ("data/results/kinds.csv", "data/kinds/*"),
        tests=("tests/test_kinds.py",),
    ),
    Step(
        "numbers",
        ("numbers",),
        ("studio.headlines.page",),
        ("data/results/*", "data/results/another-seed/*"),
        ("notebooks/numbers.md",),
        tests=("tests/test_numbers.py",),
    ),
)


def plan(root: Path = ROOT, steps: tuple[Step, ...] = STEPS) -> pd.DataFrame:
    """What a rebuild would do: columns step, cpu_minutes (when it last ran), because."""
    records = Records(root)
    rows = []
    for step in steps:
        took = records.cpu_seconds(step)
        minutes = None if took is None else took / 60
        rows.append((step.name, minutes, "; ".join(records.stale(step)) or "up to date"))
    return pd.DataFrame(rows, columns=["step", "cpu_minutes", "because"])


def rebuild(
    root: Path = ROOT,
    work: Path | None = None,
    steps: tuple[Step, ...] = STEPS,
    jobs: int = 1,
) -> None:
    """Run the stale steps, in order; each is written down when it has run.

    Parameters
    ----------
    root : Path
    work : Path, optional
        Where unfinished work is kept; ``studio/out`` under `root` by default.
    steps : tuple of Step
    jobs : int
        How many steps run at one time.

    Raises
    ------
    RuntimeError
        If a step fails; those before it, and those that ran beside it, are kept.
    """
    records, waiting = Records(root), list(steps)
    running: dict[Future[float | None], Step] = {}
    failed: list[BaseException] = []
    with (
        ThreadPoolExecutor(jobs) as pool,
        tqdm(total=len(steps), desc="rebuild", unit="step") as bar,
    ):
        while waiting or running:
            for step in ready(waiting, list(running.values()))[: jobs - len(running)]:
                waiting.remove(step)
                running[pool.submit(_make, step, records, root, work)] = step
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                step = running.pop(future)
                if (error := future.exception()) is not None:
                    failed.append(error)
                    waiting.clear()
                elif (took := future.result()) is not None:
                    records.keep(step, took)
                bar.update()
    if failed:
        raise failed[0]


def ready(waiting: list[Step], running: list[Step]) -> list[Step]:
    """Those of the waiting steps that need nothing of what runs, or waits before them."""
    return [
        step
        for k, step in enumerate(waiting)
        if not any(_needs(step, other) for other in [*running, *waiting[:k]])
    ]


def _needs(step: Step, other: Step) -> bool:
    """Whether `other` writes what `step` reads."""
    return any(
        fnmatch(written, read) or fnmatch(read, written)
        for written in other.writes
        for read in step.reads
    )


def _make(step: Step, records: Records, root: Path, work: Path | None) -> float | None:
    """Run a step if it is stale; returns its CPU seconds, or None if nothing was run."""
    reasons = records.stale(step)
    if not reasons:
        return None
    if step.real and not os.environ.get("CCTVIEW_REAL"):
        tqdm.write(f"{step.name}: left as it is, since CCTVIEW_REAL names no real frames")
        return None
    tqdm.write(f"{step.name}: {'; '.join(reasons[:3])}")
    return _run(step, root, work or root / "studio" / "out")


def vouch(root: Path = ROOT, steps: tuple[Step, ...] = STEPS) -> list[str]:
    """Vouch for new code that gives the stored results: the tests of each step recompute a slice.

    Returns the steps that could not be vouched for: a file of theirs has changed, too, or a test
    failed.
    """
    records, passed, left = Records(root), {}, []
    for step in steps:
        reasons = records.stale(step)
        if not reasons:
            continue
        if reasons != [CODE_CHANGED]:
            left.append(step.name)
            continue
        for test in step.tests:
            if test not in passed:
                command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test]
                passed[test] = subprocess.run(command, cwd=root).returncode == 0
        if step.tests and all(passed[test] for test in step.tests):
            records.keep(step)
        else:
            left.append(step.name)
    return left


def _run(step: Step, root: Path, work: Path) -> float:
    """Run a step's commands; returns the seconds of CPU time that they took."""
    spent = 0.0
    for command in step.commands:
        words = [word.format(work=work) for word in command.split()]
        process = subprocess.Popen([sys.executable, "-m", "studio", *words], cwd=root)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{step.name}: `python -m studio {' '.join(words)}` failed")
        spent += used.ru_utime + used.ru_stime
    return spent
