"""The user's own table: parsed strictly, every fault answered by one sentence that names row and column.

Rows are counted as in a spreadsheet: the header is row 1.  Blank lines are skipped but counted.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MOST_BYTES = 2 * 1024 * 1024  # the upload limit of the app (server.maxUploadSize)
MOST_ROWS = 10_000  # the most samples a spec can ask for
FEWEST_ROWS = 10  # four fifths of fewer leave a single row to test on
MOST_FEATURES = 64  # as many as the largest bundled dataset; Jacobians are held for every feature
MOST_CLASSES = 20  # more cannot be told apart in a picture
FEWEST_ROWS_PER_CLASS = 3  # on average; whole numbers that repeat less are taken for quantities
LARGEST_NUMBER = 1e15  # whole numbers beyond are not exact, and squares must stay finite in float32
DELIMITERS = ",;\t"  # in order of preference

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NOT_FINITE = {"nan", "inf", "infinity"}
_SHOWN = 40  # characters of a name or cell that fit into a sentence
_LISTED = 10  # column names that do


class CsvFault(ValueError):
    """What is wrong with an own file, in one sentence."""


class Problem(NamedTuple):
    """A table as a problem: `x` (N, d); `y` (N,) class indices or targets; names of the classes, () for regression."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    classes: tuple[str, ...]
    features: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Table:
    """A parsed file of N rows and c columns.

    `digest`: SHA-256 of its bytes, in hexadecimal; `columns`: c names; `values`: (N, c), a text column as the index of
    its class; `text`: name of the one column that holds text, or None; `texts`: the classes of that column, sorted.
    """

    digest: str
    columns: tuple[str, ...]
    values: NDArray[np.float64]
    text: str | None
    texts: tuple[str, ...]

    @property
    def targets(self) -> tuple[str, ...]:
        """Columns that can be predicted: the text column where there is one, otherwise every column."""
        return self.columns if self.text is None else (self.text,)

    def problem(self, target: str) -> Problem:
        """The problem of predicting the column `target` from the c − 1 others.

        The rule: a target of text is a classification, and so is one of whole numbers with at most `MOST_CLASSES`
        different values that each occur `FEWEST_ROWS_PER_CLASS` times on average; y is then the class index, classes
        sorted.  Every other target is a regression, without class names.

        Raises `CsvFault` when there is no such column or when another column holds text.
        """
        if target not in self.columns:
            known = ", ".join(map(_quoted, self.columns[:_LISTED])) + ", …" * (len(self.columns) > _LISTED)
            raise CsvFault(f"There is no column {_quoted(target)} to predict; the columns are {known}.")
        if target not in self.targets:
            raise CsvFault(f"Column {_quoted(self.targets[0])} holds text, so only it can be predicted.")
        column = self.columns.index(target)
        x, y = np.delete(self.values, column, axis=1), self.values[:, column]
        features = self.columns[:column] + self.columns[column + 1 :]
        if target == self.text:
            return Problem(x, y, self.texts, features)
        values, index = np.unique(y, return_inverse=True)
        few = len(values) <= min(MOST_CLASSES, len(y) // FEWEST_ROWS_PER_CLASS)
        if few and np.all(values == np.round(values)):
            return Problem(x, index.astype(np.float64), tuple(str(int(value)) for value in values), features)
        return Problem(x, y, (), features)


def parse_csv(content: bytes) -> Table:
    """The table in `content`: UTF-8 text (a byte order mark is fine), a header, numeric columns.

    Cells are separated by whichever of `DELIMITERS` splits the header into most columns.  One column may hold text
    instead of numbers: the classes to be predicted.  A column is text when more than half of its cells are no numbers.

    Raises `CsvFault`, one sentence, for everything else.
    """
    if len(content) > MOST_BYTES:
        raise CsvFault(f"The file has {len(content) / 2**20:.1f} MB; at most {MOST_BYTES // 2**20} MB are read.")
    records = _records(_decoded(content))
    first, header = next(records, (0, []))
    if not header:
        raise CsvFault("The file is empty.")
    columns = _names(first, header)
    rows: list[tuple[int, list[str]]] = []
    for row, cells in records:
        if len(cells) != len(columns):
            raise CsvFault(f"Row {row} has {_count(len(cells), 'cell')}, but the header has {len(columns)}.")
        if len(rows) == MOST_ROWS:
            raise CsvFault(f"The file has more than {MOST_ROWS} rows of data; at most {MOST_ROWS} are read.")
        rows.append((row, cells))
    if len(rows) < FEWEST_ROWS:
        raise CsvFault(f"The file has {_count(len(rows), 'row')} of data; at least {FEWEST_ROWS} are needed.")
    values = np.empty((len(rows), len(columns)))
    text, texts = None, ()
    for i, name in enumerate(columns):
        values[:, i], found = _column(name, [(row, cells[i].strip()) for row, cells in rows], text)
        if found:
            text, texts = name, found
    return Table(hashlib.sha256(content).hexdigest(), columns, values, text, texts)


def _decoded(content: bytes) -> str:
    if b"\0" in content:
        raise CsvFault("The file is binary (or UTF-16), not a CSV text; export it as CSV in UTF-8.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        raise CsvFault(f"Row {row} is not UTF-8 text; export the file as CSV in UTF-8.") from None


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank, with their numbers."""
    # Python's max keeps the first of equals, so the order of DELIMITERS decides a tie.
    delimiter = max(DELIMITERS, key=lambda mark: _width(text, mark))
    row = 0
    try:
        for row, cells in enumerate(_reader(text, delimiter), start=1):
            if len(cells) > 1 or any(cell.strip() for cell in cells):
                yield row, cells
    except csv.Error as error:
        raise CsvFault(f"Row {row + 1} cannot be read as CSV: {error}.") from None


def _width(text: str, delimiter: str) -> int:
    """Number of columns of the first row that is not blank."""
    try:
        return next((len(cells) for cells in _reader(text, delimiter) if any(cell.strip() for cell in cells)), 0)
    except csv.Error:
        return 0


def _reader(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)


def _names(row: int, header: Sequence[str]) -> tuple[str, ...]:
    columns = tuple(name.strip() for name in header)
    if len(columns) == 1:
        raise CsvFault("The header has only one column; columns are separated by a comma, a semicolon or a tab.")
    if len(columns) > MOST_FEATURES + 1:
        raise CsvFault(f"The file has {len(columns)} columns; at most {MOST_FEATURES} and the target are read.")
    for i, name in enumerate(columns):
        if not name:
            raise CsvFault(f"Row {row}, column {i + 1}: the header has an empty name.")
        if _NUMBER.fullmatch(name):
            raise CsvFault(
                f"Row {row} must be a header of column names, but column {i + 1} is the number {_quoted(name)}."
            )
        if name in columns[:i]:
            raise CsvFault(f"Row {row}: columns {columns.index(name) + 1} and {i + 1} are both named {_quoted(name)}.")
    return columns


def _column(name: str, cells: Sequence[tuple[int, str]], text: str | None) -> tuple[list[float], tuple[str, ...]]:
    """Numbers and no classes, or class indices and the classes; `text` is a column that already holds text."""
    numbers = [_number(row, name, cell) for row, cell in cells]
    words = [place for place, number in zip(cells, numbers, strict=True) if number is None]
    if 2 * len(words) > len(cells) and text is None:
        texts = sorted({cell for _, cell in cells})
        if len(texts) == 1:
            raise CsvFault(f"Column {_quoted(name)} holds only one class, {_quoted(texts[0])}; two or more are needed.")
        if len(texts) > MOST_CLASSES:
            raise CsvFault(
                f"Column {_quoted(name)} holds {len(texts)} different texts; at most {MOST_CLASSES} can be classes."
            )
        return [float(texts.index(cell)) for _, cell in cells], tuple(texts)
    if words:
        row, cell = words[0]
        aside = f"; only the target may be text, and {_quoted(text)} already is" if text else ""
        raise CsvFault(f"Row {row}, column {_quoted(name)}: {_quoted(cell)} is not a number{aside}.")
    known = [number for number in numbers if number is not None]
    if min(known) == max(known):
        raise CsvFault(f"Column {_quoted(name)} holds {known[0]:g} in every row and tells nothing; remove it.")
    return known, ()


def _number(row: int, name: str, cell: str) -> float | None:
    """The number in a cell, None for text."""
    if _NUMBER.fullmatch(cell):
        number = float(cell)
        if abs(number) <= LARGEST_NUMBER:
            return number
        trouble = f"{_quoted(cell)} is too large; at most {LARGEST_NUMBER:g} is read"
    elif not cell:
        trouble = "the cell is empty"
    elif cell.lstrip("+-").lower() in _NOT_FINITE:
        trouble = f"{_quoted(cell)} is not a finite number"
    elif _NUMBER.fullmatch(cell.replace(",", "")):
        trouble = f"{_quoted(cell)} has a comma; write a decimal point and no thousands marks"
    else:
        return None
    raise CsvFault(f"Row {row}, column {_quoted(name)}: {trouble}.")


def _quoted(text: str) -> str:
    shown = "".join(character if character.isprintable() else "�" for character in text)
    return f"'{shown}'" if len(shown) <= _SHOWN else f"'{shown[: _SHOWN - 1]}…'"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
