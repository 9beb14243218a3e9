"""Pages are reached through app.py, whatever address came first."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager


def only_by_navigation() -> None:
    """Switch off Streamlit's pages directory mode and start over, if a fresh process is still in it.

    A folder `pages/` beside app.py puts a fresh process into that mode, and a first visit by a deep link would run the
    page's file without the router.  `PagesManager.uses_pages_directory` is an internal of the pinned Streamlit range;
    a test asserts that it exists.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()
