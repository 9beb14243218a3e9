"""Weights of an MLP from a file: `.npz` or `.safetensors`, never pickle; all else is refused in a sentence.

Layers are named W1, b1, W2, … (or final/W1, … as `python -m occam run` writes them), or as torch.nn.Sequential does:
0.weight, 0.bias, 2.weight, ….  W is (d_out, d_in) and b, which may be missing, (d_out,).
"""

from __future__ import annotations

import io
import math
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_safetensors

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

MOST_BYTES = 2 * 2**20  # of a file, as large as the server takes one
MOST_UNPACKED = 8 * 2**20  # of all arrays of a compressed file: what it says is looked at before anything is unpacked
MOST_ARRAYS = 100
MOST_LAYERS = 17
MOST_WIDTH = 1024  # of any layer, inputs and outputs too
MOST_PARAMETERS = 100_000
_NAME = re.compile(r"(?:final/)?(?P<kind>[Wb])(?P<layer>\d{1,4})|(?P<module>(?:.*\.)?\d{1,4})\.(?P<part>weight|bias)")
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what NumPy writes, and what unpacks piece by piece
_KNOWN = "W1, b1, W2, … or 0.weight, 0.bias, 2.weight, …"


class ModelFault(ValueError):
    """A file that is refused, in one sentence for the viewer."""


@dataclass(frozen=True)
class Model:
    """`sizes` (d, widths …, k); `params`: layer by layer W row-major then b, b = 0 where `biased` is False;
    float64 as it is read.
    """

    sizes: tuple[int, ...]
    biased: tuple[bool, ...]
    params: np.ndarray

    @property
    def parameters(self) -> int:
        """Number of weights and biases; a missing bias counts as none."""
        return len(self.params) - sum(size for size, has in zip(self.sizes[1:], self.biased, strict=True) if not has)


def read_model(content: bytes) -> Model:
    """The model in a file.  Raises `ModelFault`."""
    if len(content) > MOST_BYTES:
        raise ModelFault(f"The file has {len(content) / 2**20:.1f} MB; at most {MOST_BYTES // 2**20} MB are read.")
    arrays = _unzipped(content) if content[:2] == b"PK" else _safetensors(content)
    kept = {name: array for name, array in arrays.items() if not name.startswith("initial/")}
    return chain(kept)


def _unzipped(content: bytes) -> dict[str, np.ndarray]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = archive.infolist()
            unpacked = sum(file.file_size for file in files)
            if len(files) > MOST_ARRAYS:
                raise ModelFault(f"The file holds {len(files)} arrays; at most {MOST_ARRAYS} are read.")
            if unpacked > MOST_UNPACKED:
                raise ModelFault(
                    f"Unpacked, the file has {unpacked / 2**20:.0f} MB; at most {MOST_UNPACKED // 2**20} MB are read."
                )
            for file in files:
                if not file.filename.endswith(".npy") or file.compress_type not in _COMPRESSIONS:
                    raise ModelFault(f"The file holds {_quoted(file.filename)}, which is no array as NumPy writes it.")
            return {file.filename[:-4]: _array(file.filename[:-4], _member(archive, file)) for file in files}
    except ModelFault:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError):
        # RuntimeError: encrypted; NotImplementedError: another compression; ValueError, OSError: damaged.
        raise ModelFault("The file looks like .npz, but cannot be unpacked: it is damaged or encrypted.") from None


def _member(archive: zipfile.ZipFile, file: zipfile.ZipInfo) -> bytes:
    """As many bytes as the file says: with a size given, no more are unpacked, whatever there is."""
    with archive.open(file) as stream:
        return stream.read(file.file_size)


def _array(name: str, content: bytes) -> np.ndarray:
    stream = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(stream)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
        shape, _, dtype = read(stream)
        if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(content) - stream.tell():
            raise ValueError(shape)  # before memory is set aside for it
        return np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    except (ValueError, EOFError, TypeError, KeyError, SyntaxError):
        raise ModelFault(
            f"{_quoted(name)} is no plain array of numbers; arrays of Python objects are not read."
        ) from None


def _safetensors(content: bytes) -> Mapping[str, np.ndarray]:
    try:
        return load_safetensors(content)
    except (SafetensorError, KeyError, TypeError, ValueError, AttributeError):
        raise ModelFault(
            "The file is neither .npz nor .safetensors of float16, float32 or float64 numbers; nothing else is read."
        ) from None


