"""Text files, read so that every error names file and line."""

from pathlib import Path

from probing.errors import DataError


def read_lines(path: Path) -> list[str]:
    """The lines of a UTF-8 file without line ends. Raises DataError: cannot be read, or bytes that are not UTF-8."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    lines = []
    for number, raw in enumerate(content.split(b"\n"), start=1):
        try:
            lines.append(raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r"))
        except UnicodeDecodeError as error:
            raise DataError(
                f"{path}:{number}: byte {raw[error.start]:#04x} is not UTF-8; "
                "convert the file, e.g. `iconv -f latin1 -t utf-8`"
            ) from error
    if lines and not lines[-1]:
        lines.pop()
    return lines
