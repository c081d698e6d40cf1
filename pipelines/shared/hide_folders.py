"""What leaves this machine with a page or an answer names files, not the folders that they lie in."""

import re

# from a root or ~ to the last separator; a name may hold spaces, and balanced brackets, but not end in them, so that
# of "/a/b.json and /c/d" both paths are found; behind :// stands no folder but a host
_NAME = r"(?:[^\s/\\'\":;,()]|\([^/\\()\n]*\))+"
FOLDERS = re.compile(rf"(?<![\w.])(?<!:/)(?:~[\w.-]*|[A-Za-z]:)?[/\\](?:{_NAME}(?: +{_NAME})*[/\\])+")


def without_folders(message: str) -> str:
    """``message`` with the last part of each path alone: where files lie is nothing for a page to know."""
    return FOLDERS.sub("…/", message)