def chain(arrays: Mapping[str, np.ndarray]) -> Model:
    """The layers that these arrays name, in order.  Raises `ModelFault` naming the layer and the shapes."""
    weights: dict[tuple[str, int], np.ndarray] = {}
    biases: dict[tuple[str, int], np.ndarray] = {}
    for name, array in arrays.items():
        found = _NAME.fullmatch(name)
        if found is None:
            raise ModelFault(f"{_quoted(name)} is no weight or bias of a layer; names are {_KNOWN}.")
        prefix, _, number = (found["layer"] or found["module"]).rpartition(".")
        is_weight = (found["kind"] or found["part"]) in ("W", "weight")
        (weights if is_weight else biases)[prefix, int(number)] = _numbers(name, array, 2 if is_weight else 1)
    if not weights:
        raise ModelFault(f"The file holds no layer; names are {_KNOWN}.")
    if len({prefix for prefix, _ in weights}) > 1:
        raise ModelFault("The file holds several networks; only one is read.")
    if lonely := biases.keys() - weights.keys():
        raise ModelFault(f"There is a bias of layer {min(lonely)[1]}, but no weight.")
    layers = sorted(weights)
    if len(layers) > MOST_LAYERS:
        raise ModelFault(f"The network has {len(layers)} layers; at most {MOST_LAYERS} are read.")
    _check_shapes([weights[at] for at in layers], [biases.get(at) for at in layers])
    sizes = (weights[layers[0]].shape[1], *(weights[at].shape[0] for at in layers))
    parts = [(weights[at], biases.get(at, np.zeros(weights[at].shape[0]))) for at in layers]
    params = np.concatenate([part.ravel() for pair in parts for part in pair])
    model = Model(sizes, tuple(at in biases for at in layers), params)
    if model.parameters > MOST_PARAMETERS:
        raise ModelFault(f"The network has {model.parameters} parameters; at most {MOST_PARAMETERS} are read.")
    return model


def _numbers(name: str, array: np.ndarray, axes: int) -> Floats:
    if array.dtype.kind != "f":
        raise ModelFault(f"{_quoted(name)} holds {array.dtype}; weights are floating-point numbers.")
    if array.ndim != axes or not array.size:
        wanted = "(outputs, inputs)" if axes == 2 else "(outputs,)"
        raise ModelFault(f"{_quoted(name)} has shape {array.shape}; a Linear layer's is {wanted}.")
    if max(array.shape) > MOST_WIDTH:
        raise ModelFault(f"{_quoted(name)} has shape {array.shape}; a layer has at most {MOST_WIDTH} units.")
    numbers = array.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise ModelFault(f"{_quoted(name)} holds NaN or infinity; all weights must be finite.")
    return numbers


def _check_shapes(weights: list[Floats], biases: list[Floats | None]) -> None:
    for layer, (weight, bias) in enumerate(zip(weights, biases, strict=True), 1):
        if bias is not None and bias.shape != weight.shape[:1]:
            raise ModelFault(f"Layer {layer}: the weight has shape {weight.shape}, but the bias {bias.shape}.")
    for layer, (before, after) in enumerate(pairwise(weights), 1):
        if before.shape[0] != after.shape[1]:
            raise ModelFault(
                f"Layer {layer} gives {before.shape[0]} numbers (shape {before.shape}), but layer {layer + 1} takes "
                f"{after.shape[1]} (shape {after.shape})."
            )


def write_npz(model: Model) -> bytes:
    """The model as `.npz`: W1, b1, W2, …, in the precision of `params`."""
    arrays, start = {}, 0
    for layer, (d_in, d_out) in enumerate(pairwise(model.sizes), 1):
        middle, end = start + d_out * d_in, start + d_out * (d_in + 1)
        arrays[f"W{layer}"] = model.params[start:middle].reshape(d_out, d_in)
        if model.biased[layer - 1]:
            arrays[f"b{layer}"] = model.params[middle:end]
        start = end
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    return content.getvalue()


def _quoted(name: str) -> str:
    shown = "".join(character if character.isprintable() else "�" for character in name[:60])
    return f"“{shown}”"
