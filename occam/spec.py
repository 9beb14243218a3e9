"""A run is a pure function of its spec: the one description every other part reads.

`RunSpec` is the cache key, the URL, the JSON record, the CLI input and the chart title.  Every field is declared
once, by `knob`, with its default, range, label, symbol and help; widgets, links, error messages and the JSON Schema
are derived from that declaration through `KNOBS`.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo

from occam.datasets import DATASETS, OWN_CSV

SCHEMA_VERSION = 1
LARGEST_SEED = 2**31 - 1  # what every random generator in use accepts
MOST_RECORDS = 10_000  # a record holds maps and weights (about 20 kB); more would not fit in memory

Activation = Literal["tanh", "relu", "softplus", "gelu", "sine", "identity"]
Init = Literal["glorot", "he", "lecun"]
Sampling = Literal["reshuffle", "replacement"]


def _known_dataset(name: str) -> str:
    if name not in DATASETS:
        raise ValueError(f"one of {', '.join(DATASETS)}")
    return name


def _sha256(digest: str) -> str:
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise ValueError("64 hexadecimal digits, the SHA-256 of the file")
    return digest


def _no_negative_zero(value: float) -> float:
    return value + 0.0


Real = Annotated[float, AfterValidator(_no_negative_zero)]  # -0.0 equals 0.0, so both must hash alike


def knob(
    default: Any,
    *,
    label: str,
    help: str,  # noqa: A002  the word used by every widget
    symbol: str = "",
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    scale: Literal["linear", "log"] = "linear",
) -> Any:
    """Declare one field of a spec: default, label, help, symbol and its allowed range (`ge`, `gt`, `le`, `lt`)."""
    extra = {"label": label, "symbol": symbol, "scale": scale}
    return Field(default, description=help, ge=ge, gt=gt, le=le, lt=lt, json_schema_extra=extra)


class Part(BaseModel):
    """A frozen, strict piece of a spec: no coercion, no unknown fields, no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class DataSpec(Part):
    """Which samples a run sees."""

    dataset: Annotated[str, AfterValidator(_known_dataset)] = knob(
        "moons", label="Dataset", help="The problem to learn: two classes, a curve or surface, a real table, own CSV."
    )
    n_train: int = knob(
        200,
        label="Training samples",
        symbol="n",
        ge=1,
        le=10_000,
        scale="log",
        help="How many samples the network is trained on. A real table gives at most four fifths of its rows.",
    )
    n_test: int = knob(
        1000,
        label="Test samples",
        ge=1,
        le=10_000,
        scale="log",
        help="How many fresh samples judge generalisation. A real table gives what training leaves over.",
    )
    noise: Real = knob(
        0.2,
        label="Noise",
        symbol="σ",
        ge=0.0,
        le=2.0,
        help="Standard deviation of the Gaussian noise: on the inputs of two-class data, on the targets of curves and "
        "surfaces. Real tables and own files are used as they are.",
    )
    seed: int = knob(0, label="Data seed", ge=0, le=LARGEST_SEED, help="Draws the samples and the split.")
    csv_sha256: Annotated[str, AfterValidator(_sha256)] | None = knob(
        None, label="File", help="SHA-256 of the own CSV file; the file itself stays with whoever opened it."
    )
    csv_target: str | None = knob(None, label="Target column", help="The column of the own CSV that is to be predicted.")

    @model_validator(mode="after")
    def _own_csv_is_named(self) -> DataSpec:
        if (self.dataset == OWN_CSV) != (self.csv_sha256 is not None and self.csv_target is not None):
            raise ValueError(f"csv_sha256 and csv_target belong together and to dataset '{OWN_CSV}' alone")
        return self


class ModelSpec(Part):
    """Which network, and how it starts."""

    depth: int = knob(
        3, label="Hidden layers", symbol="L − 1", ge=0, le=8, help="Number of hidden layers; 0 is a linear model."
    )
    width: int = knob(
        16, label="Width", ge=1, le=512, scale="log", help="Units in every hidden layer. Ignored at depth 0."
    )
    activation: Activation = knob(
        "tanh", label="Activation", symbol="φ", help="The nonlinearity of every hidden layer; the output is linear."
    )
    init: Init = knob(
        "glorot",
        label="Initialisation",
        help="Variance of the Gaussian initial weights: glorot 2/(in + out), he 2/in, lecun 1/in. Biases start at 0.",
    )
    gain: Real = knob(
        1.0, label="Gain", gt=0.0, le=10.0, help="Multiplies every initial weight. Above 1 the network starts rougher."
    )
    seed: int = knob(0, label="Model seed", ge=0, le=LARGEST_SEED, help="Draws the initial weights.")


