"""After the last cell of each notebook that pytest runs (with nbval), every slider that it has made
is driven in its kernel.
"""

from collections import defaultdict
from pathlib import Path

import nbformat
import pytest
from nbval import plugin as nbval
from nbval.plugin import IPyNbCell, IPyNbFile

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
