"""Checkpoints from the Hugging Face Hub and its cache on this machine: which files to fetch."""

from pathlib import Path
from typing import TYPE_CHECKING

from probing import hub
from probing.errors import ModelError, UnavailableError
from probing.model.files import WEIGHTS, WEIGHTS_INDEX, is_complete, no_safetensors

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo

WANTED = ["*.json", "*.txt", "*.model", "*.safetensors", "*.jinja"]
# Subfolders hold exports for other runtimes; consolidated files hold the same weights a second time.
UNWANTED = ["*/*", "consolidated*", "adapter*"]
CONVERTER = "SFconvertbot"  # the Hub's own converter: it opens a pull request with the weights as safetensors


def fetch(checkpoint: str) -> Path:
    """The snapshot folder (named after its commit) of ``org/name`` or ``org/name@revision``: cache, then Hub.

    Raises: UnavailableError if it is not cached and the Hub does not answer within hub.SECONDS; ModelError if the
    Hub answers that there is no such repository, revision or permission, or no safetensors weights.
    """
    from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError, RevisionNotFoundError

    repo, _, revision = checkpoint.partition("@")
    try:
        if folder := _cached(repo, revision or "main"):
            return folder
        if reason := hub.unreachable():
            raise UnavailableError(_unavailable(checkpoint, reason))
        return _download(repo, revision or "main")
    except HFValidationError as error:
        raise ModelError(f"model.checkpoint={checkpoint}: neither a folder here nor a Hub id (org/name)") from error
    except (RepositoryNotFoundError, RevisionNotFoundError) as error:
        raise ModelError(
            f"model.checkpoint={checkpoint}: the Hub has no such model or revision, or not for you "
            "(check the spelling; for a gated model type: hf auth login)"
        ) from error
    except (ModelError, UnavailableError):
        raise
    # Name resolution, proxies, time-outs, a full disk: the client raises many kinds, and all mean "not here".
    except Exception as error:
        what = str(error).strip().split("\n", maxsplit=1)[0]
        reason = f"{type(error).__name__}: {what}" if what else f"no answer within {hub.SECONDS:g} s"
        raise UnavailableError(_unavailable(checkpoint, reason)) from error


def _unavailable(checkpoint: str, reason: str) -> str:
    repo, _, revision = checkpoint.partition("@")
    folder = repo.rpartition("/")[2]
    at = f" --revision {revision}" if revision else ""
    return (
        f"{checkpoint}: not in the local Hub cache, and the Hub cannot be reached ({reason}); where it can, type: "
        f"hf download {repo}{at} --local-dir {folder}, and then here: model.checkpoint=./{folder}"
    )


def _cached(repo: str, revision: str) -> Path | None:
    from huggingface_hub import snapshot_download

    try:
        folder = snapshot_download(
            repo, revision=revision, allow_patterns=WANTED, ignore_patterns=UNWANTED, local_files_only=True
        )
    except OSError:  # nothing cached, or a download that was cut short
        return None
    return Path(folder) if is_complete(Path(folder)) else None


def _download(repo: str, revision: str) -> Path:
    from huggingface_hub import HfApi, snapshot_download

    info = hub.within(hub.SECONDS, lambda: HfApi().model_info(repo, revision=revision, timeout=hub.SECONDS))
    if not _has_weights(info):
        revision = _converted(info)
    folder = snapshot_download(repo, revision=revision, allow_patterns=WANTED, ignore_patterns=UNWANTED)
    return Path(folder)


def _has_weights(info: "ModelInfo") -> bool:
    return any(file.rfilename in (WEIGHTS, WEIGHTS_INDEX) for file in info.siblings or ())


def _converted(info: "ModelInfo") -> str:
    """The pull request in which the Hub's converter offers safetensors for a repository of pickles."""
    from huggingface_hub import HfApi

    for request in HfApi().get_repo_discussions(info.id, author=CONVERTER, discussion_type="pull_request"):
        if request.status == "open" and request.author == CONVERTER and request.git_reference:
            return request.git_reference
    raise ModelError(no_safetensors(info.id, [file.rfilename for file in info.siblings or ()]))
