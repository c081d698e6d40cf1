"""The programs: Hydra configuration on one side, the probing library on the other."""

import sys

from pipelines.shared.shortage import uncaught

sys.excepthook = uncaught
