"""What the numbers of the page on one dimension say: pure functions of results."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from occam.studies.kinds.input_penalty_verdicts import T_975
from occam.studies.kinds.one_dimension import LinearPoint, SeedArm, StableEnd
from occam.studies.kinds.step_size_verdicts import CHANCE, Verdict, sign_test

Measure = Literal["excess", "arc", "energy", "sharpness"]
LENGTHS: tuple[Measure, ...] = ("excess", "arc", "energy")  # what a viewer may choose
FEWEST = 6  # pairs: with fewer even one-sided ones are no surprise at 5 % (2/2⁵ > 0.05)
SAME = 0.01  # by which energies that should be equal may differ, relative
SETTLED = 1e-6  # share of the first loss below which a linear arm counts as converged
SLACK = 0.01  # of each link of the chain of a stable minimum


@dataclass(frozen=True)
class Paired:
    """One measure between the smallest and the largest γ, over seeds of which both arms got to their end.

    `changes`: measure at the largest less at the smallest γ (n,), `ratio`: median of their quotient; `lost`: seeds
    left out; `rank`: mean over seeds of Spearman's correlation with γ, `low`, `high` its 95 % interval (Student's t).
    """

    changes: NDArray[np.float64]
    ratio: float
    lost: int
    rank: float
    low: float
    high: float

    @property
    def falls(self) -> int:
        """Seeds in which it falls."""
        return int((self.changes < 0).sum())

    @property
    def moved(self) -> int:
        """Seeds in which it is not equal."""
        return int((self.changes != 0).sum())

    @property
    def chance(self) -> float:
        """Of a split at least as uneven if up and down were equally likely (two-sided sign test)."""
        return sign_test(self.falls, self.moved) if self.moved else 1.0


def paired(arms: Sequence[SeedArm], measure: Measure, last: int) -> Paired:
    """The change of `measure` from arm 0 to arm `last`, seed by seed."""
    seeds: dict[int, dict[int, float]] = {}
    for one in arms:
        reached = seeds.setdefault(one.seed, {})
        if one.status == "reached":
            reached[one.arm] = getattr(one, measure)
    both = [by_arm for by_arm in seeds.values() if 0 in by_arm and last in by_arm]
    pairs = np.array([(by_arm[0], by_arm[last]) for by_arm in both]).reshape(-1, 2)
    ranks = np.array([_spearman(by_arm) for by_arm in both if len(by_arm) > 2])
    ranks = ranks[np.isfinite(ranks)]
    with np.errstate(divide="ignore", invalid="ignore"):
        quotients = pairs[:, 1] / pairs[:, 0]
    ratio = float(np.median(quotients)) if len(pairs) else math.nan
    return Paired(pairs[:, 1] - pairs[:, 0], ratio, len(seeds) - len(both), *_interval(ranks))


def _spearman(by_arm: dict[int, float]) -> float:
    values = np.array([by_arm[arm] for arm in sorted(by_arm)])
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]  # ties share the mean of their ranks
    order = np.arange(len(values))
    return float(np.corrcoef(order, ranks)[0, 1]) if len(counts) > 1 else math.nan


def _interval(values: NDArray[np.float64]) -> tuple[float, float, float]:
    n = len(values)
    if n < 2:
        return (float(values[0]) if n else math.nan), math.nan, math.nan
    mean, half = float(values.mean()), float(T_975[min(n - 1, len(T_975)) - 1] * values.std(ddof=1) / math.sqrt(n))
    return mean, max(-1.0, mean - half), min(1.0, mean + half)


def median_loss(arms: Sequence[SeedArm], arm: int) -> float:
    """The median training loss at which the runs of an arm ended, nan without any."""
    losses = [one.loss for one in arms if one.arm == arm and one.status == "reached"]
    return float(np.median(losses)) if losses else math.nan


def arms(found: Sequence[SeedArm], measure: Measure, last: int) -> Verdict:
    """Sign test over seeds: "arms.consistent" where the measure falls with γ, "arms.opposite" where it rises.

    "arms.no_effect" where neither is beyond chance at 5 %, "arms.unmeasured" with fewer than `FEWEST` pairs.
    """
    seen = paired(found, measure, last)
    n = len(seen.changes)
    values = {"n": n, "lost": seen.lost, "falls": seen.falls, "rises": seen.moved - seen.falls, "chance": seen.chance}
    values |= {"change": 100 * (seen.ratio - 1), "rank": seen.rank, "low": seen.low, "high": seen.high}
    if n < FEWEST:
        return Verdict("arms.unmeasured", values | {"fewest": FEWEST})
    if seen.chance >= CHANCE:
        return Verdict("arms.no_effect", values)
    return Verdict("arms.consistent" if 2 * seen.falls > seen.moved else "arms.opposite", values)


def linear(points: Sequence[LinearPoint]) -> Verdict:
    """Whether all arms have the energy of the least-norm interpolant to 1 %: "linear.same", else "linear.differ".

    "linear.unsettled" where an arm has not converged and differs still; "linear.diverged"; "linear.unmeasured".
    """
    if not points:
        return Verdict("linear.unmeasured")
    first, end = points[0], points[-1]
    limit = end.limit_energy
    with np.errstate(divide="ignore", invalid="ignore"):
        gaps = np.abs(end.energies / limit - 1)
        unsettled = ~(end.losses <= SETTLED * first.losses)
    values = {"count": len(gaps), "gap": 100 * float(gaps.max()), "step": end.step, "limit": limit}
    values |= {"unsettled": int((unsettled & ~(gaps <= SAME)).sum())}
    if not np.isfinite(end.losses).all():
        return Verdict("linear.diverged", values)
    if (gaps <= SAME).all():
        return Verdict("linear.same", values)
    return Verdict("linear.unsettled" if (unsettled | (gaps <= SAME)).all() else "linear.differ", values)


def broken(end: StableEnd) -> tuple[str, ...]:
    """The links of the chain that do not hold within `SLACK`; the first is a theorem, the last is descent's."""
    chain = (
        ("transfer", end.transferred, end.mean_output_grad_sq),
        ("trace", abs(end.trace - end.mean_output_grad_sq), SLACK * end.mean_output_grad_sq),
        ("sharpness", end.trace, end.samples * end.sharpness),
        ("limit", end.samples * end.sharpness, end.limit),
    )
    return tuple(name for name, left, right in chain if not left <= right * (1 + (SLACK if name != "trace" else 0)))


def stable(ends: Sequence[StableEnd]) -> Verdict:
    """Whether each run that reached its loss obeys every link: "stable.holds", "stable.broken", "stable.unmeasured"."""
    reached = [end for end in ends if end.status == "reached"]
    values: dict[str, float | int | str] = {"n": len(reached), "lost": len(ends) - len(reached)}
    if not reached:
        return Verdict("stable.unmeasured", values)
    faults = [name for end in reached for name in broken(end)]
    slack = [end.transferred / end.limit for end in reached]
    values |= {"stability": max(end.stability for end in reached), "loose": float(np.median(slack))}
    values |= {"faults": len(faults), "links": ", ".join(dict.fromkeys(faults))}
    return Verdict("stable.broken" if faults else "stable.holds", values)
