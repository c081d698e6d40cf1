"""Text files, read so that every error names file and line."""

import codecs
from pathlib import Path
from shlex import quote

from probing.errors import DataError

# UTF-32 comes first: its little-endian mark begins with that of UTF-16
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NO_TEXT = {
    b"PK\x03\x04": "a zip archive or an Excel workbook; unpack it, or save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save the sheet as CSV",
    b"\x1f\x8b": "a gzip archive; unpack it with gunzip",
    b"BZh": "a bzip2 archive; unpack it with bunzip2",
    b"\xfd7zXZ": "an xz archive; unpack it with unxz",
    b"\x28\xb5\x2f\xfd": "a zstd archive; unpack it with unzstd",
    b"PAR1": "a Parquet file; give it the ending .parquet",
}


def read_lines(path: Path) -> list[str]:
    """The lines of a text file without line ends and without empty lines at its end.

    The text is UTF-8, or UTF-16 or UTF-32 with a byte order mark, as Excel writes it; lines end in LF, CR LF or, in the
    whole file, CR. Raises DataError: cannot be read, not text, or bytes of another encoding.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    for start, kind in _NO_TEXT.items():
        if content.startswith(start):
            raise DataError(f"{path}: this is {kind}")
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), None)
    lines = _decoded(path, content, encoding) if encoding else _utf8(path, content)
    if len(lines) == 1:
        lines = lines[0].split("\r")
    lines = [line.removesuffix("\r") for line in lines]
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def _decoded(path: Path, content: bytes, encoding: str) -> list[str]:
    try:
        return content.decode(encoding).split("\n")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: its byte order mark says {encoding.upper()}, and byte {error.start} is not; "
            "the file is damaged: copy it again or save it as UTF-8"
        ) from error


def _utf8(path: Path, content: bytes) -> list[str]:
    lines = []
    for number, raw in enumerate(content.removeprefix(codecs.BOM_UTF8).split(b"\n"), start=1):
        if b"\0" in raw:
            raise DataError(f"{path}:{number}: byte 0x00, which no text has; {_wide(path, content)}")
        try:
            lines.append(raw.decode())
        except UnicodeDecodeError as error:
            byte = raw[error.start]
            raise DataError(f"{path}:{number}: byte {byte:#04x} is not UTF-8; {_other(path, content)}") from error
    return lines


def _wide(path: Path, content: bytes) -> str:
    """What to do about zero bytes: where they are every second byte, the text is UTF-16 without its mark."""
    half = len(content) // 2
    found = [name for name, first in (("UTF-16LE", 1), ("UTF-16BE", 0)) if content[first::2].count(0) > half // 4]
    if len(found) == 1:
        return f"it looks like {found[0]} without a byte order mark: {_command(path, found[0])}"
    return "the file is damaged, or it is not text"


def _other(path: Path, content: bytes) -> str:
    """What to do about a byte that is not UTF-8: no encoding can be told from its bytes alone."""
    if any(not raw.isascii() and _is_utf8(raw) for raw in content.split(b"\n")):
        return "other lines are, so that the file mixes encodings or is damaged; correct this line"
    return (
        f"the file has another encoding: find out which (`file -bi {quote(str(path))}` guesses), then convert it, "
        f"e.g. from that of Excel on a western Windows: {_command(path, 'windows-1252')}"
    )


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _command(path: Path, encoding: str) -> str:
    new = path.with_name(f"new-{path.name}")
    return f"`iconv -f {encoding} -t UTF-8 {quote(str(path))} > {quote(str(new))}`"
