"""The proof that the page opens with equals the one that is asked for about the recorded frame."""

from __future__ import annotations

import numpy as np

from occam.studies.defaults import DEFAULTS
from occam.studies.kinds.layer_bound import LayerProof
from occam.studies.study import results
from occam.training.inspect import proof
from occam.training.run import train
from tests.specs import tiny


def test_both_scalars_at_the_step_that_is_named():
    spec = tiny(data__dataset="xor")
    output, loss = results(LayerProof(run=spec, step=4))
    assert (output.of, loss.of) == (0, None)
    run = train(spec, device="cpu")
    frame = next(frame for frame in run.frames if frame.step == 4)
    again = proof(run.header, frame.params)
    np.testing.assert_array_equal(loss.weight_grad, again.weight_grad)
    np.testing.assert_allclose(loss.right.sum(0).mean(), frame.metrics["mean_param_grad_sq"], rtol=1e-6)
    np.testing.assert_allclose(loss.batch_grad_sq.sum(), frame.metrics["batch_grad_sq"], rtol=1e-6)
    np.testing.assert_allclose(output.ratios("operator"), loss.ratios("operator"), rtol=1e-9)


def test_a_step_beyond_the_end_is_the_last_one():
    spec = tiny(training__max_steps=3)
    (late, _), (last, _) = (list(results(LayerProof(run=spec, step=step))) for step in (500, 3))
    np.testing.assert_array_equal(late.delta, last.delta)


def test_the_default_run_opens_with_its_proof():
    assert LayerProof() in DEFAULTS
