"""Every run that was computed, in one SQLite file: two processes may write, and what is in it stays in it."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from occam.sweeps import records, schema
from occam.sweeps.records import Listing, StoreFault
from occam.sweeps.row import END, Level, Row

WAIT = 30.0  # seconds that one process waits for another to finish writing
ALLOWED = "a file, new or existing, that 'python -m occam sweep' can write"
_CHUNK = 500  # keys in one question; SQLite allows 999 in old builds

_SENTENCES = {
    sqlite3.SQLITE_FULL: "the disk is full; what it holds is kept, and the same command goes on once there is room",
    sqlite3.SQLITE_READONLY: "cannot be written",
    sqlite3.SQLITE_PERM: "cannot be written",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened or written",
    sqlite3.SQLITE_CORRUPT: "is damaged",
    sqlite3.SQLITE_NOTADB: "is damaged",
    sqlite3.SQLITE_BUSY: "is being written by another program; try again when that has finished",
    sqlite3.SQLITE_LOCKED: "is being written by another program; try again when that has finished",
    sqlite3.SQLITE_IOERR: "cannot be read or written (input/output error)",
}


def default_path() -> Path:
    """`OCCAM_STORE` where that is set, else runs.sqlite in the user's data folder."""
    from platformdirs import user_data_path  # no page that only reads rows needs it

    named = os.environ.get("OCCAM_STORE")
    return Path(named) if named else user_data_path("occam", appauthor=False) / "runs.sqlite"


