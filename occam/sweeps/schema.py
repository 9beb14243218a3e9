"""What a store's file looks like, and how an older one becomes a present one.

`runs` has a row a run; `weights` its last weights, apart, so that a list of runs reads none; `marks` a row for every
level that was looked for, `step` NULL where the run never reached it, and a column a metric.  A nan is NULL.  The
columns of numbers have no type: one of type REAL would turn −0.0 into 0.0.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from occam.glossary import METRICS

APPLICATION = 0x4F63636D  # "Occm", in the file's header: tells a store from any other SQLite file

# MIGRATIONS[v] makes version v + 1 of version v; a new file is version 0.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE runs (
            id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, spec TEXT NOT NULL,
            status TEXT NOT NULL, reason TEXT NOT NULL, step INTEGER NOT NULL, stability,
            seconds, device TEXT NOT NULL, dtype TEXT NOT NULL, versions TEXT NOT NULL)""",
        "CREATE TABLE weights (run INTEGER PRIMARY KEY REFERENCES runs ON DELETE CASCADE, dtype TEXT, numbers BLOB)",
        """CREATE TABLE marks (
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, at TEXT NOT NULL, level NOT NULL, step INTEGER,
            PRIMARY KEY (at, level, run)) WITHOUT ROWID""",
        "CREATE INDEX marks_of_run ON marks (run)",
    ),
    (  # what the page of runs adds: a name, and a deletion that can be undone
        "ALTER TABLE runs ADD COLUMN name TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE runs ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0",
    ),
)
VERSION = len(MIGRATIONS)
MEASURED = tuple(name for name in METRICS if name != "step")  # the step of a mark is a column of its own

_MAGIC = b"SQLite format 3\0"
_HEADER = 100  # bytes; https://www.sqlite.org/fileformat.html, section 1.3


def foreign(path: Path) -> str | None:
    """Why this file is not a store of this version, from its header alone; None if it is one, or empty.

    SQLite itself may change a file that it opens.  Raises `OSError` where the file cannot be read.
    """
    with path.open("rb") as file:
        header = file.read(_HEADER)
        size = file.seek(0, 2)
    if not header:
        return None
    if not header.startswith(_MAGIC) or len(header) < _HEADER:
        return "is not a SQLite file"
    number = {start: int.from_bytes(header[start : start + 4], "big") for start in (24, 28, 60, 68, 92)}
    if number[68] != APPLICATION:
        return "is a SQLite file of another program"
    if number[60] > VERSION:
        return newer(number[60])
    page = int.from_bytes(header[16:18], "big")
    # The count is only valid under equal counters, and not while a program is writing, which a log beside it tells.
    still = not any(Path(f"{path}{log}").exists() for log in ("-wal", "-journal"))
    pages = number[28] if number[24] == number[92] and still else 0
    if size < pages * (65536 if page == 1 else page):
        return "is damaged: its end is missing"
    return None


def newer(version: int) -> str:
    """The sentence for a store of a later version."""
    return f"is a store of version {version}; this program reads up to version {VERSION}"


def version(connection: sqlite3.Connection) -> int:
    """The schema version of an open file."""
    return connection.execute("PRAGMA user_version").fetchone()[0]


def columns(connection: sqlite3.Connection) -> list[str]:
    """The metrics that this file has a column of."""
    known = {name for _, name, *_ in connection.execute("PRAGMA table_info(marks)")}
    return [name for name in MEASURED if name in known]


def migrate(connection: sqlite3.Connection) -> None:
    """Bring an open file to the present version, inside the caller's transaction; a present one stays as it is.

    A metric that the glossary has and the file has not gets its column.
    """
    for number in range(version(connection), VERSION):
        for statement in MIGRATIONS[number]:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {number + 1}")
    present = columns(connection)
    for name in MEASURED:
        if name not in present:
            connection.execute(f"ALTER TABLE marks ADD COLUMN {name}")