class TrainingSpec(Part):
    """How the network is trained, and when to stop."""

    step_size: Real = knob(
        0.1,
        label="Step size",
        symbol="γ",
        gt=0.0,
        le=100.0,
        scale="log",
        help="Length of a gradient step. Full-batch descent carries an implicit penalty γ/4 on ‖∇L‖², "
        "as long as γλ_max < 1.",
    )
    batch_size: int | None = knob(
        None,
        label="Batch size",
        symbol="B",
        ge=1,
        le=10_000,
        scale="log",
        help="Samples in one step; none means the full batch. An incomplete last batch of an epoch is left out.",
    )
    sampling: Sampling = knob(
        "reshuffle",
        label="Sampling",
        help="Mini-batches by a new order every epoch (reshuffle) or drawn with replacement; the implicit penalty of "
        "the two differs.",
    )
    momentum: Real = knob(
        0.0, label="Momentum", symbol="β", ge=0.0, lt=1.0, help="Heavy-ball momentum: v ← βv + gradient, θ ← θ − γv."
    )
    param_penalty: Real = knob(
        0.0,
        label="Parameter-gradient penalty",
        symbol="λ",
        ge=0.0,
        le=100.0,
        scale="log",
        help="Explicit weight λ of ‖∇_θL‖² in the training objective; adds to the implicit γ/4.",
    )
    input_penalty: Real = knob(
        0.0,
        label="Input-gradient penalty",
        symbol="ε",
        ge=0.0,
        le=100.0,
        scale="log",
        help="Explicit weight ε of the mean ‖∇_xℓ‖² in the training objective.",
    )
    weight_decay: Real = knob(
        0.0,
        label="L2",
        ge=0.0,
        le=10.0,
        scale="log",
        help="Adds ½ · L2 · ‖W‖² to the objective (weights, not biases).",
    )
    max_steps: int = knob(
        2000, label="Steps", ge=0, le=1_000_000, scale="log", help="Training ends after this many steps at the latest."
    )
    stop_loss: Real | None = knob(
        None,
        label="Stop at training loss",
        ge=0.0,
        le=1e6,
        help="Training ends when the training loss is this low: looked at after every step for the full batch, at "
        "every record for mini-batches.",
    )
    stop_time: Real | None = knob(
        None, label="Stop at physical time", symbol="γ·steps", gt=0.0, le=1e6, help="Training ends at this γ · steps."
    )
    seed: int = knob(0, label="Training seed", ge=0, le=LARGEST_SEED, help="Draws the order of the mini-batches.")

    @cached_property
    def last_step(self) -> int:
        """min(max_steps, ⌈stop_time/γ⌉): the step at which training ends unless a loss ends it earlier."""
        if self.stop_time is None:
            return self.max_steps
        exact = self.stop_time / self.step_size
        # 0.3/0.1 is 2.9999…96: a quotient within rounding of a whole number is that number.
        steps = round(exact) if math.isclose(exact, round(exact), rel_tol=1e-9) else math.ceil(exact)
        return min(self.max_steps, steps)


