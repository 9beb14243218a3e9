"""Links: every spec survives one exactly, and any link at all gives a valid spec and says what it changed."""

from __future__ import annotations

import math
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from occam.link import (
    HIDE,
    VERSION,
    Params,
    from_difference,
    from_query,
    hidden_text,
    read_hidden,
    to_difference,
    to_query,
    to_text,
)
from occam.spec import KNOBS, RunSpec
from tests.specs import specs

TEXTS = (
    st.text()
    | st.integers().map(str)
    | st.floats().map(str)
    | st.sampled_from(
        ["none", "", " 3 ", "1e999", "-inf", "nan", "0x10", "1_000", "٣", "2.5", "0" * 5000 + "5", "9" * 5000]
    )
)
NAMES = st.sampled_from([VERSION, *(knob.query for knob in KNOBS.values())]) | st.text()
FULL = to_query(RunSpec())


@given(specs())
def test_a_link_brings_back_the_very_spec(spec: RunSpec):
    query = to_query(spec)
    assert set(query) == {VERSION, *(knob.query for knob in KNOBS.values())}
    arrived = dict(parse_qsl(urlencode(query), keep_blank_values=True, strict_parsing=True))
    assert from_query(arrived) == (spec, ())
    assert from_query(arrived)[0].digest == spec.digest


@given(st.dictionaries(NAMES, TEXTS))
@example({"stop_time": "1e6", "step_size": "5e-324"})
@example({"dataset": "csv", "csv_target": "\ud800", "csv_sha256": "0" * 64})
@example({"record_every": "1", "max_steps": "1000000"})
@example({"batch_size": "500", "n_train": "300"})
def test_any_link_gives_a_valid_spec_and_says_what_it_changed(params: dict[str, str]):
    spec, notices = from_query(params)
    assert RunSpec.model_validate(spec.model_dump()) == spec
    assert all(notice.endswith(".") and len(notice) < 400 for notice in notices)
    assert from_query(params) == (spec, notices)
    assert from_query(to_query(spec)) == (spec, ())
    if not notices:
        for knob in KNOBS.values():
            text, value = params.get(knob.query), spec.value(knob.path)
            same = text is None or text == to_text(value, knob) or _number(text) == value
            assert same if text is not None else value == knob.default


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


@given(specs())
def test_a_part_of_a_link_leaves_the_rest_at_its_default(spec: RunSpec):
    only = {
        knob.query: to_text(spec.value(knob.path), knob) for knob in KNOBS.values() if knob.path.startswith("model.")
    }
    assert from_query(only) == (RunSpec().replace({"model": spec.model.model_dump()}), ())


@pytest.mark.parametrize(
    ("params", "path", "value", "said"),
    [
        ({"n_train": "0"}, "data.n_train", 1, "Training samples: “0” is not allowed"),
        ({"n_train": "1e9"}, "data.n_train", 10_000, "using 10000."),
        ({"depth": "2.6"}, "model.depth", 3, "using 3."),
        ({"depth": "deep"}, "model.depth", 3, "“deep” is not allowed (a whole number at least 0 and at most 8)"),
        ({"depth": "0" * 5000 + "5"}, "model.depth", 5, ""),
        ({"width": " 8.0"}, "model.width", 8, ""),
        ({"step_size": "0"}, "training.step_size", 1e-3, "using 0.001."),
        ({"step_size": "nan"}, "training.step_size", 0.1, "using 0.1."),
        ({"step_size": "-inf"}, "training.step_size", 1e-3, "using 0.001."),
        ({"momentum": "1"}, "training.momentum", 0.999, "using 0.999."),
        ({"momentum": "0.9999"}, "training.momentum", 0.9999, ""),
        ({"noise": "-0"}, "data.noise", 0.0, ""),
        ({"dataset": "spirals"}, "data.dataset", "spiral", "using spiral."),
        ({"dataset": "?"}, "data.dataset", "moons", "using moons."),
        ({"activation": "Tanh"}, "model.activation", "tanh", "using tanh."),
        ({"perturbation": "none"}, "training.perturbation", "none", ""),
        ({"perturbation": "off"}, "training.perturbation", "none", "using none."),
        ({"batch_size": "201"}, "training.batch_size", 200, "Batch size: 201 exceeds the 200 training samples"),
        ({"batch_size": "", "n_train": "9"}, "training.batch_size", None, "using none."),
        ({"max_steps": "1000000"}, "record_every", 100, "using 100."),
        ({"stop_loss": "-1"}, "training.stop_loss", 0.0, "using 0.0."),
        ({"dataset": "csv"}, "data.dataset", "moons", "does not name an own file"),
        ({"dataset": "iris", "csv_target": "y"}, "data.csv_target", None, "showing iris."),
        ({"dataset": "csv", "csv_target": "y", "csv_sha256": "F" * 64}, "data.csv_sha256", None, "showing moons."),
        ({"dataset": "sine", "moved": "7:1:0,3:-0.25:.4"}, "data.moved", None, "using none."),
        ({"dataset": "sine", "moved": "7:1:0,3:-0.25:4"}, "data.moved", "3:-0.25:4,7:1:0", ""),
        (
            {"dataset": "sine", "moved": "7:1:0,3:-0.25:4", "n_train": "5"},
            "data.moved",
            "3:-0.25:4",
            "1 of 2 are not on",
        ),
        ({"dataset": "step", "moved": "7:1.5:0"}, "data.moved", None, "1 of 1 are not on step"),
        ({"moved": "7:1:0"}, "data.moved", None, "1 of 1 are not on moons with 200 samples"),
        ({"lr": "3"}, "training.step_size", 0.1, "lr: not a setting; ignored."),
        ({"v": "2"}, "training.step_size", 0.1, "v = 2: this app reads links of version 1"),
    ],
)
def test_the_nearest_valid_setting_and_one_notice(params: dict[str, str], path: str, value: object, said: str):
    spec, notices = from_query(params)
    assert spec.value(path) == value
    assert len(notices) == bool(said)
    assert said in "".join(notices)


