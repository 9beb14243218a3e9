"""The viewer's own CSV file: choose it, check it, say which column is to be predicted."""

from __future__ import annotations

import hashlib
from typing import Any

import streamlit as st

from occam.datasets import CsvFault, parse_csv
from occam.spec import DataSpec
from occam.ui.desk import Desk
from occam.ui.text import section

FILE, TARGET, INSTEAD = "own.file", "own.target", "own.instead"


def choose(desk: Desk, held: DataSpec | None = None) -> dict[str, Any] | None:
    """Draw the controls; the knobs that name file and column, or None while there is nothing to train on yet.

    `held`: the data that the page is about, by default those of the desk's run.
    """
    held = desk.spec.data if held is None else held
    words = section("own.file")
    upload = st.file_uploader(words.title, type="csv", key=FILE, help=words.body)
    asked = held.csv_sha256
    if upload is not None and not _take(desk, upload.getvalue(), asked):
        return None
    if desk.table is None:
        if asked is not None:
            st.info(section("own.asked").fill(start=asked[:8]))
        return None
    targets = desk.table.targets
    wanted = held.csv_target
    if st.session_state.get(TARGET) not in targets:
        st.session_state[TARGET] = wanted if wanted in targets else targets[-1]
    column = st.selectbox(section(TARGET).title, targets, key=TARGET, help=section(TARGET).body)
    return {"data.csv_sha256": desk.table.digest, "data.csv_target": column}


def _take(desk: Desk, content: bytes, asked: str | None) -> bool:
    """Whether the desk now holds the table in `content`; if not, the reason is on screen."""
    digest = hashlib.sha256(content).hexdigest()
    if desk.table is not None and desk.table.digest == digest:
        return True
    if asked is not None and desk.table is None and digest != asked:
        st.error(section("own.other").fill(start=asked[:8], got=digest[:8]))
        if not st.toggle(section(INSTEAD).title, key=INSTEAD):
            return False
    try:
        table = parse_csv(content)
        for target in table.targets[-1:]:
            table.problem(target)
    except CsvFault as fault:
        st.error(str(fault))
        return False
    desk.csv, desk.table = content, table
    return True
