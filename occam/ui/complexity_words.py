"""Verdicts of the page on complexity in words, chosen from the numbers alone, in every direction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from occam.sweeps.results import FEWEST_GROUPS, Correlation, Paired, correlation_words, paired_words
from occam.sweeps.row import Level
from occam.ui.complexity_state import text
from occam.ui.words import number


def compared(at: Level) -> str:
    """The level in words: "at training loss 0.25"."""
    return text(f"at.{at[0]}").fill(level=number(at[1]) if at[1] is not None else "")


def overall(found: Correlation, x: str, y: str, at: Level) -> str:
    """What the correlation of all runs says."""
    rho, tau = found.spearman, found.kendall
    return text(f"judge.{correlation_words(found)}").fill(
        at=compared(at), x=x.lower(), y=y, n=number(found.n), groups=number(found.groups), fewest=FEWEST_GROUPS,
        rho=number(rho.value), low=number(rho.low), high=number(rho.high), note=found.note,
        tau=number(tau.value), tau_low=number(tau.low), tau_high=number(tau.high),
    )  # fmt: skip


def within(all_runs: Correlation, levels: Sequence[Correlation], knob: str) -> str:
    """Whether the relation is there between runs that share a knob's value, or is that knob's alone."""
    words = [correlation_words(one) for one in levels]
    told = [one for one, word in zip(levels, words, strict=True) if word in ("rises", "falls", "open")]
    if not told:
        return text("within.few").fill(knob=knob)
    whole, counts = correlation_words(all_runs), {name: words.count(name) for name in ("rises", "falls", "open")}
    if whole in ("rises", "falls") and counts[whole] == len(told):
        name = "same"
    elif counts["open"] == len(told):
        name = "none" if whole in ("rises", "falls") else "open"
    else:
        name = "mixed"
    rhos = [one.spearman.value for one in told]
    ends = {"low": number(float(np.min(rhos))), "high": number(float(np.max(rhos)))}
    return text(f"within.{name}").fill(knob=knob, count=len(told), **ends, **counts)


def between_knobs(found: Correlation, whole: Correlation) -> str | None:
    """What is left of the relation when every seed is compared with itself only; None where that is undefined."""
    word, rho = correlation_words(found), found.spearman
    if word not in ("rises", "falls", "open"):
        return None
    said = text(f"seeds.{word}").fill(rho=number(rho.value), low=number(rho.low), high=number(rho.high))
    turned = correlation_words(whole) in ("rises", "falls") and correlation_words(whole) != word
    return f"{said} {text('seeds.turned').body}" if turned else said


def effect(complexity: Paired, outcome: Paired, x: str, y: str) -> str:
    """What turning a knob up does to both, seed by seed."""
    first, second = paired_words(complexity), paired_words(outcome)
    if "undefined" in (first, second):
        return text("effect.undefined").body
    if "few_seeds" in (first, second):
        return text("effect.few").fill(groups=min(complexity.groups, outcome.groups), fewest=FEWEST_GROUPS)
    if first == "open" and second == "open":
        return text("effect.still").body
    if first == "open":
        return text("effect.without").fill(x=x, y=y, moves=text(f"moves.{second}").title)
    if second == "open":
        return text("effect.unfollowed").fill(x=x, y=y, moves=text(f"moves.{first}").title)
    name = {
        ("falls", "falls"): "better",
        ("falls", "rises"): "worse",
        ("rises", "rises"): "rougher_worse",
        ("rises", "falls"): "rougher_better",
    }[first, second]
    return text(f"effect.{name}").fill(x=x, y=y)


def told(found: Paired) -> str:
    """One comparison in a cell: "↓ 20 of 21 seeds, p = 0.001 · pairs 3 ↑ 81 ↓ · median −21.6 · r = −0.9 [−1, −0.8]"."""
    if found.n == 0:
        return "–"
    arrow, most = ("↑", found.groups_up) if found.groups_up >= found.groups_down else ("↓", found.groups_down)
    size = found.rank_biserial
    parts = [
        text("pairs.seeds").fill(arrow=arrow, most=most, groups=found.groups, p=number(found.p)),
        text("pairs.pairs").fill(up=found.up, down=found.down),
        *([text("pairs.lost").fill(lost=found.n_missing)] if found.n_missing else []),
        text("pairs.median").fill(median=number(found.median.value)),
        f"r = {number(size.value)} [{number(size.low)}, {number(size.high)}]",
    ]
    return " · ".join(parts)