def test_what_belongs_to_the_page_is_left_to_it():
    assert from_query(FULL | {"at": "40", "metric": "x"}, also={"at", "metric"}) == (RunSpec(), ())
    assert len(from_query(FULL | {"at": "40"})[1]) == 1


def test_long_nonsense_is_cut():
    _, notices = from_query({"x" * 999: "1", "depth": "y" * 999, "v": "z" * 999})
    assert len(notices) == 3 and all(len(notice) < 140 for notice in notices)


@pytest.mark.parametrize("name", ["none", "~none", "~~none", "~", "", "None", " none"])
def test_a_column_may_have_any_name(name: str):
    spec = RunSpec().replace({"data.dataset": "csv", "data.csv_sha256": "0" * 64, "data.csv_target": name})
    assert from_query(to_query(spec)) == (spec, ())


@given(specs(), specs())
def test_a_difference_brings_back_the_very_spec(spec: RunSpec, base: RunSpec):
    text = to_difference(spec, base)
    assert from_difference(text, base) == (spec, ())
    assert bool(text) == (spec != base)


def test_a_difference_is_short_and_a_bad_one_gives_the_nearest():
    base = RunSpec()
    other = base.replace({"training.step_size": 0.5, "model.depth": 1})
    assert to_difference(other, base) == "depth:1,step_size:0.5"
    spec, notices = from_difference("step_size:1e9,colour:red,,depth:1,width", base)
    assert spec.training.step_size == 100.0 and spec.model.depth == 1 and len(notices) == 3


@given(st.text())
def test_any_text_is_a_difference(text: str):
    spec, _ = from_difference(text, RunSpec())
    assert spec == RunSpec.model_validate(spec.model_dump())


def _from_version_0(params: Params) -> Params:
    """As if version 0 had called the step size "lr" and counted the layers of weights."""
    names = {"lr": "step_size", "layers": "depth"}
    return {names.get(name, name): str(int(v) - 1) if name == "layers" else v for name, v in params.items()}


def test_an_older_link_is_migrated():
    old = {VERSION: "0", "lr": "0.3", "layers": "3", "width": "7"}
    wanted = RunSpec().replace({"training.step_size": 0.3, "model.depth": 2, "model.width": 7})
    assert from_query(old, migrations={0: _from_version_0}) == (wanted, ())


def test_an_older_link_that_nobody_can_read_is_refused_in_a_sentence():
    spec, notices = from_query({VERSION: "0", "lr": "0.3", "width": "7"})
    assert spec == RunSpec()
    assert len(notices) == 1 and "older Occam" in notices[0] and notices[0].endswith("showing the default run.")


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("model.depth,training.momentum", {"model.depth", "training.momentum"}),
        ("record_every", {"record_every"}),
        ("model", {path for path in KNOBS if path.startswith("model.")}),
        ("", set()),
    ],
)
def test_a_link_may_hide_knobs(text: str, paths: set[str]):
    assert read_hidden(text) == (frozenset(paths), ())
    assert hidden_text(paths) == text


def test_unknown_knobs_are_not_hidden_and_told():
    hidden, notices = read_hidden("model.depth,lr," + "x" * 99)
    assert hidden == {"model.depth"}
    assert len(notices) == 1 and notices[0].startswith(f"{HIDE}: lr, xxx") and len(notices[0]) < 140


@given(st.sets(st.sampled_from(sorted(KNOBS))))
def test_hidden_knobs_survive_a_link(paths: set[str]):
    assert read_hidden(hidden_text(paths)) == (frozenset(paths), ())
