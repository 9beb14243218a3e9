from __future__ import annotations

import pytest

from occam.spec import RunSpec
from occam.ui.controls import idle, settle
from occam.ui.text import section


@pytest.mark.parametrize(
    ("path", "works", "does_nothing"),
    [
        ("model.width", {}, {"model.depth": 0}),
        ("model.activation", {}, {"model.depth": 0}),
        ("data.noise", {"data.dataset": "sine"}, {"data.dataset": "digits"}),
        ("training.sampling", {"training.batch_size": 8}, {}),
        ("training.seed", {"training.batch_size": 8}, {}),
        ("training.perturbation_size", {"training.perturbation": "unit"}, {}),
        ("training.step_size", {"model.depth": 0}, None),
    ],
)
def test_a_knob_is_idle_exactly_where_it_does_nothing(path: str, works: dict, does_nothing: dict | None) -> None:
    assert idle(path, RunSpec().replace(works)) is None
    if does_nothing is not None:
        reason = idle(path, RunSpec().replace(does_nothing))
        assert reason and section(reason).body.startswith("Has no effect now")


def test_what_fits_is_taken_as_it_is() -> None:
    spec, notices = settle(RunSpec(), {"training.step_size": 0.1 + 0.2, "training.stop_loss": None})
    assert spec.training.step_size == 0.1 + 0.2
    assert notices == ()


def test_what_does_not_fit_is_settled_exactly_and_said() -> None:
    spec = RunSpec().replace({"training.batch_size": 64, "training.step_size": 1 / 3})
    settled, notices = settle(spec, {"data.n_train": 10})
    assert settled == spec.replace({"data.n_train": 10, "training.batch_size": 10})
    assert len(notices) == 1 and "Batch size" in notices[0]


def test_too_many_records_are_thinned() -> None:
    settled, notices = settle(RunSpec(), {"training.max_steps": 1_000_000, "record_every": 1})
    assert settled.record_every == 100 and settled.training.max_steps == 1_000_000
    assert notices
