"""What leaves a page, behind one button: its link, the run and its numbers, code that makes it again, its pictures.

Files are made when they are asked for: a page that nobody exports pays for a few buttons.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from occam.export.code import notebook, script
from occam.export.record import Record, machine, read_run, record
from occam.export.tables import BOUND_COLUMNS, bound_rows, csv_text, metric_rows
from occam.glossary import METRICS
from occam.model_file import Model, write_npz
from occam.spec import SpecFault
from occam.studies.defaults import RUNS
from occam.ui import pictures, player
from occam.ui.desk import Desk, Look
from occam.ui.text import section

FILE = "export"
OPENED, PASTED = "export.opened", "export.pasted"

Files = Mapping[str, tuple[Callable[[Look], str | bytes], str, str, str]]
FILES: Files = {  # name of its text → what it holds, ending, media type, sign
    "run": (lambda look: taken(look).json(), "json", "application/json", ":material/data_object:"),
    "metrics": (lambda look: csv_text(METRICS, metric_rows(look.frames)), "csv", "text/csv", ":material/table:"),
    "bounds": (lambda look: csv_text(BOUND_COLUMNS, bound_rows(look.frames)), "csv", "text/csv", ":material/table:"),
    "weights": (lambda look: weights(look), "npz", "application/octet-stream", ":material/hub:"),
    "script": (lambda look: script(taken(look)), "py", "text/x-python", ":material/terminal:"),
    "notebook": (lambda look: notebook(taken(look)), "ipynb", "application/x-ipynb+json", ":material/book_2:"),
}


def taken(look: Look) -> Record:
    """The last record of the run on screen; a run of the gallery was computed on a machine that nobody knows."""
    here = look.entry.spec not in RUNS.values()
    return record(look.header, look.frames[:], look.entry.ending, machine() if here else None)


def weights(look: Look) -> bytes:
    """The weights on screen, as the page of imported models reads them."""
    sizes = look.header.sizes
    return write_npz(Model(sizes, (True,) * (len(sizes) - 1), look.frame.params))


def of_run(desk: Desk, query: Mapping[str, str]) -> None:
    """The button of a page that shows a run: everything."""
    words = section("export", FILE)
    with st.popover(words.title, icon=":material/ios_share:", key="export"):
        _link(query)
        if desk.look is not None and desk.fresh:
            st.markdown(f"**{section('files', FILE).title}**", help=section("files", FILE).body)
            with st.container(horizontal=True, gap="xsmall"):
                for name in FILES:
                    _file(desk, name)
        else:
            st.caption(section("waiting", FILE).body)
        _pictures()
        _open(desk)


def of_page(query: Mapping[str, str]) -> None:
    """The button of a page without a run of its own: its link and its pictures."""
    with st.popover(section("export", FILE).title, icon=":material/ios_share:", key="export"):
        _link(query)
        _pictures()
        st.caption(section("tables", FILE).body)


def link(query: Mapping[str, str]) -> str:
    """The full address, at the place where this app is reached."""
    here = urlsplit(st.context.url or "")
    return urlunsplit((here.scheme, here.netloc, here.path or "/", urlencode(query), ""))


def _link(query: Mapping[str, str]) -> None:
    words = section("link", FILE)
    st.markdown(f"**{words.title}**", help=words.body)
    st.code(link(query), language=None, wrap_lines=True, height=110)


def _file(desk: Desk, name: str) -> None:
    make, ending, media, icon = FILES[name]
    words = section(f"file.{name}", FILE)

    def content() -> str | bytes:
        return make(desk.look) if desk.look is not None else ""

    stem = f"occam-{desk.spec.digest}"
    file_name = f"{stem}-{name}.{ending}" if ending == "csv" else f"{stem}.{ending}"
    st.download_button(
        words.title, content, file_name=file_name, mime=media, key=f"export.{name}", on_click="ignore", icon=icon,
        help=words.body,
    )  # fmt: skip


def _pictures() -> None:
    words = section("pictures", FILE)
    st.markdown(f"**{words.title}**", help=words.body)
    pictures.draw()


def _open(desk: Desk) -> None:
    words = section("open", FILE)
    st.markdown(f"**{words.title}**", help=words.body)
    st.file_uploader(
        words.title, type="json", key=OPENED, label_visibility="collapsed", on_change=_uploaded, args=(desk,)
    )
    pasted = section("paste", FILE)
    st.text_input(pasted.title, key=PASTED, on_change=_pasted, args=(desk,), placeholder=pasted.body)


def _uploaded(desk: Desk) -> None:
    upload = st.session_state[OPENED]
    if upload is not None:
        turn(desk, upload.getvalue())


def _pasted(desk: Desk) -> None:
    text = st.session_state[PASTED]
    if text.strip():
        st.session_state[PASTED] = ""
        turn(desk, text.encode("utf-8", "replace"))


def turn(desk: Desk, content: bytes) -> None:
    """Turn to the run in a JSON text, or say what is wrong with it; for a callback."""
    try:
        player.turn(desk, read_run(content))
    except SpecFault as fault:
        desk.notices = tuple(f"{section('open', FILE).title}: {line}." for line in fault.lines)
