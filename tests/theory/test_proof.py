"""The proof in numbers: against autograd, and what must hold of every line of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from occam.network.parameters import Layout
from occam.theory.factors import measure_proof
from occam.theory.proof import OVER, Norm, Proof, batch_form, geometric_mean, proof_lines
from tests import oracles
from tests.cases import Case, cases
from tests.theory.test_robustness import labels_of, probe_of

NORMS: tuple[Norm, ...] = ("operator", "frobenius")
RELU = Case((2, 3, 3, 1), "relu", "regression", 1, 6, seed=3)


def proof_of(case: Case, of: int | None = None, params: np.ndarray | None = None) -> Proof:
    probe, x, y, _ = probe_of(case, params)
    return measure_proof(probe, x, y, of)


@settings(max_examples=40)
@given(cases(most_runs=1, deepest=3, widest=5))
def test_both_sides_equal_autograd(case: Case):
    _, x, _, net = probe_of(case)
    proof = proof_of(case)
    table = oracles.bound_table(net, case.task, x.T, labels_of(case))
    for norm in NORMS:
        for found, exact in zip((proof.ratios(norm), proof.summed(norm)), table[norm], strict=True):
            both = np.isfinite(found) & np.isfinite(exact)
            np.testing.assert_allclose(found[both], exact[both], rtol=1e-6, atol=1e-12)
    gradients = oracles.sample_gradients(net, case.task, x.T, labels_of(case))
    np.testing.assert_allclose(proof.right.sum(0), np.square(gradients).sum(1), rtol=1e-8, atol=1e-200)
    np.testing.assert_allclose(proof.batch_grad_sq.sum(), np.square(gradients.mean(0)).sum(), rtol=1e-7, atol=1e-25)


@settings(max_examples=40)
@given(cases(most_runs=1, deepest=4, widest=6, most_samples=5), st.booleans())
def test_every_line_holds_for_every_layer_and_sample(case: Case, output: bool):
    proof = proof_of(case, 0 if output else None)
    for norm in NORMS:
        ratios = proof.ratios(norm)
        assert np.nanmax(ratios, initial=0.0) <= OVER
        assert np.nanmax(proof.summed(norm), initial=0.0) <= OVER
        for layer in range(proof.layers):
            for sample in range(proof.samples):
                if np.isfinite(ratios[layer, sample]) and ratios[layer, sample] > 1e-10:
                    for line in proof_lines(proof, layer, sample, norm):
                        assert line.holds, (norm, layer, sample, line)
                    assert line.name == "bound" and line.share == pytest.approx(ratios[layer, sample], rel=1e-7)


@settings(max_examples=40)
@given(cases(most_runs=1, deepest=3, widest=5))
def test_the_slack_multiplies_to_the_ratio(case: Case):
    proof = proof_of(case, 0)
    for norm, factors in zip(NORMS, (2, 4), strict=True):
        slack = proof.slack(norm)
        assert len(slack) == factors
        product = np.prod([*slack.values()], 0)
        ratios = proof.ratios(norm)
        both = np.isfinite(product) & np.isfinite(ratios)
        np.testing.assert_allclose(product[both], ratios[both], rtol=1e-7)
        assert all(np.nanmax(factor, initial=0.0) <= OVER for factor in slack.values())
    assert np.all(proof.ratios("frobenius")[both] <= proof.ratios("operator")[both] * OVER)


@settings(max_examples=40)
@given(cases(most_runs=1, deepest=2, widest=6, most_samples=4))
def test_the_rigorous_batch_form_holds_and_says_when_it_is_empty(case: Case):
    proof = proof_of(case)
    form = batch_form(proof)
    assert (form.left <= form.right * (1 + 1e-6) + 1e-20 * form.right.max(initial=1.0)).all()
    for layer, width in enumerate(case.sizes[:-1]):
        assert form.vacuous[layer] or case.samples <= width + 1
        assert form.left[layer] == 0 or not form.vacuous[layer]


def test_the_batch_gradient_may_vanish_under_the_sum_of_its_samples():
    # At a minimum of the mean loss the batch gradient is 0 while no sample's is: the tempting inequality is false.
    case = Case((1, 1), "identity", "regression", 1, 3, seed=1)
    x = case.x()[0]
    theta = np.linalg.lstsq(np.hstack([x, np.ones_like(x)]), labels_of(case).numpy().reshape(-1), rcond=None)[0]
    proof = proof_of(case, None, theta)
    assert proof.batch_grad_sq[0] < 1e-25 and proof.right.min() > 1e-6
    assert proof.ratios("operator") == pytest.approx(np.ones((1, 3)))
    assert np.all(proof.against_batch("operator") > 1e10)


def test_a_skip_connection_breaks_the_bound_and_none_leaves_it():
    proof = proof_of(Case((2, 4, 1), "tanh", "regression", 1, 5, seed=0), 0)
    still = proof.with_skip(np.zeros(2), "operator")
    np.testing.assert_array_equal(still, proof.ratios("operator"))
    assert (proof.with_skip(np.full(2, 100.0), "operator") > 1).all()


def test_the_shortcut_is_right_for_one_input_and_wrong_for_more():
    one = proof_of(Case((1, 1, 1), "tanh", "regression", 1, 5, seed=0), 0)
    np.testing.assert_allclose(one.shortcut("operator"), one.ratios("operator"), rtol=1e-12)
    # f = w·x + b: the true ratio is 1 everywhere, and ‖Wh‖/‖h‖ < ‖W‖ unless h is parallel to w.
    two = proof_of(Case((2, 1), "identity", "regression", 1, 40, seed=0), 0)
    assert (two.shortcut("operator") > OVER).all()


def test_one_linear_layer_and_a_chain_of_single_units_leave_no_slack():
    for case in (
        Case((3, 1), "tanh", "binary", 1, 5, seed=0),
        Case((2, 1, 1, 1), "identity", "regression", 1, 5, seed=1),
    ):
        np.testing.assert_allclose(proof_of(case, 0).ratios("operator"), 1.0, rtol=1e-12)


def test_degenerate_samples_are_told_apart():
    layout = Layout(RELU.sizes)
    params = oracles.flatten(oracles.build(RELU.matrices()[0], "relu").parameters())
    names = layout.named(np.arange(len(params)))
    dead = params.copy()
    dead[names["b1"].astype(int)] = 10.0  # every unit of the first hidden layer answers, and none of the second
    dead[names["b2"].astype(int)] = -1000.0
    proof = proof_of(RELU, 0, dead)
    counts = {name: where.sum(1).tolist() for name, where in proof.degenerate("operator").items()}
    assert counts == {"weight": [0, 0, 0], "jacobian": [0, 0, 6], "delta": [6, 6, 0], "range": [0, 0, 0]}
    assert np.isnan(proof.summed("operator")).all()
    zero = proof_of(RELU, 0, np.zeros_like(params))
    assert zero.degenerate("operator")["weight"].all()
    assert np.isnan(zero.transferred("operator")).all()


def test_one_sample_zero_input_and_an_unknown_output():
    case = Case((2, 2, 1), "tanh", "regression", 1, 1, seed=0)
    probe, x, y, _ = probe_of(case)
    proof = measure_proof(probe, torch.zeros_like(x), y)
    assert proof.feature[0, 0] == 0 and proof.weight_grad[0, 0] == 0
    assert proof_lines(proof, 0, 0, "operator")[-1].holds
    assert np.isnan(proof.shortcut("operator")[0, 0])
    assert not batch_form(proof).vacuous.any()
    with pytest.raises(ValueError, match="of: 1; allowed: an output from 0 to 0, or none for the loss"):
        measure_proof(probe, x, y, 1)


def test_false_lines_are_seen():
    proof = proof_of(RELU, 0)
    wrong = replace(proof, bias_grad=2 * proof.bias_grad)
    assert not proof_lines(wrong, 1, 0, "operator")[1].holds
    short = replace(proof, weight_operator=proof.weight_operator / 100)
    assert not proof_lines(short, 1, 0, "operator")[-1].holds


def test_the_geometric_mean_leaves_out_what_has_no_logarithm():
    values = np.array([[1.0, 100.0, np.nan], [0.0, np.nan, np.nan]])
    np.testing.assert_allclose(geometric_mean(values), [10.0, np.nan])
