"""Whether the scheduler that a launcher of Hydra submits jobs to can be reached."""

import shutil
import subprocess

from probing.errors import ConfigError

SLURM = "submitit_slurm"
PATIENCE_S = 20


def check_scheduler(launcher: str) -> None:
    """Raise ConfigError if ``launcher`` submits to Slurm, and Slurm does not answer; of others nothing is checked."""
    if launcher != SLURM:
        return
    if shutil.which("sinfo") is None:
        raise ConfigError(
            f"hydra/launcher={SLURM}: there is no sinfo here, so this machine submits no jobs to Slurm; log in to "
            "one that does, or leave hydra/launcher=… out"
        )
    try:
        done = subprocess.run(["sinfo", "--noheader"], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        seen = next(iter(done.stderr.strip().splitlines()), f"exit code {done.returncode}") if done.returncode else ""
    except subprocess.TimeoutExpired:
        seen = f"no answer within {PATIENCE_S} seconds"
    if seen:
        raise ConfigError(f"hydra/launcher={SLURM}: Slurm cannot be reached ({seen}); try again when sinfo works")
