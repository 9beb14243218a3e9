"""An imported model is measured as `occam.measure` measures it, and both as naive autograd does."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
from torch import nn

import occam
from occam.datasets import load
from occam.glossary import METRICS
from occam.model_file import Model, chain
from occam.spec import DataSpec
from occam.studies import codec
from occam.studies.kinds.imported_model import ImportedModel
from occam.studies.study import results
from occam.training.frames import Recording
from occam.training.run import train
from tests import oracles
from tests.specs import tiny

DATA = {"moons": 1, "iris": 3, "sine": 1}
_MODULES = {"tanh": nn.Tanh, "relu": nn.ReLU}


def a_model(inputs: int, outputs: int, biased: bool = True) -> Model:
    rng, arrays = np.random.default_rng(inputs), {}
    for layer, (d_in, d_out) in enumerate(((inputs, 5), (5, 5), (5, outputs)), 1):
        arrays[f"W{layer}"] = rng.normal(size=(d_out, d_in))
        arrays |= {f"b{layer}": rng.normal(size=d_out)} if biased else {}
    return chain(arrays)


def as_torch(model: Model, activation: str) -> nn.Sequential:
    modules: list[nn.Module] = []
    matrices = oracles.unflatten(model.params, model.sizes)
    for (d_in, d_out), matrix, has in zip(
        zip(model.sizes, model.sizes[1:], strict=False), matrices, model.biased, strict=True
    ):
        linear = nn.Linear(d_in, d_out, bias=has, dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(matrix[:, :-1]))
            if has:
                linear.bias.copy_(torch.tensor(matrix[:, -1]))
        modules += [linear, _MODULES[activation]()]
    return nn.Sequential(*modules[:-1])


def recording(spec: ImportedModel) -> Recording:
    (found,) = results(spec)
    return found


@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("dataset", DATA)
def test_study_library_and_oracle_agree(dataset: str, biased: bool) -> None:
    data = DataSpec(dataset=dataset, n_train=20, n_test=15)
    samples = load(data)
    model = a_model(samples.x_train.shape[1], DATA[dataset], biased)
    spec = ImportedModel.of(model, "tanh", data)
    found, net = recording(spec), as_torch(model, "tanh")
    frame, measured = found.frames[0], occam.measure(net, samples.x_train, samples.y_train, task=samples.task)
    # The library's domain is the range of x, the study's that of the data: energies over different boxes.
    for name in measured.metrics.index.drop("dirichlet_energy"):
        assert frame.metrics[name] == pytest.approx(measured.metrics.loc[name, "value"], rel=1e-12, nan_ok=True), name
    assert np.allclose(frame.bounds.reshape(-1, 6), measured.bounds.to_numpy(), rtol=1e-6, equal_nan=True)
    if biased:
        naive, bounds = oracles.metrics(model.params, spec.run, samples)
        for name in ("train_loss", "test_loss", "geometric_complexity", "dirichlet_energy", "sharpness", "train_error"):
            assert frame.metrics[name] == pytest.approx(naive[name], rel=1e-6, nan_ok=True), name
        assert np.allclose(frame.bounds, bounds, rtol=1e-5, atol=1e-7, equal_nan=True)


def test_a_run_measures_itself_alike() -> None:
    run = train(tiny(), device="cpu", dtype="float64")
    last = run.frames[-1]
    model = Model(run.header.sizes, (True,) * 2, last.params.astype(np.float64))
    found = recording(ImportedModel.of(model, "tanh", run.header.spec.data))
    for name in ("train_loss", "test_loss", "sharpness", "geometric_complexity", "bound_ratio_max"):
        assert found.frames[0].metrics[name] == pytest.approx(last.metrics[name], rel=1e-12), name
    assert np.array_equal(found.frames[0].values, last.values)
    assert found.frames[0].metrics.keys() == METRICS.keys()


def test_spec_and_result_travel_and_are_stored() -> None:
    spec = ImportedModel.of(a_model(2, 1), "relu", DataSpec(n_train=10, n_test=10))
    assert pickle.loads(pickle.dumps(spec)) == spec
    assert np.array_equal(spec.params, a_model(2, 1).params) and spec.nbytes == len(spec.weights)
    assert [run.data for run in spec.runs()] == [spec.data]
    arrays: list = []
    tree = codec.encode([spec, recording(spec)], arrays)
    again = codec.decode(tree, arrays)
    assert again[0] == spec and again[1].header.sizes == spec.sizes


@pytest.mark.parametrize(
    ("inputs", "outputs", "dataset", "said"),
    [
        (3, 1, "moons", "The model takes 3 inputs, the data have 2: x₁, x₂."),
        (2, 2, "moons", "The model gives 2 outputs; these data need one, the logit of the second class."),
        (4, 1, "iris", "The model gives 1 outputs; these data need 3, one a class."),
        (1, 2, "sine", "need one, the quantity."),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(inputs: int, outputs: int, dataset: str, said: str) -> None:
    spec = ImportedModel.of(a_model(inputs, outputs), "tanh", DataSpec(dataset=dataset, n_train=10, n_test=10))
    with pytest.raises(ValueError) as fault:
        recording(spec)
    assert said in str(fault.value)


def test_weights_that_do_not_fit_their_sizes_are_no_spec() -> None:
    with pytest.raises(ValueError, match="allowed: 13 for sizes"):
        ImportedModel(sizes=(2, 3, 1), biased=(True, True), weights="AAAAAAAAAAA=")
