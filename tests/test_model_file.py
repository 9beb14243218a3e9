"""Weights from files: what is read is exact, what is not is refused in one sentence, and nothing is unpickled."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from occam.export.run_folder import write
from occam.model_file import MOST_UNPACKED, Model, ModelFault, chain, read_model, write_npz
from occam.training.run import train
from tests.specs import tiny

RNG = np.random.default_rng(0)
ARRAYS = {
    "W1": RNG.normal(size=(4, 2)),
    "b1": RNG.normal(size=4),
    "W2": RNG.normal(size=(3, 4)),
    "b2": RNG.normal(size=3),
    "W3": RNG.normal(size=(1, 3)),
}
FLAT = np.concatenate([*(array.ravel() for array in ARRAYS.values()), [0.0]])


def npz(arrays: dict[str, np.ndarray], compressed: bool = False) -> bytes:
    content = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(content, **arrays)  # pyright: ignore[reportArgumentType]
    return content.getvalue()


def torch_names(arrays: dict[str, np.ndarray], prefix: str = "") -> dict[str, np.ndarray]:
    part = {"W": "weight", "b": "bias"}
    return {f"{prefix}{2 * (int(name[1:]) - 1)}.{part[name[0]]}": array for name, array in arrays.items()}


@pytest.mark.parametrize(
    "content",
    [
        npz(ARRAYS),
        npz(dict(reversed(ARRAYS.items())), compressed=True),
        npz({f"final/{name}": array for name, array in ARRAYS.items()} | {"initial/W1": np.zeros((9, 9))}),
        npz(torch_names(ARRAYS)),
        save(torch_names(ARRAYS)),
        save(torch_names(ARRAYS, "net.")),
    ],
)
def test_every_form_gives_the_same_model(content: bytes) -> None:
    model = read_model(content)
    assert model.sizes == (2, 4, 3, 1) and model.biased == (True, True, False)
    assert np.array_equal(model.params, FLAT) and model.parameters == len(FLAT) - 1


def test_what_a_run_writes_is_read_to_the_last_bit(tmp_path: Path) -> None:
    run = train(tiny(model__depth=2), device="cpu")
    assert run.samples is not None
    write(run, run.samples, tmp_path)
    model = read_model((tmp_path / "weights.npz").read_bytes())
    assert model.sizes == run.header.sizes and np.array_equal(model.params, run.frames[-1].params)
    assert read_model(write_npz(model)).params.tolist() == model.params.tolist()


def test_a_missing_bias_stays_missing() -> None:
    model = read_model(write_npz(chain(ARRAYS)))
    assert model.biased == (True, True, False)


def test_many_layers_are_in_the_order_of_their_numbers() -> None:
    arrays = {f"{2 * layer}.weight": np.full((2, 2), float(layer)) for layer in range(12)}
    assert chain(arrays).params.reshape(12, 6)[:, 0].tolist() == list(map(float, range(12)))


class Harm:
    def __reduce__(self) -> tuple:
        return (pytest.fail, ("a pickle was loaded",))


def lying(real: int, told: int) -> bytes:
    """A zip whose member unpacks to `real` bytes and says that it has `told`."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("W1.npy", bytes(real))
    return content.getvalue().replace(real.to_bytes(4, "little"), told.to_bytes(4, "little"))


def header(shape: tuple[int, ...]) -> bytes:
    """An array file that says it has this shape and holds nothing."""
    array, content = io.BytesIO(), io.BytesIO()
    np.lib.format.write_array_header_1_0(array, {"descr": "<f8", "fortran_order": False, "shape": shape})
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("W1.npy", array.getvalue())
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "neither .npz nor .safetensors"),
        (pickle.dumps(Harm()), "neither .npz nor .safetensors"),
        (b"PK" + bytes(100), "cannot be unpacked"),
        (npz(ARRAYS)[:-80], "cannot be unpacked"),
        (bytes(3 * 2**20), "at most 2 MB are read"),
        (npz({"W1": np.zeros((2000, 1000))}, compressed=True), "Unpacked, the file has 15 MB; at most 8 MB"),
        (lying(MOST_UNPACKED * 4, 100), "cannot be unpacked"),
        (header((10**6, 10**6)), "no plain array of numbers"),
        (npz({"W1": np.array([[Harm()]], dtype=object)}), "“W1” is no plain array of numbers"),
        (npz({f"W{i}": np.zeros((1, 1)) for i in range(1, 102)}), "holds 101 arrays"),
        (npz({"weights": np.zeros((2, 2))}), "“weights” is no weight or bias of a layer"),
        (npz({}), "holds no layer"),
        (npz({"b1": np.zeros(2)}), "holds no layer"),
        (npz({"W1": np.zeros((2, 2)), "b2": np.zeros(2)}), "bias of layer 2, but no weight"),
        (npz({"W1": np.zeros((4, 2)), "W2": np.zeros((1, 3))}),
         "Layer 1 gives 4 numbers (shape (4, 2)), but layer 2 takes 3 (shape (1, 3))"),
        (npz({"W1": np.zeros((4, 2)), "b1": np.zeros(3)}), "the weight has shape (4, 2), but the bias (3,)"),
        (npz({"W1": np.full((1, 2), np.nan)}), "“W1” holds NaN or infinity"),
        (npz({"W1": np.zeros((1, 2), dtype=int)}), "“W1” holds int64"),
        (npz({"W1": np.zeros((3, 3, 3))}), "shape (3, 3, 3); a Linear layer's is (outputs, inputs)"),
        (npz({"W1": np.zeros((0, 3))}), "a Linear layer's is"),
        (npz({"W1": np.zeros((1, 1025))}), "at most 1024 units"),
        (npz({"W1": np.zeros((400, 400), dtype=np.float32)}), "160000 parameters; at most 100000"),
        (npz({f"W{i}": np.zeros((1, 1)) for i in range(1, 19)}), "18 layers; at most 17"),
        (save({"a.0.weight": np.zeros((1, 1)), "b.0.weight": np.zeros((1, 1))}), "several networks"),
        (save({"0.weight": np.zeros((1, 2)), "1.running_mean": np.zeros(1)}), "“1.running_mean” is no weight"),
        (save({"0.weight": np.zeros((1, 2))})[:-4], "neither .npz nor .safetensors"),
    ],
)  # fmt: skip
def test_everything_else_is_refused_in_one_sentence(content: bytes, said: str) -> None:
    with pytest.raises(ModelFault) as fault:
        read_model(content)
    assert said in str(fault.value)
    assert "\n" not in str(fault.value) and str(fault.value).endswith(".")


def test_a_model_counts_its_parameters() -> None:
    assert Model((2, 3, 1), (True, False), np.zeros(13)).parameters == 12
