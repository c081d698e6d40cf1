"""The folder of a diagnosis: its name, what it may hold already, and how it is written."""

import hashlib
import json
import re
import shlex
import shutil
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from pipelines.diagnosing.diagnosis_settings import SUITE_SEED, Settings
from pipelines.diagnosing.own_phenomena import own_phenomena
from pipelines.diagnosing.trained_subject import Trained
from pipelines.running.run_folder import labels, shortened
from pipelines.shared.machine import alone
from pipelines.shared.option_files import CONF
from pipelines.shared.typed_options import in_quotes
from pipelines.shared.versions import code_version, versions
from probing.distribution import as_typed
from probing.errors import ConfigError
from probing.model.files import sha256
from probing.report.diagnosed.diagnosis_files import JSON_FILE
from probing.report.emit import file_name
from probing.result.folder import parsed_manifest

VERSION = 2  # raise it when the same options give other numbers than before
PLAIN = re.compile(r"[\w./-]+")  # a name that Hydra reads without quotes
LONGEST = 40  # characters of a text in the name of a folder


def identity(trained: Trained, settings: Settings) -> dict[str, Any]:
    """What was diagnosed of which run; as JSON holds it."""
    what: dict[str, Any]
    if settings.text is not None:
        what = {"text": settings.text, "label": settings.label}
        what |= {} if settings.word is None else {"word": settings.word}
    elif settings.file is not None:
        what = {"file": sha256(Path(settings.file))}
    elif settings.behaviour:
        what = {"behaviour": settings.behaviour, "seed": SUITE_SEED}
    else:
        mine = [own.values for own in own_phenomena(settings.phenomena)]
        what = {"errors": settings.errors, "split": settings.split, **({"phenomena": mine} if mine else {})}
    if settings.prompt is not None:
        what |= {"prompt": settings.prompt, "answers": dict(settings.answers or {})}
    return {"version": VERSION, "run_id": trained.run.run_id, **what}


def folder_of(trained: Trained, settings: Settings) -> Path:
    """``out``, or ``<outputs>/diagnoses/<model>/<data>-<task>/<what is shown>-<digest of the identity>``.

    Raises: ConfigError for a folder that holds anything else than this diagnosis.
    """
    of = identity(trained, settings)
    if settings.out is not None:
        found = Path(settings.out)
    else:
        names = labels(trained.run.experiment, trained.run.corpus.name)
        of_task = shortened(f"{names['data']}-{names['task']}")
        digest = hashlib.sha256(json.dumps(of, sort_keys=True).encode()).hexdigest()[:8]
        last = f"{shown_in_name(settings)}-{digest}"
        found = Path(settings.outputs, "diagnoses", shortened(names["model"]), of_task, last)
    if found.exists() and identity_in(found) != of:
        raise ConfigError(f"{found} exists and holds something else than this diagnosis; type another out=…")
    return found


def shown_in_name(settings: Settings) -> str:
    """What is diagnosed, in the name of a folder."""
    if settings.text is not None:
        return file_name(settings.text.lower())[:LONGEST].strip("-.") or "text"
    if settings.file is not None:
        return file_name(Path(settings.file).stem)
    if settings.behaviour:
        return f"behaviour-{settings.behaviour}"
    return f"errors-{settings.errors}-{settings.split}"


def identity_in(folder: Path) -> object:
    """The identity of the diagnosis in a folder; None if it holds anything else."""
    try:
        return json.loads((folder / JSON_FILE).read_text(encoding="utf-8"))["provenance"]["identity"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def provenance(trained: Trained, settings: Settings) -> dict[str, Any]:
    """Where the numbers come from, with the same names as in the manifest of a run."""
    manifest: Mapping[str, Any] = parsed_manifest(trained.run.folder)
    return {
        "identity": identity(trained, settings),
        "command": command(settings),
        "commit": code_version(CONF.parent),
        "versions": versions(),
        "probes": trained.run.folder.as_posix(),
        "commit_of_probes": manifest["commit"],
        **{name: manifest[name] for name in ("run_id", "checkpoint", "data", "config")},
    }


def command(settings: Settings) -> str:
    """What to type to make the same diagnosis."""
    usual = Settings()
    own = (one.name for one in fields(Settings) if one.name not in ("options", "answers", "phenomena"))
    changed = [f"{name}={getattr(settings, name)}" for name in own if getattr(settings, name) != getattr(usual, name)]
    if settings.phenomena:
        named = (one if PLAIN.fullmatch(one) else in_quotes(one) for one in settings.phenomena)
        changed.append(f"phenomena=[{','.join(named)}]")
    if settings.answers:  # Hydra reads no quoted keys
        changed.append(f"answers={{{', '.join(f'{name}: {text!r}' for name, text in settings.answers.items())}}}")
    return as_typed(shlex.join(["python", "-m", "pipelines.diagnose", *settings.options, *changed]))


def written(folder: Path, write: Callable[[Path], Path]) -> Path:
    """Let ``write`` fill a hidden folder beside ``folder``, and put it in its place when it is complete."""
    half, old = (folder.with_name(f".{folder.name}.{name}") for name in ("partial", "old"))
    with alone(folder):
        for remains in (half, old):
            shutil.rmtree(remains, ignore_errors=True)
        page = write(half)
        if folder.exists():
            folder.rename(old)
        half.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    return folder / page.relative_to(half)
