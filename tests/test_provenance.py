"""Nothing stale survives: a result knows by which code and which files it was made."""

import ast
import functools
from dataclasses import replace

import pytest

from studio import closure
from studio.provenance import RECORDS, Records, Step
from studio.rebuild import ROOT, STEPS, plan, ready, rebuild, vouch

MAKE = """
import sys
from pathlib import Path
numbers = [int(word) for word in Path("in.txt").read_text().split()]
Path("out.txt").write_text(str(sum(numbers)))
Path("runs.txt").open("a").write(sys.argv[1] + "\\n")
"""
CHECK = """
from pathlib import Path
def test_slice():
    assert Path("out.txt").read_text() == str({expected})
"""


@pytest.fixture
def project(tmp_path):
    """A project whose only result is the sum of the numbers in a file."""
    (tmp_path / "cctview").mkdir()
    (tmp_path / "studio").mkdir()
    (tmp_path / "data").mkdir()
    for package in ("cctview", "studio"):
        (tmp_path / package / "__init__.py").touch()
    (tmp_path / "studio" / "__main__.py").write_text(MAKE)
    (tmp_path / "in.txt").write_text("1 2")
    (tmp_path / "test_slice.py").write_text(CHECK.format(expected=3))
    return tmp_path


STEP = Step(
    "sum", ("sum",), ("studio.__main__",), ("in.txt",), ("out.txt",), tests=("test_slice.py",)
)


def runs(project):
    return (project / "runs.txt").read_text().count("sum")


def make(project):
    rebuild(project, project, (STEP,))


def test_a_step_runs_once_and_again_when_its_input_output_or_code_changes(project):
    make(project)
    make(project)
    assert runs(project) == 1
    assert Records(project).stale(STEP) == []
    (project / "in.txt").write_text("1 2 3")
    assert Records(project).stale(STEP) == ["in.txt has changed"]
    make(project)
    assert (project / "out.txt").read_text() == "6"
    assert runs(project) == 2
    (project / "out.txt").write_text("7")
    assert Records(project).stale(STEP) == ["out.txt has changed"]
    (project / "out.txt").write_text("6")
    code = project / "studio" / "__main__.py"
    code.write_text(MAKE + "print('new')\n")
    assert Records(project).stale(STEP) == ["its code has changed"]
    assert plan(project, (STEP,)).because.tolist() == ["its code has changed"]


def test_a_result_that_is_missing_or_new_is_made(project):
    make(project)
    (project / "out.txt").unlink()
    assert Records(project).stale(STEP) == ["out.txt is missing"]
    wider = replace(STEP, writes=(*STEP.writes, "more.txt"))
    assert Records(project).stale(wider) == ["out.txt is missing", "more.txt is missing"]
    make(project)
    assert Records(project).stale(STEP) == []
    assert Records(project).stale(wider) == ["more.txt is missing"]


def test_a_comment_changes_no_result(project):
    make(project)
    (project / "studio" / "__main__.py").write_text("# more words\n" + MAKE)
    assert Records(project).stale(STEP) == []


def test_new_code_is_vouched_for_only_if_a_slice_comes_out_the_same(project, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # the slice needs none of them
    make(project)
    (project / "studio" / "__main__.py").write_text(MAKE + "print('new')\n")
    (project / "test_slice.py").write_text(CHECK.format(expected=4))
    assert vouch(project, (STEP,)) == ["sum"]
    assert Records(project).stale(STEP)
    (project / "test_slice.py").write_text(CHECK.format(expected=3))
    assert vouch(project, (STEP,)) == []
    assert not Records(project).stale(STEP)
    (project / "in.txt").write_text("9")
    assert vouch(project, (STEP,)) == ["sum"], "a changed input is not the code's matter"


def test_a_failed_step_is_not_written_down(project):
    (project / "in.txt").write_text("no number")
    with pytest.raises(RuntimeError, match="sum: `python -m studio sum` failed"):
        make(project)
    (project / "in.txt").write_text("1")
    make(project)
    assert (project / "out.txt").read_text() == "1"


SLOW = """
import sys
import time
from pathlib import Path
step, *made = sys.argv[1:]
Path(f"{step}.began").touch()
for other in ("one", "two") if step in ("one", "two") else ():
    while not Path(f"{other}.began").exists():
        time.sleep(0.01)
text = "".join(Path(name).read_text() for name in made)
Path(f"{step}.txt").write_text(text + step)
"""


def test_two_steps_run_at_one_time_and_a_third_waits_for_what_it_reads(project):
    """The first two wait for each other, so one at a time would never end."""
    (project / "studio" / "__main__.py").write_text(SLOW)
    code = ("studio.__main__",)
    steps = (
        Step("one", ("one",), code, (), ("one.txt",)),
        Step("two", ("two",), code, (), ("two.txt",)),
        Step("three", ("three one.txt two.txt",), code, ("one.txt", "t*o.txt"), ("three.txt",)),
    )
    assert [step.name for step in ready(list(steps), [])] == ["one", "two"]
    assert ready([steps[2]], [steps[1]]) == []
    rebuild(project, project, steps, jobs=2)
    assert (project / "three.txt").read_text() == "onetwothree"
    assert set(plan(project, steps).because) == {"up to date"}


def test_a_pattern_without_a_file_is_an_error(project):
    step = Step("sum", ("sum",), ("studio.__main__",), ("absent.txt",), ("out.txt",))
    with pytest.raises(FileNotFoundError, match="absent.txt"):
        rebuild(project, project, (step,))


@pytest.mark.skipif(not (ROOT / RECORDS).exists(), reason="nothing has been rebuilt yet")
def test_no_committed_result_is_stale(monkeypatch):
    # Steps share most of their modules; each is looked through once.
    imported = functools.cache(lambda tree, root, of=closure._imported: list(of(tree, root)))
    monkeypatch.setattr(closure, "_imported", imported)
    monkeypatch.setattr(ast, "dump", functools.cache(ast.dump))
    steps = plan()
    stale = steps[steps.because != "up to date"]
    assert stale.empty, f"run `python -m studio rebuild`:\n{stale.to_string(index=False)}"


def test_no_two_steps_write_one_file_and_each_reads_what_an_earlier_one_wrote():
    """A pattern of what a step reads either fits what an earlier step writes, or no step at all."""
    written = {}
    for step in STEPS:
        for pattern in step.reads:
            late = [s.name for s in STEPS if pattern in s.writes and s.name not in written.values()]
            assert not late, f"{step.name} reads {pattern} before {late} writes it"
        for pattern in step.writes:
            assert pattern not in written, f"{step.name} and {written[pattern]} write {pattern}"
            written[pattern] = step.name
