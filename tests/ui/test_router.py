from __future__ import annotations

import pytest
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from occam.ui.router import only_by_navigation


@pytest.fixture
def reruns(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    seen: list[bool] = []
    monkeypatch.setattr(st, "rerun", lambda: seen.append(True))
    return seen


def test_a_process_in_directory_mode_starts_over_with_the_router(
    monkeypatch: pytest.MonkeyPatch, reruns: list[bool]
) -> None:
    monkeypatch.setattr(PagesManager, "uses_pages_directory", True)
    only_by_navigation()
    assert reruns == [True]
    assert PagesManager.uses_pages_directory is False
    only_by_navigation()
    assert reruns == [True]


def test_the_internal_that_the_guard_needs_is_there() -> None:
    assert "uses_pages_directory" in vars(PagesManager)
