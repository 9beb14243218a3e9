"""Files of runs: what leaves the page of runs, and what it takes in."""

from __future__ import annotations

import io
import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from occam.export.record import Record, digest, read_run
from occam.spec import SpecFault
from occam.sweeps.records import StoreFault
from occam.sweeps.row import Row
from occam.sweeps.store import Store
from occam.training.frames import Ending
from occam.ui import exports, runs_kept
from occam.ui.desk import Desk, Look, engine
from occam.ui.runs_state import State, text

LARGEST = {"local": 256, "hosted": 2}  # MB of an imported file
UPLOAD = "runs.upload"


def exports_of(desk: Desk, page: State, keys: list[str], found: pd.DataFrame) -> None:
    """The files of the ticked runs, or of all listed."""
    rows = found.loc[found["key"].isin(keys)] if keys else found
    st.caption(text("export").body)
    _download("csv", "text/csv", lambda: rows.to_csv(index=False))
    _download("parquet", "application/vnd.apache.parquet", lambda: _parquet(rows))
    one = keys[0] if len(keys) == 1 else None
    _download("json", "application/json", lambda: json_of(desk, page, one), disabled=one is None, stem=f"occam-{one}")


def _download(name: str, media: str, content: Callable[[], Any], *, disabled: bool = False, stem: str = "runs") -> None:
    words = text(f"export.{name}")
    st.download_button(
        words.title,
        content,
        file_name=f"{stem}.{name}",
        mime=media,
        key=f"runs.export.{name}",
        help=words.body,
        on_click="ignore",
        icon=":material/download:",
        disabled=disabled,
        width="stretch",
    )


def _parquet(rows: pd.DataFrame) -> bytes:
    written = io.BytesIO()
    rows.to_parquet(written, index=False)
    return written.getvalue()


def json_of(desk: Desk, page: State, key: str | None) -> str:
    """A run as JSON: its record where it has one, else its spec."""
    assert key is not None, "disabled without one"
    if page.list == "store":
        row = runs_kept.reading(lambda store: store.row(key))
        return _record(row).json() if row is not None else ""
    spec = desk.history.opened[key].spec
    entry = runs_kept.entries([spec]).get(key)
    if entry is None or entry.header is None or not entry.frames:
        return spec.model_dump_json(indent=2) + "\n"
    return exports.taken(Look(entry, entry.header, 0)).json()


def _record(row: Row) -> Record:
    """A row of the store as the record of its end; the machine that made it is not kept."""
    mark = row.mark()
    metrics = {name: value for name, value in mark.metrics.items() if name != "step"} if mark is not None else {}
    ending = Ending(row.status, row.reason, row.step, metrics.get("train_loss", math.nan), row.stability)  # pyright: ignore[reportArgumentType]
    step = mark.step if mark is not None else row.step
    return Record(row.spec, row.device, row.dtype, None, step, metrics, digest(row.weights), ending)


def upload(desk: Desk, page: State) -> None:
    """The place for a file to import."""
    words = text("import")
    with st.popover(words.title, icon=":material/upload_file:", key="runs.import"):
        st.caption(words.body)
        st.file_uploader(
            words.title,
            key=f"{UPLOAD}.{page.round}",
            max_upload_size=LARGEST[engine().limits.name],
            label_visibility="collapsed",
            on_change=_uploaded,
            args=(desk, page),
        )


def _uploaded(desk: Desk, page: State) -> None:
    given = st.session_state[f"{UPLOAD}.{page.round}"]
    if given is not None:
        take(desk, page, given.name, given.getvalue())


def take(desk: Desk, page: State, name: str, content: bytes) -> None:
    """Import a file: a run into the session, a store into the viewer's own; or say why not."""
    ending = Path(name).suffix.lower()
    try:
        if content.startswith(b"SQLite format 3\0"):
            if runs_kept.hosted():
                page.done(faults=[text("import.hosted").body])
                return
            page.list = "store"
            page.done(text("imported.store").fill(count=_merged(content)))
        elif ending in (".csv", ".parquet"):
            page.done(faults=[text("import.csv").fill(name=name)])
        elif ending == ".json" or content.lstrip()[:1] == b"{":
            spec, clipped = engine().limits.clip(read_run(content))
            desk.history.add(spec, Path(name).stem)
            page.list = "session"
            page.done(text("imported.run").body, faults=clipped)
        else:
            page.done(faults=[text("import.other").fill(name=name)])
    except SpecFault as fault:
        page.done(faults=[f"{name}: {line}." for line in fault.lines])
    except StoreFault as fault:
        page.done(faults=[f"{name}: {str(fault).partition(' ')[2]}."])


def _merged(content: bytes) -> int:
    """Add the runs of a store to the viewer's own; how many were new."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "imported.sqlite"
        path.write_bytes(content)
        with Store.open(path, create=False) as other:  # a copy, so that an older one may be brought up to date
            return runs_kept.writing(lambda store: store.merge(other))
