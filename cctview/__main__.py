"""`python -m cctview` is the same as the command `cctview`."""

import sys

from cctview.cli import main

sys.exit(main())
