from __future__ import annotations

import pyarrow as pa

from occam.charts.arrow import ipc
from occam.ui.steady import Steady, spec


def _rows(stream: bytes) -> list[dict]:
    return pa.ipc.open_stream(stream).read_all().to_pylist()


def _map(url: str) -> dict[str, bytes]:
    return {"map": ipc({"url": [url]}), "train": b"kept"}


def test_the_last_picture_stays_below_the_new_one_in_its_own_row() -> None:
    steady = Steady()
    first, second, third = (_rows(steady.datasets(_map(url))["map"]) for url in "abc")
    assert [row["url"] for row in first] == ["a"]
    assert [(row["url"], row["above"]) for row in second] == [("a", 0), ("b", 1)]
    assert [(row["url"], row["above"]) for row in third] == [("b", 0), ("c", 1)]
    rows = {row["url"]: row["row"] for row in first + second}
    assert rows == {"a": 1, "b": 0} and {row["url"]: row["row"] for row in third} == {"b": 0, "c": 1}


def test_an_unchanged_picture_is_sent_unchanged() -> None:
    steady = Steady()
    steady.datasets(_map("a"))
    once, again = steady.datasets(_map("b")), steady.datasets(_map("b"))
    assert once == again and once["train"] == b"kept"


def test_a_map_of_other_columns_starts_anew() -> None:
    steady = Steady()
    steady.datasets(_map("a"))
    assert [row["url"] for row in _rows(steady.datasets({"map": ipc({"url": ["b"], "more": ["x"]})})["map"])] == ["b"]


def test_only_the_map_layer_gets_a_key_and_an_order() -> None:
    image = {"data": {"name": "map"}, "mark": {"type": "image"}, "encoding": {"url": 1}}
    layers = [image, {"data": {"name": "train"}, "mark": {"type": "point"}, "encoding": {}}]
    keyed = spec({"layer": layers, "width": 3})
    assert keyed["layer"][0]["encoding"].keys() == {"url", "key", "order"}
    assert keyed["layer"][1] is layers[1] and keyed["width"] == 3
    assert layers[0]["encoding"] == {"url": 1}


def test_the_points_of_a_curve_are_left_alone() -> None:
    steady, points = Steady(), {"map": ipc({"u": ["1", "2"], "slope": ["3", "4"]})}
    assert steady.datasets(points) is points
    curve = {"layer": [{"data": {"name": "map"}, "mark": {"type": "area"}, "encoding": {}}]}
    assert spec(curve) is curve
