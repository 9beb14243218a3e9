import dataclasses

import numpy as np
import pytest

from occam.studies import study
from occam.studies.kinds.one_dimension import (
    CURVE,
    PRESETS,
    CurveArms,
    Ground,
    LinearControl,
    SeedArm,
    StableEnds,
    few_points,
    own_arms,
    ten_points,
)
from occam.studies.kinds.one_dimension_verdicts import linear, stable
from occam.training.run import train

SMALL = own_arms(CURVE).replace({"data.n_test": 5, "model.width": 8, "training.stop_loss": 0.1})


def arms(spec: CurveArms) -> list[SeedArm]:
    found = list(study.results(spec))
    assert isinstance(found[0], Ground)
    return found[1:]


def test_each_arm_is_the_run_alone_with_gamma_set_by_its_own_sharpness():
    found = arms(CurveArms(run=SMALL, stabilities=(0.5, 1.5), seeds=2, first_seed=7))
    assert {(one.seed, one.arm) for one in found} == {(7, 0), (7, 1), (8, 0), (8, 1)}
    for one in found:
        assert one.status == "reached" and one.loss <= 0.1
        assert one.stability == pytest.approx((0.5, 1.5)[one.arm], rel=1e-3)
        assert 0 <= one.excess <= one.arc and one.polyline <= one.arc
        alone = train(SMALL.replace({"model.seed": one.seed, "training.step_size": one.step_size}), device="cpu")
        assert alone.ending is not None and alone.ending.step == one.step
        last = alone.frames[-1]
        assert last.metrics["sharpness"] == one.sharpness
        assert last.metrics["dirichlet_energy"] == pytest.approx(one.energy, rel=0.01)
        assert np.interp(np.linspace(0, 160, 256), np.arange(161), one.values) == pytest.approx(last.values, abs=0.01)


def test_arms_that_diverge_or_run_short_are_told():
    short, wild = SMALL.replace({"training.max_steps": 2}), SMALL.replace({"model.activation": "identity"})
    assert {one.status for one in arms(CurveArms(run=short, stabilities=(0.1, 0.2), seeds=1))} == {"short"}
    assert "diverged" in {one.status for one in arms(CurveArms(run=wild, stabilities=(0.5, 9.0), seeds=1))}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"training.stop_loss": None}, "equal training loss"),
        ({"data.dataset": "moons"}, "about a curve"),
        ({"model.gain": 1e-9, "model.activation": "relu", "model.depth": 8}, None),
    ],
    ids=str,
)
def test_what_cannot_be_compared_is_refused_in_a_sentence(changes: dict, message: str | None):
    spec = CurveArms(run=SMALL.replace(changes | {"training.max_steps": 2}), stabilities=(0.5, 1.0), seeds=1)
    if message is None:  # nearly zero weights still have the curvature of the output's bias
        assert len(arms(spec)) == 2
        return
    with pytest.raises(ValueError, match=message):
        list(study.results(spec))


def test_the_linear_control_ends_at_one_energy_whatever_step_and_batch():
    points = list(study.results(LinearControl(run=ten_points(CURVE), steps=20_000)))
    assert linear(points).name == "linear.same"
    assert points[0].step == 0 and not points[0].energies.any()
    assert points[-1].batch_sizes.tolist() == [0, 0, 0, 0, 1, 2]
    assert linear(points[:5]).name == "linear.unsettled"


def test_one_sample_and_too_few_features():
    one = CURVE.replace({"data.n_train": 1})
    assert list(study.results(LinearControl(run=ten_points(one), steps=200)))[-1].batch_sizes.tolist() == [0] * 4 + [1]
    with pytest.raises(ValueError, match="features: 3"):
        list(study.results(LinearControl(features=3)))


def test_stable_minima_obey_the_chain():
    run = few_points(CURVE)
    ends = list(study.results(StableEnds(run=run.replace({"model.seed": 1}), stabilities=(1.7, 1.9), seeds=1)))
    assert len(ends) == 2 and stable(ends).name == "stable.holds"
    assert all(end.limit == 2 * 5 / end.step_size and end.stability <= 2.02 for end in ends)
    with pytest.raises(ValueError, match="whole Hessian"):
        list(study.results(StableEnds(run=run.replace({"model.width": 64}))))


def test_the_presets_are_what_their_names_say():
    assert max(PRESETS["null"].stabilities) < 2 and max(PRESETS["counter"].stabilities) < 2
    assert PRESETS["null"].run == PRESETS["regime"].run
    assert dataclasses.is_dataclass(SeedArm) and PRESETS["over_scaled"].run.model.gain == 2
    assert own_arms(CURVE.replace({"training.stop_loss": 0.5})).training.stop_loss == 0.5