class Store:
    """An open store; close it, or use it in a `with`.  Any thread may call it."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        """Use an open connection; `Store.open` makes one."""
        self.path = path
        self._connection = connection
        self._lock = threading.RLock()
        self._measured = schema.columns(connection)

    @staticmethod
    def open(path: Path | str, *, create: bool = True, read_only: bool = False) -> Store:
        """Open the store in this file, made if it is missing and `create`; an older one is brought up to date.

        `read_only`: for a file that nobody writes meanwhile, in a folder that may not be writable either.
        Raises `StoreFault` for a folder, a file of another kind or a later version, a damaged one, one that cannot be
        read or written; the file is then as it was.
        """
        path = Path(path)
        with _told(path):
            if path.is_dir():
                raise StoreFault(f"{path} is a folder; allowed: {ALLOWED}")
            if not path.exists() and (read_only or not create):
                raise StoreFault(f"{path} is missing; allowed: an existing store")
            if path.exists() and (wrong := schema.foreign(path)):
                raise StoreFault(f"{path} {wrong}; allowed: {ALLOWED}")
            if path.exists() and not read_only and not os.access(path, os.W_OK):
                raise StoreFault(f"{path} cannot be written; allowed: {ALLOWED}")
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
            connection = _connected(path, read_only)
            try:
                (_checked if read_only else _prepared)(path, connection)
                return Store(path, connection)
            except BaseException:
                connection.close()
                raise

    def close(self) -> None:
        """Close the file; the last to do so leaves no other file beside it."""
        with self._lock, _told(self.path):
            self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def put(self, rows: Iterable[Row]) -> None:
        """Store rows, all or none; again is the same as once.

        A row that is there already, with equal weights, gets the marks that it lacks; one with other numbers (another
        device or precision) is replaced, so that the marks of a row are always those of one run.  A deleted row is
        there again; a name stays.
        """
        with self._writing() as connection:
            for row in rows:
                records.put(connection, row, self._measured)

    def known(self, keys: Iterable[str], levels: Collection[Level] = (END,)) -> set[str]:
        """Those of the keys whose run is there with all these levels looked for."""
        asked, found = list(keys), set[str]()
        sought = [value for at, level in levels for value in (at, records.stored_level(level))]
        each = " AND EXISTS (SELECT 1 FROM marks WHERE run = id AND at = ? AND level = ?)" * len(levels)
        for start in range(0, len(asked), _CHUNK):
            chunk = asked[start : start + _CHUNK]
            among = f"key IN ({', '.join('?' * len(chunk))}) AND NOT deleted"
            with self._reading() as connection:
                answer = connection.execute(f"SELECT key FROM runs WHERE {among}{each}", [*chunk, *sought])
                found |= {key for (key,) in answer}
        return found

    def count(self, *, deleted: bool = False) -> int:
        """Number of rows, or of those that are deleted and may come back."""
        with self._reading() as connection:
            return connection.execute("SELECT count(*) FROM runs WHERE deleted = ?", [deleted]).fetchone()[0]

    def rows(self, keys: Iterable[str] | None = None) -> Iterator[Row]:
        """The rows with these keys in their order, or all in the order in which they came; deleted ones left out."""
        wanted = self.keys() if keys is None else list(keys)
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            with self._reading() as connection:
                found = records.read(connection, chunk, self._measured)
            yield from (found[key] for key in chunk if key in found)

    def row(self, key: str) -> Row | None:
        """The row with this key, if it is there."""
        return next(self.rows([key]), None)

    def keys(self, *, deleted: bool = False) -> list[str]:
        """All keys, in the order in which they came."""
        with self._reading() as connection:
            return [
                key for (key,) in connection.execute("SELECT key FROM runs WHERE deleted = ? ORDER BY id", [deleted])
            ]

    def weights(self, key: str) -> NDArray[np.floating] | None:
        """The last weights of a run, as in `Row.weights`."""
        with self._reading() as connection:
            found = connection.execute(
                "SELECT w.dtype, numbers FROM weights w JOIN runs ON id = run WHERE key = ? AND NOT deleted", [key]
            ).fetchone()
        return None if found is None else np.frombuffer(found[1], found[0])

    def levels(self) -> list[tuple[Level, int]]:
        """Every level that was looked for in any run, and how many runs reached it: the end, losses, times."""
        with self._reading() as connection:
            found = connection.execute(
                "SELECT at, level, count(m.step) FROM marks m JOIN runs ON id = run WHERE NOT deleted "
                "GROUP BY at, level ORDER BY at, level"
            )
            return [((at, records.read_level(at, level)), reached) for at, level, reached in found]

    def listing(self, level: Level = END) -> Listing:
        """All runs that are not deleted, at one level, column by column."""
        with self._reading() as connection:
            return records.listing(connection, level, self._measured)

    def rename(self, key: str, name: str) -> None:
        """Give a run a name, or with an empty one none."""
        with self._writing() as connection:
            connection.execute("UPDATE runs SET name = ? WHERE key = ?", [name, key])

    def delete(self, keys: Iterable[str]) -> None:
        """Take rows out of sight, until `restore` or `purge`."""
        self._mark_deleted(keys, True)

    def restore(self, keys: Iterable[str]) -> None:
        """Undo a deletion."""
        self._mark_deleted(keys, False)

    def purge(self) -> None:
        """Remove deleted rows for good."""
        with self._writing() as connection:
            connection.execute("DELETE FROM runs WHERE deleted")

    def merge(self, other: Store) -> int:
        """Store the rows that only `other` has, with their names; returns how many.  What is here stays as it is."""
        theirs = other.listing().texts
        here = {*self.keys(), *self.keys(deleted=True)}
        names = {key: name for key, name in zip(theirs["key"], theirs["name"], strict=True) if key not in here}
        with self._writing() as connection:
            for row in other.rows(names):
                records.put(connection, row, self._measured)
                connection.execute("UPDATE runs SET name = ? WHERE key = ?", [names[row.key], row.key])
        return len(names)

    def _mark_deleted(self, keys: Iterable[str], deleted: bool) -> None:
        with self._writing() as connection:
            connection.executemany("UPDATE runs SET deleted = ? WHERE key = ?", [(deleted, key) for key in keys])

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _told(self.path):
            yield self._connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _told(self.path), _transaction(self._connection):
            yield self._connection


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Errors of SQLite and of the file system as a sentence."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the kind, without its details
        sentence = _SENTENCES.get(code, f"cannot be used as a store ({error})")
        raise StoreFault(f"{path} {sentence}" if code != sqlite3.SQLITE_FULL else f"{path}: {sentence}") from error
    except OSError as error:
        raise StoreFault(f"{path} cannot be opened ({error.strerror}); allowed: {ALLOWED}") from error


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing; waits for its turn to write at the start, where waiting is safe."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite itself has rolled back where the disk is full
            connection.execute("ROLLBACK")
        raise


def _connected(path: Path, read_only: bool) -> sqlite3.Connection:
    log = Path(f"{path}-wal")
    still = not (log.exists() and log.stat().st_size)  # nothing waits to be written into the file itself
    mode = f"ro&immutable={int(still)}" if read_only else "rwc"
    return sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode={mode}",
        uri=True,
        timeout=WAIT,
        isolation_level=None,
        check_same_thread=False,
    )


def _checked(path: Path, connection: sqlite3.Connection) -> None:
    """Refuse what cannot be read as it is: a store of another version."""
    found = schema.version(connection)
    if found != schema.VERSION:
        older = f"is a store of version {found}; open it once where it can be written"
        raise StoreFault(f"{path} {schema.newer(found) if found > schema.VERSION else older}")


def _prepared(path: Path, connection: sqlite3.Connection) -> None:
    """Make a new file a store and bring an older one up to date; refuse a damaged one."""
    connection.execute("PRAGMA foreign_keys = ON")
    if schema.version(connection) > schema.VERSION:
        _checked(path, connection)
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise StoreFault(f"{path} is damaged; allowed: {ALLOWED}")
    with _transaction(connection):
        schema.migrate(connection)
    connection.execute("PRAGMA journal_mode = WAL")  # after the header says whose file it is
    connection.execute("PRAGMA synchronous = NORMAL")  # with WAL a crash of the machine loses the last rows, no more
