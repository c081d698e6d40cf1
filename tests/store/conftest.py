"""A tiny BERT, a small corpus, and one store of them that tests copy before they change anything."""

import os
import runpy
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))  # for the processes that tests start, too

from extraction import corpus, extract  # noqa: E402
