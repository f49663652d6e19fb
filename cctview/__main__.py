"""`python -m cctview` is the same as the command `cctview`."""

import sys
from pathlib import Path

# Python looks for modules in the working folder first, which may be a folder of somebody's frames.
if Path(sys.path[0]) == Path.cwd() != Path(__file__).parent.parent:
    del sys.path[0]

from cctview.cli import main

sys.exit(main())
