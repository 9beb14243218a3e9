"""Sweeps: one text each, every fault in a line, refused exactly where one of its runs would be."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from itertools import islice, pairwise, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from occam.spec import KNOBS, RunSpec, SpecFault
from occam.sweeps.spec import MOST_LEVELS, SweepSpec, read_sweep
from occam.sweeps.vary import FIXED, MOST_RUNS, SEEDS, VARIED
from tests.specs import specs, values

RULED = [
    "data.n_train",
    "training.batch_size",
    "training.max_steps",
    "training.stop_time",
    "training.step_size",
    "data.csv_target",
]
LEVELS = st.lists(st.floats(1e-6, 1e6), max_size=3, unique=True)


def lists(path: str) -> st.SearchStrategy[list[Any]]:
    """Lists of values of one knob that are no two alike."""
    return st.lists(values(KNOBS[path]), min_size=1, max_size=3, unique_by=lambda value: value and str(value))


@st.composite
def varied(draw: st.DrawFn, paths: list[str] = VARIED, most: int = 3) -> dict[str, list[Any]]:
    return {path: draw(lists(path)) for path in draw(st.lists(st.sampled_from(paths), max_size=most, unique=True))}


def read(vary: Mapping[str, Any], **rest: Any) -> SweepSpec:
    return read_sweep(json.dumps({"vary": vary} | rest).encode())


def lines(content: Any) -> list[str]:
    """The sentences with which a sweep is refused."""
    text = content if isinstance(content, str) else json.dumps(content)
    with pytest.raises(SpecFault) as caught:
        read_sweep(text.encode())
    return list(caught.value.lines)


@given(specs(), varied(), LEVELS, LEVELS)
def test_json_round_trip(base: RunSpec, vary: dict[str, list[Any]], losses: list[float], times: list[float]):
    try:
        sweep = SweepSpec(base=base, vary=vary, at_losses=losses, at_times=times)  # type: ignore[arg-type]  as in JSON
    except ValidationError:
        return
    for text in (sweep.canonical_json(), json.dumps(json.loads(sweep.canonical_json()), indent=1)):
        back = read_sweep(text.encode())
        assert (back, back.digest, hash(back)) == (sweep, sweep.digest, hash(sweep))
    assert pickle.loads(pickle.dumps(sweep)) == sweep
    assert (sweep.at_losses, sweep.at_times) == (tuple(sorted(losses)), tuple(sorted(times)))


@given(specs(), varied(RULED, most=4))
def test_refused_exactly_where_one_of_its_runs_would_be(base: RunSpec, vary: dict[str, list[Any]]):
    def valid() -> bool:
        try:
            for combination in product(*vary.values()):
                base.replace(dict(zip(vary, combination, strict=True)))
        except ValidationError:
            return False
        return True

    try:
        sweep = SweepSpec(base=base, vary=vary)  # type: ignore[arg-type]  lists as in JSON
    except ValidationError:
        assert not valid()
    else:
        assert valid() and len({run.digest for run in sweep.specs()}) == sweep.count


def test_all_settings_come_with_the_first_seeds_then_all_with_the_next():
    vary = {"training.step_size": [0.1, 0.2], "training.seed": [5], "model.seed": [3, 1], "model.width": [4, 8]}
    sweep = read(vary)
    assert list(sweep.vary) == ["model.seed", "training.seed", "model.width", "training.step_size"]
    assert (sweep.count, sweep.seeds, sweep.knobs) == (
        8, ("model.seed", "training.seed"), ("model.width", "training.step_size"),
    )  # fmt: skip
    runs = list(sweep.specs())
    assert [run.model.seed for run in runs] == [3] * 4 + [1] * 4
    assert {(run.model.width, run.training.step_size) for run in runs[:4]} == {(4, 0.1), (4, 0.2), (8, 0.1), (8, 0.2)}
    assert [sweep.nth(place) for place in range(sweep.count)] == runs
    assert read(dict(reversed(vary.items()))) == sweep
    assert list(SweepSpec().specs()) == [RunSpec()]


@pytest.mark.parametrize(
    ("path", "span", "expected"),
    [
        ("training.step_size", {"from": 0.01, "to": 1, "count": 3, "scale": "log"}, (0.01, 0.1, 1.0)),
        ("model.gain", {"from": 1, "to": 2, "count": 4, "scale": "log"}, (1.0, 1.25992, 1.5874, 2.0)),
        ("training.momentum", {"from": 0, "to": 0.9, "count": 4}, (0.0, 0.3, 0.6, 0.9)),
        ("training.momentum", {"from": 0.9, "to": 0, "count": 2, "scale": "linear"}, (0.9, 0.0)),
        ("model.width", {"from": 4, "to": 64, "count": 5, "scale": "log"}, (4, 8, 16, 32, 64)),
        ("model.depth", {"from": 0, "to": 2, "count": 999_999}, (0, 1, 2)),
        ("training.batch_size", {"from": 1, "to": 1, "count": 3}, (1,)),
    ],
)  # fmt: skip
def test_ranges_are_expanded(path: str, span: dict[str, Any], expected: tuple[float, ...]):
    read_values = read({path: span}).vary[path]
    assert read_values == expected and {type(value) for value in read_values} == {KNOBS[path].kind}


@given(st.floats(1e-3, 10), st.floats(1e-3, 10), st.integers(2, 60), st.sampled_from(["linear", "log"]))
def test_a_range_keeps_its_ends_and_its_order(low: float, high: float, count: int, scale: str):
    span = {"from": low, "to": high, "count": count, "scale": scale}
    found: Any = read({"training.step_size": span}).vary["training.step_size"]
    assert (found[0], found[-1]) == (low, high) and len(found) <= count
    assert all((one < other) == (low < high) for one, other in pairwise(found))


def test_several_faults_are_told_at_once():
    faults = lines(
        {
            "base": {"model": {"depth": 9}, "training": {"rate": 1}},
            "vary": {"training.step_size": [0, -1, 0.1], "model.seeds": [1], "record_every": [1], "model.width": []},
            "at_losses": [-1, "a"],
            "more": 1,
        }
    )
    starts = [
        "base.model.depth: 9; allowed: a whole number at least 0 and at most 8",
        "base.training.rate: 1; allowed: no such field",
        "vary.model.seeds: […]; allowed: no such knob; the nearest are model.seed",
        "vary.record_every: […]; allowed: not varied: set it in base",
        "vary.model.width: []; allowed: at least one value",
        "vary.training.step_size: 0; allowed: a number above 0 and at most 100",
        "vary.training.step_size: -1; allowed: a number above 0 and at most 100",
        "at_losses: -1; allowed: a number at least 0 and at most 1000000",
        'at_losses: "a"; allowed: a number at least 0 and at most 1000000',
        "more: 1; allowed: no such field, only base, vary, at_losses, at_times",
    ]
    assert all(line.startswith(start) for line, start in zip(faults, starts, strict=True))


@pytest.mark.parametrize(
    ("tree", "line"),
    [
        ([], "sweep: […]; allowed: an object with base, vary, at_losses, at_times"),
        ({"base": 3}, "base: 3; allowed: an object"),
        ({"vary": [1]}, "vary: […]; allowed: an object of knob paths"),
        ({"vary": {"model.seed": [1, 2, 1]}}, "vary.model.seed: 1; allowed: each value once"),
        ({"vary": {"training.momentum": [0, -0.0]}}, "vary.training.momentum: 0.0; allowed: each value once"),
        ({"vary": {"model.seed": [True]}}, "vary.model.seed: true; allowed: a whole number"),
        ({"vary": {"model.width": [2.0]}}, "vary.model.width: 2.0; allowed: a whole number at least 1"),
        ({"vary": {"model.width": [None]}}, "vary.model.width: null; allowed: a whole number at least 1"),
        ({"vary": {"model.activation": ["relu", "swish"]}}, 'vary.model.activation: "swish"; allowed: one of tanh'),
        ({"vary": {"model.activation": {"from": 1, "to": 2, "count": 2}}}, "vary.model.activation: {…}; allowed: a"),
        ({"vary": {"data.csv_sha256": ["0" * 64]}}, "vary.data.csv_sha256: […]; allowed: not varied: set it in base"),
        ({"vary": {"data.moved": ["0:0:0"]}}, "vary.data.moved: […]; allowed: not varied: set it in base; samples are"),
        ({"vary": {"model.seed": {"from": 0, "to": 9}}}, "vary.model.seed.count: null; allowed: a whole number"),
        ({"vary": {"model.seed": {"from": 0, "to": "9", "count": 2}}}, 'vary.model.seed.to: "9"; allowed: a number'),
        ({"vary": {"model.gain": {"from": 0, "to": 1, "count": 3, "scale": "log"}}}, "vary.model.gain.from: 0; allo"),
        ({"vary": {"model.gain": {"from": 1, "to": 2, "count": 3, "scale": []}}}, "vary.model.gain.scale: […]; a"),
        ({"vary": {"model.gain": {"from": 1, "to": 2, "count": 3, "by": 1}}}, "vary.model.gain.by: 1; allowed: no"),
        ({"vary": {"model.gain": {"from": 1, "to": 1e200, "count": 2}}}, "vary.model.gain: 1e+200; allowed: a n"),
        ({"vary": {"training.batch_size": [100, 300]}}, "training.batch_size: 300; allowed: at most data.n_train ="),
        ({"vary": {"training.max_steps": [1, 10**6]}}, "record_every: 20; allowed: at least 100 for 1000000 steps"),
        ({"vary": {"data.dataset": ["moons", "csv"]}}, "data.csv_sha256: null; allowed: a text with dataset 'csv'"),
        ({"at_times": [0]}, "at_times: 0; allowed: a number above 0 and at most 1000000"),
        ({"at_losses": 0.1}, "at_losses: 0.1; allowed: a list of levels"),
        ({"at_losses": [1, 1.0]}, "at_losses: 1.0; allowed: each level once"),
        ({"at_times": list(range(1, 18))}, f"at_times: 17 levels; allowed: at most {MOST_LEVELS}"),
        ('{"vary": {"model.seed": [NaN]}}', "spec: not valid JSON (NaN is no number)"),
        ('{"vary": {"model.seed": [1], "model.seed": [2]}}', "model.seed: given twice in one object; allowed: once"),
        ('{"vary":' * 100_000, "spec: nested too deeply"),
        (" " * 2**20 + "{}", "spec: 1048578 bytes; allowed: at most 1048576"),
    ],
)  # fmt: skip
def test_a_fault_is_told_in_a_line(tree: Any, line: str):
    assert lines(tree)[0].startswith(line)


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_a_billion_runs_are_refused_before_any_is_made(scale: str):
    wide = {"from": 1, "to": 10**9, "count": 10**6, "scale": scale}
    assert lines({"vary": {"model.seed": wide, "data.seed": {"from": 0, "to": 999, "count": 1000}}}) == [
        f"vary: 1000000000 runs; allowed: at most {MOST_RUNS}"
    ]
    many = lines({"vary": {"model.width": [-1] * 100_000}})
    assert len(many) == 6 and many[-1].startswith("vary.model.width: 99995 more values; allowed:")


def test_a_million_runs_are_made_one_by_one():
    hundred = {"from": 0, "to": 99, "count": 100}
    sweep = read({seed: hundred for seed in SEEDS})
    assert sweep.count == MOST_RUNS
    assert [spec.training.seed for spec in islice(sweep.specs(), 3)] == [0, 1, 2]
    assert sweep.nth(MOST_RUNS - 1).value("data.seed") == 99


def test_an_own_file_in_the_base():
    data = {"dataset": "csv", "csv_sha256": "0" * 64, "csv_target": "y"}
    sweep = read({"data.csv_target": ["y", "z"]}, base={"data": data})
    assert [spec.data.csv_target for spec in sweep.specs()] == ["y", "z"]


def test_the_schema_describes_every_knob_that_may_vary():
    vary = SweepSpec.model_json_schema()["properties"]["vary"]
    assert set(vary["properties"]) == KNOBS.keys() - FIXED.keys()
    alternatives = vary["properties"]["training.step_size"]["anyOf"]
    assert alternatives[0]["items"]["exclusiveMinimum"] == 0.0 and alternatives[1]["required"] == [
        "from",
        "to",
        "count",
    ]
    assert vary["properties"]["model.activation"]["items"]["enum"][0] == "tanh"
