"""After the last cell of each notebook that pytest runs (with nbval), every slider that it has made
is driven in its kernel.

Live widgets are not stored with a notebook, and pictures are not compared: fonts and processors
draw them a little differently.
"""

import re
from collections import defaultdict
from pathlib import Path

import nbformat
import pytest
from nbval import plugin as nbval
from nbval.plugin import IPyNbCell, IPyNbFile

from studio.lessons import LIVE_VIEW

# With --cov, nbval would also measure in each kernel, and wait a minute for an answer that never
# comes.
nbval.setup_coverage = nbval.teardown_coverage = lambda *_: None

ROOT = Path(__file__).parent
DRIVING = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from tests.drive import drive_all
drive_all(expected={{expected}})
"""


PICTURE = re.compile(r"data:image/\w+;base64,[A-Za-z0-9+/=]+")
compare_outputs, sanitize = IPyNbCell.compare_outputs, IPyNbCell.sanitize


def compare_stored(cell, test, ref, skip_compare=None):
    stored = [output for output in test if LIVE_VIEW not in output.get("data", {})]
    return compare_outputs(cell, stored, ref, skip_compare)


IPyNbCell.compare_outputs = compare_stored
IPyNbCell.sanitize = lambda cell, text: PICTURE.sub("a picture", sanitize(cell, text))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    if isinstance(collector, IPyNbFile) and report.result:
        expected = sum(
            cell.source.count("Sliders(") for cell in collector.nb.cells if cell.cell_type == "code"
        )
        cell = nbformat.v4.new_code_cell(DRIVING.format(expected=expected))
        options = defaultdict(bool)  # as nbval reads it: nothing is skipped, and no output compared
        report.result.append(
            IPyNbCell.from_parent(
                collector, name="sliders", cell_num=len(report.result), cell=cell, options=options
            )
        )
    return report
