"""What the numbers of the page on the input penalty say: pure functions of results."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from occam.studies.kinds.input_penalty import COMPARISONS, MEASURES, PAIRED, Angle, Distance, Order, Pull, SeedPair
from occam.studies.kinds.step_size_verdicts import Verdict

TOLERANCE = 0.15  # by which a fitted slope may miss a whole order
EXPECTED = {"gradient": 2, "unit": 2, "sign": 2, "noise": 4, "noise_rough": 2}
EXPECTED_DISTANCE = {"none": 1, "same": 1, "double": 2}
RATIOS = ("geometric_complexity",)  # compared by their ratio, the others by their difference
ALIGNED = 0.5  # cosine from which two penalties count as pushing the same way

# Student's t, 97.5 %, for 1, 2, … degrees of freedom.
T_975 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179)
T_975 += (2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069)


@dataclass(frozen=True)
class Change:
    """Mean over `n` seeds of a paired change from the arm without penalty, and its 95 % interval (Student's t).

    Of a ratio: exp of the mean log ratio, 1 = unchanged; else of a difference, 0 = unchanged.  nan below two seeds.
    """

    n: int
    mean: float
    low: float
    high: float
    ratio: bool

    @property
    def sign(self) -> int:
        """−1 or 1 where the whole interval lies below or above no change, else 0."""
        unchanged = 1.0 if self.ratio else 0.0
        return int(self.low > unchanged) - int(self.high < unchanged)


def change(pairs: Sequence[SeedPair], arm: str, measure: str, comparison: str) -> Change:
    """The paired change of one measure in one arm; seeds in which either has no number are left out."""
    where, column = COMPARISONS.index(comparison), MEASURES.index(measure)
    values = np.array([pair.values[where, [0, PAIRED.index(arm)], column] for pair in pairs]).reshape(-1, 2)
    ratio = measure in RATIOS
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.log(values[:, 1] / values[:, 0]) if ratio else values[:, 1] - values[:, 0]
    each = each[np.isfinite(each)]
    n = len(each)
    if n < 2:
        return Change(n, math.nan, math.nan, math.nan, ratio)
    mean, half = each.mean(), T_975[min(n - 1, len(T_975)) - 1] * each.std(ddof=1) / math.sqrt(n)
    three = np.array([mean, mean - half, mean + half])
    mean, low, high = (np.exp(three) if ratio else three).tolist()
    return Change(n, mean, low, high, ratio)


def paired(pairs: Sequence[SeedPair], arm: str, measure: str, comparison: str) -> Verdict:
    """ "pair.lower", "pair.higher", "pair.no_effect", or "pair.unmeasured" with fewer than two seeds."""
    found = change(pairs, arm, measure, comparison)
    if not math.isfinite(found.mean):
        return Verdict("pair.unmeasured", {"n": found.n})
    name = {-1: "pair.lower", 0: "pair.no_effect", 1: "pair.higher"}[found.sign]
    return Verdict(name, {"n": found.n, "mean": found.mean, "low": found.low, "high": found.high})


def slopes(found: Sequence[Order]) -> Verdict:
    """Whether every measured remainder has the order of theory.md T12 ± 0.15; "orders.unmeasured" without any.

    Where Δ_xf vanishes the two noise expansions are one, and the one without it has nothing to miss.
    """
    by_kind = {order.kind: order for order in found}
    rough, fine = by_kind.get("noise_rough"), by_kind.get("noise")
    if rough is not None and fine is not None and np.allclose(rough.remainder, fine.remainder, rtol=1e-3):
        del by_kind["noise_rough"]
    measured = {kind: order.slope for kind, order in by_kind.items() if math.isfinite(order.slope)}
    return _compare("orders", measured, EXPECTED)


def distances(found: Sequence[Distance]) -> Verdict:
    """Whether the adversarial arm is at O(ε) from the penalty's with Δx = ε∇_xℓ, and at O(ε²) with 2ε∇_xℓ."""
    measured = {d.pair: d.slope for d in found if math.isfinite(d.slope)}
    return _compare("distance", measured, EXPECTED_DISTANCE)


def _compare(name: str, measured: Mapping[str, float], expected: Mapping[str, int]) -> Verdict:
    if not measured:
        return Verdict(f"{name}.unmeasured")
    wrong = sum(not abs(slope - expected[kind]) <= TOLERANCE for kind, slope in measured.items())
    values = {"wrong": wrong, "count": len(measured), "tolerance": TOLERANCE}
    return Verdict(f"{name}.differ" if wrong else f"{name}.agree", values)


def angles(found: Sequence[Angle]) -> Verdict:
    """Median cosine over the last third of the records: "angle.with" from ½ on, "angle.against" to −½.

    "angle.partly" between, "angle.unmeasured" where no record has one.
    """
    cosines = np.array([angle.cosine for angle in found])
    measured = cosines[np.isfinite(cosines)]
    if not len(measured):
        return Verdict("angle.unmeasured")
    late = measured[-max(1, len(measured) // 3) :]
    median = float(np.median(late))
    values = {"median": median, "first": float(measured[0]), "low": float(measured.min()), "n": len(measured)}
    name = "angle.with" if median >= ALIGNED else "angle.against" if median <= -ALIGNED else "angle.partly"
    return Verdict(name, values)


def pulls(found: Sequence[Pull]) -> Verdict:
    """mean ‖∇_xℓᵢ‖² at the end under λ and under ε, over that of the run without: does λ lower it?"""
    ends = {pull.name: float(pull.loss_input_grad_sq[-1]) for pull in found if len(pull.loss_input_grad_sq)}
    if not {"none", "param", "input"} <= ends.keys() or not all(0 < end < math.inf for end in ends.values()):
        return Verdict("pull.unmeasured")
    values = {name: ends[name] / ends["none"] for name in ("param", "input")}
    if values["param"] == 1 and values["input"] == 1:
        return Verdict("pull.none", values)
    return Verdict("pull.lower" if values["param"] < 1 else "pull.not_lower", values)
