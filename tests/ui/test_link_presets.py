"""Presets of the pages of studies: links that open without a notice, each with its reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from occam.studies.spec import StudySpec
from occam.ui import input_penalty_state, step_size_state
from occam.ui.presets import ICONS, LinkPreset, link_presets

Open = Callable[[Mapping[str, str]], tuple[StudySpec, tuple[str, ...]]]


def step_size(link: Mapping[str, str]) -> tuple[StudySpec, tuple[str, ...]]:
    return step_size_state.read(link["tab"], link, step_size_state.TABS[link["tab"]])


def input_penalty(link: Mapping[str, str]) -> tuple[StudySpec, tuple[str, ...]]:
    run, own, chosen, notices = input_penalty_state.read(link)
    return input_penalty_state.State(run=run, own=own, chosen=chosen).spec, notices


PAGES: dict[str, tuple[Open, set[str]]] = {
    "step_size": (step_size, set(step_size_state.TABS)),
    "input_penalty": (input_penalty, set(input_penalty_state.STUDIES)),
}
EACH = [(page, preset) for page in PAGES for preset in link_presets(page).values()]


@pytest.mark.parametrize(("page", "preset"), EACH, ids=[f"{page}-{preset.name}" for page, preset in EACH])
def test_a_preset_opens_and_tells_why(page: str, preset: LinkPreset) -> None:
    _, notices = PAGES[page][0](preset.link)
    assert not notices
    assert preset.why.endswith(".") and len(preset.why) <= 140 and preset.entry.startswith(":material/")


@pytest.mark.parametrize("page", PAGES)
def test_there_are_presets_of_every_tab_and_outcome_and_no_two_alike(page: str) -> None:
    found, (opens, tabs) = list(link_presets(page).values()), PAGES[page]
    assert {preset.link["tab"] for preset in found} == tabs
    assert {preset.outcome for preset in found} == ICONS.keys()
    assert len({opens(preset.link)[0].digest for preset in found}) == len(found)
