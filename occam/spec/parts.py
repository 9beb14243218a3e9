"""The parts of a spec: every field declared once, by `knob`, with its default, range, label, symbol and help."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, model_validator

from occam.datasets import DATASETS, OWN_CSV
from occam.datasets.moved import ALLOWED, kept, misplaced, read_moves, write_moves
from occam.spec.field import Part, knob, refuse

SCHEMA_VERSION = 1
SHA256 = "64 lower-case hexadecimal digits, the SHA-256 of the file"
LARGEST_SEED = 2**31 - 1  # what every random generator in use accepts
MOST_RECORDS = 10_000  # a record holds maps and weights (about 20 kB); more would not fit in memory

Activation = Literal["tanh", "relu", "softplus", "gelu", "sine", "identity"]
Init = Literal["glorot", "he", "lecun"]
Sampling = Literal["reshuffle", "replacement"]
Perturbation = Literal["none", "gradient", "unit", "sign", "noise"]


def _known_dataset(name: str) -> str:
    if name not in DATASETS:
        raise ValueError(f"one of {', '.join(DATASETS)}")
    return name


def _sha256(digest: str) -> str:
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise ValueError(SHA256)
    return digest


def _unicode(text: str) -> str:
    text.encode()  # a lone surrogate has no UTF-8, hence no digest; UnicodeEncodeError is a ValueError
    return text


def _moves(text: str) -> str | None:
    return write_moves(read_moves(text))


class DataSpec(Part):
    """Which samples a run sees."""

    dataset: Annotated[str, AfterValidator(_known_dataset)] = knob(
        "moons",
        label="Dataset",
        choices=tuple(DATASETS),
        help="The problem to learn: two classes, a curve or surface, a real table, own CSV.",
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
    noise: float = knob(
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
        None, label="File", text=SHA256, help="SHA-256 of the own CSV file, which stays with whoever opened it."
    )
    csv_target: Annotated[str, AfterValidator(_unicode)] | None = knob(
        None, label="Target column", text="a column's name", help="The column of the own CSV that is to be predicted."
    )
    moved: Annotated[str, AfterValidator(_moves)] | None = knob(
        None,
        label="Moved samples",
        text=ALLOWED,
        since=2,
        help="Training samples of a curve that were moved to new places by hand; test samples stay where they were.",
    )

    @model_validator(mode="after")
    def _own_csv_is_named_and_samples_can_move(self) -> DataSpec:
        own, named = self.dataset == OWN_CSV, {"csv_sha256": self.csv_sha256, "csv_target": self.csv_target}
        wrong = [f"{name}: {json.dumps(value)[:60]}" for name, value in named.items() if (value is not None) != own]
        allowed = f"a text with dataset '{OWN_CSV}'" if own else f"null unless dataset is '{OWN_CSV}'"
        lines = [f"{fault}; allowed: {allowed}" for fault in wrong]
        text = json.dumps(self.moved)[:60]
        faults = misplaced(read_moves(self.moved), DATASETS[self.dataset], self.n_train)
        refuse([*lines, *(f"moved: {text}; allowed: {allowed}" for allowed in faults)])
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
    gain: float = knob(
        1.0, label="Gain", gt=0.0, le=10.0, help="Multiplies every initial weight. Above 1 the network starts rougher."
    )
    seed: int = knob(0, label="Model seed", ge=0, le=LARGEST_SEED, help="Draws the initial weights.")


class TrainingSpec(Part):
    """How the network is trained, and when to stop."""

    step_size: float = knob(
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
    momentum: float = knob(
        0.0, label="Momentum", symbol="β", ge=0.0, lt=1.0, help="Heavy-ball momentum: v ← βv + gradient, θ ← θ − γv."
    )
    param_penalty: float = knob(
        0.0,
        label="Parameter-gradient penalty",
        symbol="λ",
        ge=0.0,
        le=100.0,
        scale="log",
        help="Explicit weight λ of ‖∇_θL‖² in the training objective; adds to the implicit γ/4.",
    )
    input_penalty: float = knob(
        0.0,
        label="Input-gradient penalty",
        symbol="ε",
        ge=0.0,
        le=100.0,
        scale="log",
        help="Explicit weight ε of the mean ‖∇_xℓ‖² in the training objective.",
    )
    perturbation: Perturbation = knob(
        "none",
        label="Input perturbation",
        symbol="Δx",
        help="Every step trains on x + Δx, Δx held fixed: ρ∇_xℓ (gradient), ρ∇_xℓ/‖∇_xℓ‖ (unit), ρ·sign(∇_xℓ) (sign), "
        "ρ·N(0, 1) (noise). To first order they add (ρ/2)‖∇_xℓ‖², ρ‖∇_xℓ‖, ρ‖∇_xℓ‖₁ and nothing to the loss.",
    )
    perturbation_size: float = knob(
        0.0,
        label="Perturbation size",
        symbol="ρ",
        ge=0.0,
        le=100.0,
        scale="log",
        help="Size ρ of the perturbation of the inputs; has no effect when the perturbation is none.",
    )
    weight_decay: float = knob(
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
    stop_loss: float | None = knob(
        None,
        label="Stop at training loss",
        ge=0.0,
        le=1e6,
        help="Training ends when the training loss is this low: looked at after every step for the full batch, at "
        "every record for mini-batches.",
    )
    stop_time: float | None = knob(
        None, label="Stop at physical time", symbol="γ·steps", gt=0.0, le=1e6, help="Training ends at this γ · steps."
    )
    seed: int = knob(0, label="Training seed", ge=0, le=LARGEST_SEED, help="Draws the order of the mini-batches.")

    @cached_property
    def last_step(self) -> int:
        """min(max_steps, ⌈stop_time/γ⌉): the step at which training ends unless a loss ends it earlier."""
        if self.stop_time is None:
            return self.max_steps
        exact = min(self.stop_time / self.step_size, self.max_steps)  # the quotient itself may be infinite
        # 2.1/0.3 is 7.0000…1: a quotient within rounding of a whole number is that number.
        steps = round(exact) if math.isclose(exact, round(exact), rel_tol=1e-9) else math.ceil(exact)
        return min(max(steps, 1), self.max_steps)  # a positive time takes a step, also where the quotient underflows


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
        n_train, batch_size, last_step = self.data.n_train, self.training.batch_size, self.training.last_step
        wrong: list[str] = []
        if batch_size is not None and batch_size > n_train:
            wrong.append(f"training.batch_size: {batch_size}; allowed: at most data.n_train = {n_train}")
        if last_step > MOST_RECORDS * self.record_every:
            fewest = math.ceil(last_step / MOST_RECORDS)
            wrong.append(
                f"record_every: {self.record_every}; allowed: at least {fewest} for {last_step} steps "
                f"(at most {MOST_RECORDS} records a run)"
            )
        refuse(wrong)
        return self

    @cached_property
    def digest(self) -> str:
        """First 16 hexadecimal digits of SHA-256 over schema version and canonical JSON: the key of the run."""
        return hashlib.sha256(f"{SCHEMA_VERSION}:{self.canonical_json()}".encode()).hexdigest()[:16]

    def replace(self, changes: Mapping[str, Any]) -> RunSpec:
        """A new, validated spec with the given knobs changed, e.g. {"training.step_size": 0.2}.

        What was done by hand to samples goes with them: `data.moved` loses the samples that a smaller `data.n_train` no
        longer draws, and all of them with another dataset, unless the changes themselves say what is moved.
        """
        tree = self.model_dump()
        if self.data.moved is not None and changes.get("data.dataset", self.data.dataset) != self.data.dataset:
            tree["data"]["moved"] = None
        elif self.data.moved is not None and isinstance(n_train := changes.get("data.n_train"), int):
            left = kept(read_moves(self.data.moved), DATASETS[self.data.dataset], n_train)
            tree["data"]["moved"] = write_moves(left)
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
