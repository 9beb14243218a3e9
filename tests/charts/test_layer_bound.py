"""The charts of the layer bound: what they count, for proofs of every kind."""

from __future__ import annotations

import numpy as np
import pytest

from occam.charts import layer_bound, layer_bound_band, layer_bound_chain, layer_bound_pick
from occam.charts.arrow import decode
from occam.theory.factors import measure_proof
from occam.theory.proof import Norm, Proof
from tests.cases import Case
from tests.charts.synthetic import CASES, frames, header
from tests.theory.test_robustness import probe_of

NORMS: tuple[Norm, ...] = ("operator", "frobenius")


def proof_of(case: Case, of: int | None = None, params: np.ndarray | None = None) -> Proof:
    probe, x, y, _ = probe_of(case, params)
    return measure_proof(probe, x, y, of)


MOONS = Case((2, 6, 6, 1), "tanh", "binary", 1, 30, seed=0)


def silent() -> Proof:
    return proof_of(MOONS, 0, np.zeros(6 * 3 + 6 * 7 + 7))


@pytest.mark.parametrize("norm", NORMS)
def test_every_sample_has_a_tick_and_the_chosen_one_a_mark(norm: Norm):
    chart = layer_bound.draw("ticks", proof_of(MOONS, 0), None, sample=4, norm=norm)
    ticks = decode(chart.datasets["ticks"])
    assert len(ticks["ratio"]) == 3 * 30 and sum(ticks["chosen"]) == 3
    assert max(ticks["ratio"]) <= 1.0001
    assert decode(chart.datasets["notes"])["text"] == ["", "", ""]


def test_a_false_claim_has_a_row_of_its_own_and_is_counted():
    proof = proof_of(MOONS, 0)
    other = layer_bound.claimed(proof, "skip", "operator", 100.0)
    chart = layer_bound.draw("skip", proof, other, claim="skip", sample=0)
    ticks = decode(chart.datasets["ticks"])
    over = int((other > 1).sum())
    assert len(ticks["ratio"]) == 2 * 3 * 30 and over > 45
    assert sum(ratio > 1.0001 for ratio in ticks["ratio"]) == over
    assert f"{over} of 90 ratios exceed 1, which the theorem does not cover" in chart.alt
    assert decode(chart.datasets["notes"])["text"][0].startswith("with a skip connection: ")


def test_claims_are_what_the_proof_says():
    proof = proof_of(MOONS)
    np.testing.assert_array_equal(layer_bound.claimed(proof, "theorem", "operator"), proof.ratios("operator"))
    np.testing.assert_array_equal(layer_bound.claimed(proof, "batch", "operator"), proof.against_batch("operator"))
    np.testing.assert_array_equal(layer_bound.claimed(proof, "shortcut", "operator"), proof.shortcut("operator"))


@pytest.mark.parametrize("norm", NORMS)
def test_the_slack_runs_from_one_to_the_ratio(norm: Norm):
    proof = proof_of(MOONS, 0)
    table = layer_bound.slack_table(proof, 7, norm)
    np.testing.assert_array_equal(table.groupby(["layer", "who"])["from"].max(), 1.0)
    mine = table[table["who"] == "this"].groupby("layer")["to"].last()
    np.testing.assert_allclose(mine, proof.ratios(norm)[:, 7], rtol=1e-7)
    assert "factor" in layer_bound.draw_slack("slack", proof, sample=7, norm=norm).alt


def test_degenerate_proofs_are_explained():
    proof = silent()
    assert "says nothing" in layer_bound.draw("silent", proof, None, sample=0).alt
    chart = layer_bound.draw_slack("silent", proof, sample=0)
    assert "no slack" in chart.alt and "degenerate" in decode(chart.datasets["words"])["note"][0]
    head = header()
    frame = frames(head)[0]
    values = [level.value for level in layer_bound_chain.levels(proof_of(MOONS, None, np.zeros(67)), frame, "operator")]
    assert np.isnan(values[2]) and np.isfinite(values[0])


def test_the_chain_keeps_the_order_that_theory_asks_for():
    frame = frames(header())[0]
    for norm in NORMS:
        by_name = {level.name: level.value for level in layer_bound_chain.levels(proof_of(MOONS), frame, norm)}
        assert by_name["batch_grad_sq"] <= by_name["mean_param_grad_sq"]
        assert by_name["loss_input_grad_sq"] <= by_name["transferred"]
    chart = layer_bound_chain.draw("chain", proof_of(MOONS), frame)
    drawn = decode(chart.datasets["levels"])
    assert len(drawn["label"]) == 6 and drawn["from"][2] == drawn["to"][1]
    assert len(layer_bound_chain.table(proof_of(MOONS), frame, "operator")) == 6


@pytest.mark.parametrize("case", CASES)
def test_samples_can_be_picked_on_every_kind_of_plot(case: str):
    arguments = dict(CASES[case])
    head = header(**arguments)
    recorded = frames(head)
    chart = layer_bound_pick.draw(case, head, recorded, 0, sample=0)
    assert chart.spec["params"][0]["name"] == layer_bound_pick.PICK
    assert chart.spec["params"][0]["views"] == [chart.spec["layer"][-1]["name"]]
    assert decode(chart.datasets["chosen"])["sample"] == [0]
    assert len(decode(chart.datasets["places"])["sample"]) == len(head.y_train)
    other = layer_bound_pick.draw(case, head, recorded, 0, sample=len(head.y_train) - 1)
    assert other.spec == chart.spec, "choosing a sample must not mount the chart anew"


def test_the_band_follows_one_layer():
    head = header()
    recorded = frames(head)
    chart = layer_bound_band.draw("band", head, recorded, 1, layer=2, norm="frobenius")
    assert decode(chart.datasets["now"])["step"] == [recorded[1].step]
    assert "layer 3, Frobenius norm" in chart.alt
    assert len(layer_bound_band.table(head, recorded, 2, "operator")) == len(recorded)


def test_the_table_has_a_row_a_sample_and_layer():
    table = layer_bound.table(proof_of(MOONS, 0), "operator", 1.0, proof_of(MOONS))
    assert len(table) == 90 and {"ratio", "ratio_skip", "ratio_shortcut", "ratio_batch"} <= set(table.columns)
    assert max(table["ratio"].tolist()) <= 1 + 1e-9
