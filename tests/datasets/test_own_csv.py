"""The own file: what is read, and every fault by its sentence."""

import csv
import hashlib
import io
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from occam.datasets.own_csv import FEWEST_ROWS, MOST_BYTES, MOST_ROWS, CsvFault, Table, parse_csv

GOOD = [["a", "b", "kind"]] + [[f"{i}.5", f"{i * i}", "xy"[i % 2]] for i in range(12)]


def text(rows: Iterable[Iterable[str]], delimiter: str = ",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode()


def changed(row: int, column: int, cell: str) -> bytes:
    """The good file with one cell replaced; row as in a spreadsheet, column from 0."""
    return text(
        [[cell if (r, c) == (row, column) else old for c, old in enumerate(cells)] for r, cells in enumerate(GOOD, 1)]
    )


def column(cells: list[str]) -> Table:
    return parse_csv(text([["x", "t"]] + [[str(i), cell] for i, cell in enumerate(cells)]))


def test_a_good_file():
    table = parse_csv(text(GOOD))
    assert table.digest == hashlib.sha256(text(GOOD)).hexdigest()
    assert (table.columns, table.text, table.texts, table.targets) == (
        ("a", "b", "kind"),
        "kind",
        ("x", "y"),
        ("kind",),
    )
    x, y, classes, features = table.problem("kind")
    assert np.array_equal(x, [[i + 0.5, i * i] for i in range(12)])
    assert np.array_equal(y, [i % 2 for i in range(12)])
    assert (classes, features) == (("x", "y"), ("a", "b"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
def test_delimiters_byte_order_mark_and_line_ends(delimiter, mark, end):
    table = parse_csv(mark + text(GOOD, delimiter).replace(b"\r\n", end) + end)
    assert np.array_equal(table.values, parse_csv(text(GOOD)).values)
    assert table.columns == ("a", "b", "kind")


def test_spaces_quotes_blank_lines_and_exponents_are_read():
    lines = b'\n a ,"b, c"\n' + b"".join(b'\n%d.e-1 , "+.5E%d"\n' % (i, i) for i in range(10))
    table = parse_csv(lines)
    assert table.columns == ("a", "b, c")
    assert np.allclose(table.values, [[i / 10, 0.5 * 10.0**i] for i in range(10)])


@pytest.mark.parametrize(
    ("cells", "classes"),
    [
        ([str(i % 3) for i in range(12)], ("0", "1", "2")),
        ([f"{2 * (i % 2)}.0" for i in range(12)], ("0", "2")),
        (["-0", "1"] * 6, ("0", "1")),
        ([str(-i) for i in range(4)] * 3, ("-3", "-2", "-1", "0")),
        ([str(i % 5) for i in range(12)], ()),  # fewer than three rows a class: a quantity
        ([f"{i % 2}.5" for i in range(12)], ()),  # not whole
        ([str(i % 21) for i in range(84)], ()),  # more than twenty
        ([str(i % 20) for i in range(84)], tuple(map(str, range(20)))),
        (["1", "b", "c"] * 4, ("1", "b", "c")),  # mostly text
    ],
)
def test_the_rule_that_tells_classes_from_quantities(cells, classes):
    problem = column(cells).problem("t")
    assert problem.classes == classes
    if classes and "b" not in classes:
        assert [float(classes[int(index)]) for index in problem.y] == [float(cell) for cell in cells]


def test_a_table_of_numbers_can_predict_any_column():
    table = parse_csv(text([["a", "b", "c"]] + [[str(i), str(i * i), str(-i)] for i in range(10)]))
    assert table.targets == table.columns
    problem = table.problem("b")
    assert problem.features == ("a", "c")
    assert np.array_equal(problem.y, np.arange(10.0) ** 2)
    assert np.array_equal(problem.x[:, 1], -np.arange(10.0))


WIDE = [[f"c{i}" for i in range(66)]] + [[str(i + j) for i in range(66)] for j in range(10)]
LONG = [["a", "b"]] + [[str(i), str(i % 7)] for i in range(MOST_ROWS + 1)]
TWO_TEXTS = [[*row, "other" if i == 0 else "pq"[i % 2]] for i, row in enumerate(GOOD)]
FAULTS = {
    "The file is empty.": b"",
    "The file is empty. ": b"\xef\xbb\xbf \n\n",
    "The file has 100.0 MB; at most 2 MB are read.": bytes(100 * 2**20),
    "The file has 2.0 MB; at most 2 MB are read.": b"a" * (MOST_BYTES + 1),
    "The file is binary (or UTF-16), not a CSV text; export it as CSV in UTF-8.": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "The file is binary (or UTF-16), not a CSV text; export it as CSV in UTF-8. ": text(GOOD).decode().encode("utf-16"),
    "Row 4 is not UTF-8 text; export the file as CSV in UTF-8.": changed(4, 2, "é").decode().encode("latin-1"),
    "Row 1 must be a header of column names, but column 1 is the number '0.5'.": text(GOOD[1:]),
    "The header has only one column; columns are separated by a comma, a semicolon or a tab.": b"a\n1\n2\n",
    "Row 1, column 2: the header has an empty name.": changed(1, 1, " "),
    "Row 1: columns 1 and 3 are both named 'a'.": changed(1, 2, "a "),
    "The file has 66 columns; at most 64 and the target are read.": text(WIDE),
    "The file has 9 rows of data; at least 10 are needed.": text(GOOD[:FEWEST_ROWS]),
    "The file has more than 10000 rows of data; at most 10000 are read.": text(LONG),
    "Row 5 has 2 cells, but the header has 3.": text([*GOOD[:4], ["1", "2"], *GOOD[5:]]),
    "Row 5 has 1 cell, but the header has 3.": text([*GOOD[:4], ["1"], *GOOD[5:]]),
    "Row 15 has 4 cells, but the header has 3.": text(GOOD) + b"\n1,2,x,4\n",
    "Row 7, column 'b': 'n/a' is not a number.": changed(7, 1, "n/a"),
    "Row 7, column 'b': '1_0' is not a number.": changed(7, 1, "1_0"),
    "Row 7, column 'b': '٣' is not a number.": changed(7, 1, "٣"),
    "Row 7, column 'b': '3,5' has a comma; write a decimal point and no thousands marks.": changed(7, 1, "3,5"),
    "Row 2, column 'a': 'NaN' is not a finite number.": changed(2, 0, "NaN"),
    "Row 13, column 'a': '-inf' is not a finite number.": changed(13, 0, "-inf"),
    "Row 3, column 'a': '1e999' is too large; at most 1e+15 is read.": changed(3, 0, "1e999"),
    "Row 3, column 'a': the cell is empty.": changed(3, 0, "  "),
    "Row 9, column 'kind': the cell is empty.": changed(9, 2, ""),
    "Column 'kind' holds only one class, 'x'; two or more are needed.": text(
        [*GOOD[:1], *[[*r[:2], "x"] for r in GOOD[1:]]]
    ),
    "Column 'b' holds 7 in every row and tells nothing; remove it.": text(
        [*GOOD[:1], *[[r[0], "7", r[2]] for r in GOOD[1:]]]
    ),
    "Column 'id' holds 21 different texts; at most 20 can be classes.": text(
        [["id", "b"]] + [[f"n{i}", str(i)] for i in range(21)]
    ),
    "Row 2, column 'other': 'q' is not a number; only the target may be text, and 'kind' already is.": text(TWO_TEXTS),
    "Row 3 cannot be read as CSV: ',' expected after '\"'.": text(GOOD[:2]) + b'"1"2,3,x\n',
    "Row 3 cannot be read as CSV: unexpected end of data.": text(GOOD[:2]) + b'"1,2,x\n',
    f"Row 7, column 'b': '{'z' * 39}…' is not a number.": changed(7, 1, "z" * 100),
    "Row 7, column 'b': 'p�q' is not a number.": changed(7, 1, "p\nq"),
}


@pytest.mark.parametrize("sentence", FAULTS)
def test_every_fault_is_one_sentence(sentence):
    with pytest.raises(CsvFault) as fault:
        parse_csv(FAULTS[sentence])
    assert str(fault.value) == sentence.strip()


def test_rows_are_counted_as_in_a_spreadsheet():
    content = text([*GOOD[:3], [], ["1", "2", '"x\ny"'], ["?", "2", "x"], *GOOD[6:]])
    with pytest.raises(CsvFault, match=r"^Row 6, column 'a': '\?' is not a number\.$"):
        parse_csv(content)


def test_only_the_text_column_can_be_predicted():
    with pytest.raises(CsvFault, match=r"^Column 'kind' holds text, so only it can be predicted\.$"):
        parse_csv(text(GOOD)).problem("a")


def test_an_unknown_target_lists_some_columns():
    table = parse_csv(text([row[:20] for row in WIDE]))
    with pytest.raises(CsvFault, match=r"^There is no column 'z' to predict; the columns are 'c0', .*'c9', …\.$"):
        table.problem("z")


CELLS = st.sampled_from(["1", "2.5", "-3e4", "x", "y", "", "nan", '"', "\n", "1,5", "é", " ", "\t", ";"])
COLUMNS = [st.sampled_from(kind) for kind in (["1", "2", "-3e4", ".5"], ["x", "y", "1"], ["0", "1"])]
SOUND = st.lists(st.tuples(*COLUMNS), min_size=10, max_size=15).map(lambda rows: text([["a", "b", "c"], *rows]))
TABLES = st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=15).map(text)


@given(
    st.binary(max_size=300)
    | SOUND
    | TABLES
    | TABLES.map(lambda content: b"a,b,c\n" + content)
    | st.text().map(str.encode)
)
@example(b"\r")
@example(b'a,"b\n')
@example(b"a,b\n" + b'"' * 200_000)
@example(b"a,b\n" + b"x" * 200_000)
def test_any_bytes_give_a_table_or_a_fault(content):
    try:
        table = parse_csv(content)
    except CsvFault as fault:
        assert str(fault).endswith(".")
        assert "\n" not in str(fault)
        assert len(str(fault)) < 250
        return
    assert np.isfinite(table.values).all()
    assert FEWEST_ROWS <= len(table.values) <= MOST_ROWS
    for target in table.targets:
        problem = table.problem(target)
        assert problem.x.shape == (len(problem.y), len(problem.features))
