import subprocess

import pytest

from probing.data.text import read_lines
from probing.errors import DataError


def test_lines_come_without_ends_and_byte_order_mark(tmp_path):
    file = tmp_path / "a.txt"
    file.write_bytes("\ufeffone\r\ntwo\n\nfour\u2028still four".encode())
    assert read_lines(file) == ["one", "two", "", "four\u2028still four"]


@pytest.mark.parametrize(("content", "lines"), [(b"", []), (b"\n", []), (b"a\n", ["a"]), (b"a\n\n \r\n", ["a"])])
def test_empty_lines_at_the_end_are_none(tmp_path, content, lines):
    file = tmp_path / "a.txt"
    file.write_bytes(content)
    assert read_lines(file) == lines


@pytest.mark.parametrize("line", [1, 3])
def test_other_bytes_are_named_with_their_line(tmp_path, line):
    file = tmp_path / "latin.txt"
    rows = ["one", "two", "three"]
    rows[line - 1] = "café"
    file.write_bytes("\n".join(rows).encode("latin-1"))
    with pytest.raises(DataError, match=rf"latin\.txt:{line}: byte 0xe9 is not UTF-8; .*iconv"):
        read_lines(file)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])  # with a byte order mark
def test_a_byte_order_mark_says_the_encoding(tmp_path, encoding):
    file = tmp_path / "a.txt"
    file.write_bytes("naïve\r\n日本語\n".encode(encoding))
    assert read_lines(file) == ["naïve", "日本語"]


def test_the_advice_for_another_encoding_works(tmp_path):
    """Only where every second byte is zero is the encoding known; else the command is an example."""
    file = tmp_path / "it's wide.txt"
    for encoding in ("UTF-16LE", "UTF-16BE"):
        file.write_bytes("one\ntwo\n".encode(encoding))
        with pytest.raises(DataError, match=f"looks like {encoding} without a byte order mark") as refused:
            read_lines(file)
        command = str(refused.value).split("`")[1]
        subprocess.run(["bash", "-c", command], check=True)
        assert read_lines(tmp_path / "new-it's wide.txt") == ["one", "two"]
    file.write_bytes(b"one\ntw\0o\n")
    with pytest.raises(DataError, match=r"wide\.txt:2: byte 0x00.*damaged") as refused:
        read_lines(file)
    assert "UTF-16" not in str(refused.value)


def test_a_damaged_wide_file_is_named(tmp_path):
    file = tmp_path / "a.txt"
    file.write_bytes("one".encode("utf-16")[:-1])
    with pytest.raises(DataError, match=r"its byte order mark says UTF-16, and byte 6 is not; the file is damaged"):
        read_lines(file)


def test_what_cannot_be_read_is_a_data_error(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_lines(tmp_path)
