"""A run as one JSON text: what was asked for, how it ended, the numbers of one record, and where they were computed.

It can be opened again, since it holds the spec, and checked: `differences` compares a run with it.  No torch.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from occam.glossary import METRICS
from occam.spec import SCHEMA_VERSION, RunSpec, SpecFault
from occam.spec.reading import faults, read_json
from occam.training.frames import Ending, Frame, Header, Recording

FORMAT = "occam run"
RELATIVE = 1e-4  # float32 training rounds otherwise on another processor, and thousands of steps add up
ABSOLUTE = 1e-7  # below this a number of a float32 run is rounding
_BEYOND: dict[Any, Any] = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}  # what JSON has no number for
_FIELDS = ("format", "schema_version", "spec", "device", "dtype", "machine", "step", "metrics", "weights", "ending")


@dataclass(frozen=True)
class Record:
    """One record of a run.

    `metrics`: a float per glossary name at `step`; `weights`: SHA-256 of the parameters as they lie in memory, layer by
    layer W row-major then b; `machine`: what rounding depends on, None where the run was not computed here; `ending`:
    None while it goes on.
    """

    spec: RunSpec
    device: str
    dtype: str
    machine: Mapping[str, str] | None
    step: int
    metrics: Mapping[str, float]
    weights: str
    ending: Ending | None

    def json(self) -> str:
        """The record as JSON; NaN and infinities, which JSON has not, are texts."""
        metrics = {name: value if math.isfinite(value) else str(value) for name, value in self.metrics.items()}
        tree: dict[str, Any] = {
            "format": FORMAT,
            "schema_version": SCHEMA_VERSION,
            "spec": self.spec.model_dump(mode="json"),
            "device": self.device,
            "dtype": self.dtype,
            "machine": None if self.machine is None else dict(self.machine),
            "step": self.step,
            "metrics": metrics,
            "weights": self.weights,
            "ending": None if self.ending is None else _plain(asdict(self.ending)),
        }
        return json.dumps(tree, indent=2, ensure_ascii=False) + "\n"

    def exact(self, device: str) -> bool:
        """Whether a run on this machine and `device` must give the same bits: same processor, device, versions."""
        return self.machine is not None and dict(self.machine) == machine() and self.device == device


def record(
    header: Header, frames: Sequence[Frame], ending: Ending | None, on: Mapping[str, str] | None = None
) -> Record:
    """The last record of a run; `on`: the machine that it was computed on."""
    last = frames[-1]
    metrics = {name: float(last.metrics[name]) for name in METRICS if name != "step"}
    over = dict(on) if on is not None else None
    return Record(header.spec, header.device, header.dtype, over, last.step, metrics, digest(last.params), ending)


def digest(params: np.ndarray) -> str:
    """SHA-256 of the bytes of an array."""
    return hashlib.sha256(np.ascontiguousarray(params).tobytes()).hexdigest()


def machine() -> dict[str, str]:
    """What the last bit of a number may depend on: processor, system, versions."""
    return {
        "processor": _processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "torch": version("torch"),
        "numpy": version("numpy"),
    }


def _processor() -> str:
    if os.path.exists("/proc/cpuinfo"):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
        return next(named, platform.processor())
    return platform.processor()


def read_record(content: bytes) -> Record:
    """The record that `Record.json` wrote.  Raises `SpecFault`."""
    tree = read_json(content)
    spec = _spec(tree)
    try:
        if tree["format"] != FORMAT:
            raise ValueError(tree["format"])
        ending = None if tree["ending"] is None else Ending(**{k: _BEYOND.get(v, v) for k, v in tree["ending"].items()})
        metrics = {name: float(_BEYOND.get(value, value)) for name, value in tree["metrics"].items()}
        return Record(
            spec, tree["device"], tree["dtype"], tree["machine"], int(tree["step"]), metrics, tree["weights"], ending
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise SpecFault(f"run: not a complete record; allowed: an object with {', '.join(_FIELDS)}") from None


def read_run(content: bytes) -> RunSpec:
    """The spec of an exported run, or of a bare spec.  Raises `SpecFault`, a sentence for each fault."""
    return _spec(read_json(content))


def _spec(tree: Any) -> RunSpec:
    if not isinstance(tree, dict) or not {"format", "schema_version"} & tree.keys():
        return _validated(tree)
    told, known = tree.get("schema_version"), f"whole numbers up to {SCHEMA_VERSION}"
    if type(told) is not int or told > SCHEMA_VERSION:
        raise SpecFault(f"schema_version: {json.dumps(told)[:40]}; allowed: {known}, which this version reads")
    if told < SCHEMA_VERSION:
        raise SpecFault(f"schema_version: {told}; allowed: {SCHEMA_VERSION}, runs of that age cannot be read any more")
    if tree.get("format") != FORMAT:
        raise SpecFault(f"format: {json.dumps(tree.get('format'))[:40]}; allowed: {json.dumps(FORMAT)}")
    return _validated(tree.get("spec"))


def _validated(tree: Any) -> RunSpec:
    try:
        return RunSpec.model_validate(tree)
    except ValidationError as error:
        raise SpecFault(*faults(error)) from None


def differences(exported: Record, run: Recording) -> list[str]:
    """A line for each number of `run` that is not the exported one: none if it was reproduced.

    To the last bit, weights included, on the same machine and device; else within 1e-4 relative (1e-7 absolute).
    """
    frame = next((frame for frame in run.frames if frame.step == exported.step), None)
    if frame is None:
        return [f"step {exported.step}: the run has no record there"]
    exact = exported.exact(run.header.device)
    lines = [
        f"{name}: {frame.metrics[name]!r}, exported {value!r}"
        for name, value in exported.metrics.items()
        if not _same(frame.metrics[name], value, exact=exact)
    ]
    if exact and digest(frame.params) != exported.weights:
        lines.append(f"weights: SHA-256 {digest(frame.params)}, exported {exported.weights}")
    return lines


def _same(found: float, wanted: float, *, exact: bool) -> bool:
    if found == wanted or (math.isnan(found) and math.isnan(wanted)):
        return True
    return not exact and math.isclose(found, wanted, rel_tol=RELATIVE, abs_tol=ABSOLUTE)


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        name: str(value) if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in fields.items()
    }
