"""The studies of the input penalty on small networks: what they yield, and what they do at the edges."""

from __future__ import annotations

import numpy as np
import pytest

from occam.spec import RunSpec
from occam.studies.input_penalty_runs import sigma
from occam.studies.kinds.input_penalty import (
    ARMS,
    PAIRED,
    Angle,
    ArmResult,
    Attacked,
    Distance,
    EqualLoss,
    FirstOrder,
    FourArms,
    Margins,
    Order,
    PairedSeeds,
    PenaltyAngles,
    Pull,
    Robustness,
    SeedPair,
    arm,
)
from occam.studies.spec import StudySpec
from occam.studies.study import results

SMALL = RunSpec().replace(
    {
        "data.n_train": 24,
        "data.n_test": 30,
        "data.noise": 0.3,
        "model.depth": 2,
        "model.width": 6,
        "training.step_size": 0.2,
        "training.max_steps": 40,
        "training.input_penalty": 0.1,
    }
)
EDGES = {
    "no penalty": {"training.input_penalty": 0.0},
    "linear": {"model.depth": 0},
    "eight layers of one": {"model.depth": 8, "model.width": 1},
    "one sample": {"data.n_train": 1},
    "dead": {"model.activation": "relu", "model.width": 1, "model.depth": 4, "model.gain": 1e-6},
    "diverging": {"training.step_size": 100.0},
    "curve": {"data.dataset": "sine"},
    "many inputs": {"data.dataset": "digits"},
    "mini-batches": {"training.batch_size": 5, "record_every": 5},
    "no steps": {"training.max_steps": 0},
}
SPECS: dict[str, StudySpec] = {
    "arms": FourArms(run=SMALL),
    "orders": FirstOrder(run=SMALL, steps=10, halvings=3),
    "attacks": Robustness(run=SMALL, points=3),
    "angles": PenaltyAngles(run=SMALL, records=3),
    "seeds": PairedSeeds(run=SMALL, seeds=2),
}


def of(kind, found):
    return [item for item in found if isinstance(item, kind)]


def test_arms_differ_in_one_knob_and_start_alike():
    runs = [arm(SMALL, name, sigma=0.3) for name in ARMS]
    plain = {"training.input_penalty": 0.0, "training.perturbation": "none", "training.perturbation_size": 0.0}
    assert len({run.replace(plain).digest for run in runs}) == 1
    assert [run.training.input_penalty for run in runs] == [0.0, 0.1, 0.0, 0.0]
    assert [run.training.perturbation for run in runs] == ["none", "none", "gradient", "noise"]
    assert runs[2].training.perturbation_size == pytest.approx(0.2)
    assert arm(SMALL, "noise", sigma=float("nan")).training.perturbation == "none"


def test_the_four_arms_are_compared_at_equal_time_and_at_equal_loss():
    found = list(results(FourArms(run=SMALL)))
    arms, equal = of(ArmResult, found), of(EqualLoss, found)
    assert [a.name for a in arms] == [e.name for e in equal] == list(ARMS)
    assert {a.frame.step for a in arms} == {40}
    target = max(a.frame.metrics["train_loss"] for a in arms)
    for each, end in zip(equal, arms, strict=True):
        assert each.target == target and each.frame is not None
        assert each.frame.metrics["train_loss"] <= target
        assert each.frame.step <= 40 and (each.frame.step == 40) == (end.frame.metrics["train_loss"] == target)
    assert arms[3].match > 0 and np.isnan(arms[0].match)


def test_noise_of_matching_strength_is_root_two_epsilon_for_unsure_logits():
    """At p ≈ ½ tr(Jᵀℓ''J) = p(1 − p)‖∇f‖² ≈ (p − y)²‖∇f‖² = ‖∇_xℓ‖², so that σ² = 2ε."""
    from occam.datasets import load

    run = SMALL.replace({"model.gain": 0.01})
    assert sigma(run, load(run.data)) == pytest.approx(np.sqrt(0.2), rel=1e-3)


def test_orders_and_distances_are_those_of_the_theory():
    found = list(results(FirstOrder(run=SMALL, steps=20)))
    slopes = {order.kind: order.slope for order in of(Order, found)}
    assert slopes == pytest.approx({"gradient": 2, "unit": 2, "sign": 2, "noise": 4, "noise_rough": 2}, abs=0.15)
    apart = {distance.pair: distance.slope for distance in of(Distance, found)}
    assert apart == pytest.approx({"none": 1, "same": 1, "double": 2}, abs=0.15)


def test_attacks_start_at_the_clean_accuracy_and_pgd_is_no_weaker():
    found = list(results(Robustness(run=SMALL, points=4)))
    curves = {(c.arm, c.attack): c for c in of(Attacked, found)}
    assert set(curves) == {(name, attack) for name in ARMS for attack in ("fgsm", "pgd")}
    for name in ARMS:
        fgsm, pgd = curves[name, "fgsm"], curves[name, "pgd"]
        assert fgsm.accuracy[0] == pgd.accuracy[0] and fgsm.samples == 30
        assert (np.diff(pgd.loss) > -1e-9).all()
    for margin in of(Margins, found):
        assert margin.distances.shape == (30,)
        assert margin.lower <= margin.upper * (1 + 1e-9)


def test_angles_come_at_the_records_and_pulls_for_each_penalty():
    found = list(results(PenaltyAngles(run=SMALL, records=5)))
    assert [angle.step for angle in of(Angle, found)] == [0, 10, 20, 30, 40]
    assert all(-1 <= angle.cosine <= 1 for angle in of(Angle, found))
    pulls = {pull.name: pull for pull in of(Pull, found)}
    assert list(pulls) == ["none", "param", "input"]
    assert pulls["input"].loss_input_grad_sq[-1] < pulls["none"].loss_input_grad_sq[-1]


def test_seeds_are_paired():
    pairs = of(SeedPair, results(PairedSeeds(run=SMALL, seeds=2)))
    assert [pair.seed for pair in pairs] == [0, 1]
    assert pairs[0].values.shape == (2, len(PAIRED), 5)
    alone = list(results(FourArms(run=SMALL)))
    gc = [a.frame.metrics["geometric_complexity"] for a in of(ArmResult, alone)[:3]]
    assert pairs[0].values[0, :, 0] == pytest.approx(gc)


@pytest.mark.parametrize("edge", EDGES.values(), ids=EDGES)
@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_extreme_settings_give_results(spec: StudySpec, edge: dict[str, object]):
    run = SMALL.replace({"training.max_steps": 10, **edge})
    found = list(results(type(spec)(**{**dict(spec), "run": run})))
    assert found
