import pytest

from probing.data.text import read_lines
from probing.errors import DataError


def test_lines_come_without_ends_and_byte_order_mark(tmp_path):
    file = tmp_path / "a.txt"
    file.write_bytes("\ufeffone\r\ntwo\n\nfour\u2028still four".encode())
    assert read_lines(file) == ["one", "two", "", "four\u2028still four"]


@pytest.mark.parametrize(("content", "lines"), [(b"", []), (b"\n", [""]), (b"a\n", ["a"]), (b"a\n\n", ["a", ""])])
def test_the_last_line_end_is_not_a_line(tmp_path, content, lines):
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


def test_what_cannot_be_read_is_a_data_error(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_lines(tmp_path)