class RunSpec(Part):
    """One training run, complete: equal specs on one device give equal numbers, bit for bit."""

    data: DataSpec = DataSpec()
    model: ModelSpec = ModelSpec()
    training: TrainingSpec = TrainingSpec()
    record_every: int = knob(
        20, label="Record every", ge=1, le=1_000_000, scale="log", help="Steps between two records on the timeline."
    )

    @model_validator(mode="after")
    def _parts_fit_together(self) -> RunSpec:
        batch_size = self.training.batch_size
        if batch_size is not None and batch_size > self.data.n_train:
            raise ValueError(f"training.batch_size: {batch_size}; allowed: at most data.n_train = {self.data.n_train}")
        if self.training.last_step > MOST_RECORDS * self.record_every:
            fewest = math.ceil(self.training.last_step / MOST_RECORDS)
            raise ValueError(
                f"record_every: {self.record_every}; allowed: at least {fewest} for {self.training.last_step} steps "
                f"(at most {MOST_RECORDS} records a run)"
            )
        return self

    def canonical_json(self) -> str:
        """The spec as JSON with every default filled in, keys sorted, no white space: one text per spec."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @cached_property
    def digest(self) -> str:
        """First 16 hexadecimal digits of SHA-256 over schema version and canonical JSON: the key of the run."""
        return hashlib.sha256(f"{SCHEMA_VERSION}:{self.canonical_json()}".encode()).hexdigest()[:16]

    def replace(self, changes: Mapping[str, Any]) -> RunSpec:
        """A new, validated spec with the given knobs changed, e.g. {"training.step_size": 0.2}."""
        tree = self.model_dump()
        for path, value in changes.items():
            branch, leaf = _branch(tree, path)
            branch[leaf] = value
        return RunSpec.model_validate(tree)

    def value(self, path: str) -> Any:
        """The value of one knob, e.g. value("training.step_size")."""
        branch, leaf = _branch(self.model_dump(), path)
        return branch[leaf]


def _branch(tree: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    *parents, leaf = path.split(".")
    for parent in parents:
        tree = tree[parent]
    if leaf not in tree:
        raise KeyError(path)
    return tree, leaf


@dataclass(frozen=True)
class Knob:
    """What a widget, a link or an error message needs to know of one field."""

    path: str
    query: str  # its name in a link
    kind: type  # int, float or str
    optional: bool
    default: Any
    choices: tuple[str, ...]
    ge: float | None
    gt: float | None
    le: float | None
    lt: float | None
    label: str
    symbol: str
    scale: str
    help: str

    @property
    def allowed(self) -> str:
        """The allowed values in words."""
        if self.choices:
            words = "one of " + ", ".join(self.choices)
        elif self.kind is str:
            words = "a text"
        else:
            kind = "a whole number" if self.kind is int else "a number"
            ends = {"at least": self.ge, "above": self.gt, "at most": self.le, "below": self.lt}
            bounds = [f"{word} {end:g}" if end < 1e6 else f"{word} {end:.0f}" for word, end in ends.items() if end is not None]
            words = f"{kind} {' and '.join(bounds)}"
        return words + (" or none" if self.optional else "")


def _knobs() -> Iterator[Knob]:
    parts: dict[str, type[BaseModel]] = {"data": DataSpec, "model": ModelSpec, "training": TrainingSpec}
    leaves = [(f"{part}.{name}", field) for part, model in parts.items() for name, field in model.model_fields.items()]
    leaves.append(("record_every", RunSpec.model_fields["record_every"]))
    names = [path.rpartition(".")[2] for path, _ in leaves]
    for (path, field), name in zip(leaves, names, strict=True):
        query = name if names.count(name) == 1 else path.replace(".", "_")  # data_seed, model_seed, training_seed
        yield _knob(path, query, field)


def _knob(path: str, query: str, field: FieldInfo) -> Knob:
    annotation, optional, choices = field.annotation, False, ()
    if get_origin(annotation) in (Union, UnionType):
        annotation, optional = next(a for a in get_args(annotation) if a is not NoneType), True
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) is Literal:
        annotation, choices = str, get_args(annotation)
    if path == "data.dataset":
        choices = tuple(DATASETS)
    ends = {end: getattr(meta, end) for meta in field.metadata for end in ("ge", "gt", "le", "lt") if hasattr(meta, end)}
    extra = field.json_schema_extra
    assert isinstance(annotation, type) and isinstance(extra, dict)
    return Knob(
        path=path,
        query=query,
        kind=annotation,
        optional=optional,
        default=field.default,
        choices=choices,
        ge=ends.get("ge"),
        gt=ends.get("gt"),
        le=ends.get("le"),
        lt=ends.get("lt"),
        label=str(extra["label"]),
        symbol=str(extra["symbol"]),
        scale=str(extra["scale"]),
        help=field.description or "",
    )


KNOBS: dict[str, Knob] = {knob.path: knob for knob in _knobs()}


def faults(error: ValidationError) -> list[str]:
    """One line per fault of a refused spec: field, value, allowed range."""
    return [_fault(entry["loc"], entry["type"], entry["input"], entry["msg"]) for entry in error.errors()]


def _fault(location: tuple[int | str, ...], kind: str, value: Any, message: str) -> str:
    path = ".".join(str(step) for step in location)
    if kind == "extra_forbidden":
        parent = path.rpartition(".")[0]
        siblings = [known.removeprefix(f"{parent}.") for known in KNOBS if known.rpartition(".")[0] == parent]
        groups = ["data", "model", "training"] if not parent else []
        return f"{path}: unknown field; allowed: {', '.join(groups + siblings)}"
    if path in KNOBS:
        return f"{path}: {_short(value)}; allowed: {KNOBS[path].allowed}"
    if kind == "value_error":  # from a model validator: the message already names field, value and range
        text = message.removeprefix("Value error, ")
        return f"{path}: {text}" if path else text
    return f"{path or 'spec'}: {_short(value)}; allowed: an object with the fields of the schema"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "…"
