"""Paths without their folders, for pages and answers that leave this machine."""

import re

# from a root or ~ to the last separator; a name may contain spaces and balanced brackets, but not end with a space, so
# that both paths of "/a/b.json and /c/d" are found; after :// comes a host, not a folder
_NAME = r"(?:[^\s/\\'\":;,()]|\([^/\\()\n]*\))+"
FOLDERS = re.compile(rf"(?<![\w.])(?<!:/)(?:~[\w.-]*|[A-Za-z]:)?[/\\](?:{_NAME}(?: +{_NAME})*[/\\])+")


def without_folders(message: str) -> str:
    """``message`` with only the last part of each path: a page must not show the folders of this machine."""
    return FOLDERS.sub("…/", message)
