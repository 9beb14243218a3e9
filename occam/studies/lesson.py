"""The runs of a lesson: the arms side by side, each a little at a time, so that all pictures move together."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from occam.datasets import Table, load
from occam.glossary import METRICS
from occam.spec import RunSpec
from occam.studies.kinds.lesson import Arm, ArmRecord, LessonRuns, Measured, Status, named
from occam.studies.kinds.one_dimension import CURVE_CELLS
from occam.studies.spec import Progress
from occam.theory.counterexamples import shared_weights
from occam.theory.curve import CurveMeasure, grid_with, measure_curve
from occam.theory.curve_network import evaluate
from occam.training.cohort import Cohort
from occam.training.frames import Frame
from occam.training.inspect import proof
from occam.training.live import LiveRun

BURST = 0.010  # seconds of training between two pauses
RECORDS = 12  # of an arm, evenly in steps, and as many evenly on a log axis
LARGEST_STEP = 100.0  # what a spec allows
FLAT = "The loss has no curvature at the start of seed {seed}: all gradients vanish there, and no γ moves the weights."
CURVES = ("arc_length", "arc_excess")
PROOFS = ("batch_ratio", "skip_ratio")


@dataclass
class _Member:
    """An arm in training: recorded at step 0, at those of `steps` that it reaches, and where it ends."""

    name: str
    spec: RunSpec
    run: LiveRun
    cohort: Cohort
    steps: frozenset[int]
    frames: list[Frame] = field(default_factory=list)

    @classmethod
    def of(cls, name: str, spec: RunSpec, table: Table | None) -> _Member:
        last = max(1, spec.training.last_step)
        run = LiveRun(spec.replace({"record_every": last}), table=table, device="cpu")
        steps = np.concatenate([np.geomspace(1, last, RECORDS), np.linspace(0, last, RECORDS)])
        return cls(name, spec, run, Cohort([run]), frozenset(np.round(steps).astype(int).tolist()))

    @property
    def due(self) -> bool:
        seen = bool(self.frames) and self.frames[-1].step == self.run.step
        return self.run.ending is None and (self.run.owes_record or (self.run.step in self.steps and not seen))

    @property
    def done(self) -> float:
        """The share of its steps that are taken; 1 at the end."""
        return 1.0 if self.run.ending is not None else self.run.step / max(1, self.spec.training.last_step)

    @property
    def status(self) -> Status:
        ending, training = self.run.ending, self.spec.training
        if ending is None or ending.status == "diverged":
            return "diverged"
        return "short" if training.stop_loss is not None and ending.reason != "stop_loss" else "finished"


def lesson(spec: LessonRuns, table: Table | None = None) -> Iterator[ArmRecord | Measured | Progress | None]:
    """All arms; those that wait for the loss of another one after those that do not."""
    members: dict[str, _Member] = {}
    first = [arm for arm in spec.arms if arm.stop_like is None]
    later = [arm for arm in spec.arms if arm.stop_like is not None]
    for group in (first, later):
        for arm in group:
            run = _settled(arm, members, table)
            if run is not None:
                members[arm.name] = _Member.of(arm.name, run, table)
            yield None
        before = len(spec.arms) - len(later) if group is later else 0
        yield from _train([members[arm.name] for arm in group if arm.name in members], before, len(spec.arms))
    yield from _measured(spec, members, table)


def _settled(arm: Arm, members: dict[str, _Member], table: Table | None) -> RunSpec | None:
    """The arm's run with its γ and its stop loss as numbers; None where the arm it is to end like has no end."""
    run = arm.run
    if arm.start_stability is not None:
        frame = LiveRun(run, table=table, device="cpu").record()
        sharpness = frame.metrics["sharpness"] if frame is not None else 0.0
        if not 1e-9 < sharpness < math.inf:
            raise ValueError(FLAT.format(seed=run.model.seed))
        size = min(LARGEST_STEP, float(f"{arm.start_stability / sharpness:.4g}"))
        run = run.replace({"training.step_size": size})
    if arm.stop_like is None:
        return run
    like = members[arm.stop_like]
    if like.status != "finished":
        return None
    return run.replace({"training.stop_loss": like.frames[-1].metrics["train_loss"]})


