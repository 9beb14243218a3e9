import numpy as np
import pyarrow as pa

from occam.charts.arrow import decode, ipc


def test_columns_come_back():
    stream = ipc({"x": np.array([1.5, -2.0]), "step": np.array([0, 20]), "name": ["a", "ℓᵢ"]})
    assert decode(stream) == {"x": [1.5, -2.0], "step": [0, 20], "name": ["a", "ℓᵢ"]}


def test_what_is_not_finite_is_null():
    assert decode(ipc({"x": np.array([np.nan, np.inf, -np.inf, 1.0])})) == {"x": [None, None, None, 1.0]}


def test_types_are_small():
    schema = pa.ipc.open_stream(ipc({"x": np.zeros(1), "i": np.zeros(1, np.int64), "s": [""]})).schema
    assert schema.types == [pa.float32(), pa.int32(), pa.utf8()]


def test_no_rows():
    assert decode(ipc({"x": np.empty(0), "s": []})) == {"x": [], "s": []}
