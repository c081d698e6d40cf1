"""The command ``probe``, also ``python -m probing``: every program, from any folder.

The programs and their options are in folders that have the names ``pipelines`` and ``conf`` in the repository. An
installed package has them below ``probing/programs``, where they cannot be taken for those of another package.
"""

import os
import runpy
import sys
from pathlib import Path

from probing.distribution import COMMAND

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Find the programs, and run the one that the command line names. Modules of the working folder are found too."""
    home = next(folder for folder in (HERE / "programs", HERE.parent) if (folder / "pipelines").is_dir())
    sys.path.insert(0, str(home))
    if not sys.flags.safe_path:
        sys.path.append(str(Path.cwd()))  # last, so that it hides no installed module
    # for processes that a sweep starts
    os.environ["PYTHONPATH"] = os.pathsep.join([str(home), *filter(None, [os.environ.get("PYTHONPATH")])])
    os.environ[COMMAND] = "python -m probing" if Path(sys.argv[0]).name == "__main__.py" else "probe"
    runpy.run_module("pipelines", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