def _train(members: Sequence[_Member], before: int, arms: int) -> Iterator[ArmRecord | Progress | None]:
    """Advance whoever is farthest behind, until all have ended; `before` of the lesson's `arms` have."""
    while any(member.run.ending is None for member in members):
        member = min((one for one in members if one.run.ending is None), key=lambda one: one.done)
        if member.due:
            (frame,) = member.cohort.record([member.run])
            if frame is not None:
                header = replace(member.run.header, spec=member.spec) if not member.frames else None
                member.frames.append(frame)
                yield ArmRecord(member.name, header, _light(frame, member))
            yield Progress(before + sum(one.done for one in members), arms)
            continue
        end = time.perf_counter() + BURST
        member.cohort.advance(lambda member=member, end=end: member.due or time.perf_counter() >= end)
        yield None


def _is_curve(member: _Member) -> bool:
    header = member.run.header
    return header.task == "regression" and (header.sizes[0], header.sizes[-1]) == (1, 1)


def _light(frame: Frame, member: _Member) -> Frame:
    """The frame with what is drawn of it: weights of curves only."""
    return replace(frame, slopes=frame.slopes[:0], params=frame.params if _is_curve(member) else frame.params[:0])


def _measured(spec: LessonRuns, members: dict[str, _Member], table: Table | None) -> Iterator[Measured | None]:
    values: dict[str, float] = {}
    for arm in spec.arms:
        member = members.get(arm.name)
        found: dict[str, float] = {}
        if member is not None and member.status == "finished":
            found = dict(member.frames[-1].metrics)
            for name in spec.measures:
                found[name] = _measure(name, member, table)
                yield None
        values |= {named(name, arm.name): found.get(name, math.nan) for name in (*METRICS, *spec.measures)}
    for one, other in spec.pairs:
        ends = [members[name] for name in (one, other) if name in members and members[name].status == "finished"]
        usable = len(ends) == 2 and ends[0].run.header.sizes == ends[1].run.header.sizes
        gap = ends[0].frames[-1].params - ends[1].frames[-1].params if usable else math.nan
        values[named("parameter_distance", one, other)] = float(np.linalg.norm(gap))
    status: dict[str, Status] = {
        arm.name: members[arm.name].status if arm.name in members else "short" for arm in spec.arms
    }
    yield Measured(values, status)


def _measure(name: str, member: _Member, table: Table | None) -> float:
    """One of the lessons' own measures at the end of an arm; nan where it makes no sense."""
    header, frame = member.run.header, member.frames[-1]
    if name == "physical_time":
        return member.spec.training.step_size * frame.step
    if name == "largest_layer_ratio":
        return max(float(np.nanmax(frame.bounds[:, 0, 4], initial=0.0)) for frame in member.frames)
    if name in CURVES:
        found = _curve(member, table)
        return math.nan if found is None else found.arc if name == "arc_length" else found.excess
    if name in PROOFS:
        of_loss = proof(header, frame.params, table=table)
        inputs = header.sizes[0]
        direction = np.full(inputs, inputs**-0.5)
        ratios = (
            of_loss.against_batch("operator") if name == "batch_ratio" else of_loss.with_skip(direction, "operator")
        )
        return float(np.nanmax(ratios, initial=0.0))
    x = load(header.spec.data, table).x_train[:, :2]
    if x.shape[1] < 2:
        return math.nan
    filter_, signs = frame.params[:1].astype(float), np.array([1.0, -1.0])
    return max(shared_weights(filter_, 0.0, signs, sample).ratio for sample in x)


def _curve(member: _Member, table: Table | None) -> CurveMeasure | None:
    if not _is_curve(member):
        return None
    samples, header = load(member.spec.data, table), member.run.header
    x = samples.x_train[:, 0]
    grid = grid_with(float(samples.low[0]), float(samples.high[0]), CURVE_CELLS, x)
    values, slopes = evaluate(header.sizes, member.spec.model.activation, member.frames[-1].params, grid)
    return measure_curve(grid, values, slopes, x, values[np.searchsorted(grid, x)])
