"""The layer bound in sentences: the proof line by line, verdicts that are functions of the numbers, the switches."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from occam.charts.layer_bound import CLAIMS, Claim
from occam.charts.layers import NORM_NAMES
from occam.theory.counterexamples import Weights, shared_example
from occam.theory.proof import OVER, Norm, Proof, batch_form, proof_lines
from occam.ui.layer_bound_state import CLAIM, FILE, GAP, GAPS, SHARED, SIZES, SKIP, TRAINED, Wish, key
from occam.ui.text import section
from occam.ui.words import number


def proof(proof: Proof, wish: Wish) -> str:
    """The proof of the chosen layer and sample as a table in Markdown, or why the layer says nothing."""
    at = wish.layer, wish.sample
    rows = [section("proof.head", FILE).body]
    notes = []
    fields = {
        "delta": number(float(proof.delta[at])),
        "feature": number(float(proof.feature[at])),
        "back": number(float(proof.back[at])),
        "weight": number(float(proof.weight(wish.norm)[wish.layer, 0])),
        "jacobian": number(float(proof.jacobian(wish.norm)[at])),
    }
    silent = [name for name, where in proof.degenerate(wish.norm).items() if where[at]]
    for line in proof_lines(proof, wish.layer, wish.sample, wish.norm):
        if silent and line.name == "bound":
            continue
        words = section(f"line.{line.name}", FILE)
        numbers = words.fill(left=number(line.left), right=number(line.right), **fields)
        rows.append(f"| {words.title} | {numbers} | {'=' if line.equal else share(line.share)} |")
        if not (line.holds or silent):
            lines = section("proof.false", FILE)
            notes.append(lines.fill(name=words.title, left=number(line.left), right=number(line.right)))
    notes += [section(f"degenerate.{name}", FILE).body for name in silent]
    if not silent and proof.feature[at] == 0:
        notes.append(section("proof.zero", FILE).body)
    return "\n\n".join(["\n".join(rows), *notes])


def share(value: float) -> str:
    """How much of a right side is used, in per cent where that is short."""
    if not np.isfinite(value):
        return "–"
    return f"{100 * value:.3g}\u202f%" if value >= 1e-3 else number(value)


def verdict(proof: Proof, norm: Norm, step: int) -> str:
    """What the numbers say of the theorem itself."""
    ratios = proof.ratios(norm)
    known, over = int(np.isfinite(ratios).sum()), int((ratios > OVER).sum())
    name = "silent" if not known else "fails" if over else "holds"
    return section(f"verdict.{name}", FILE).fill(known=known, over=over, norm=NORM_NAMES[norm], step=step)


def claim_verdict(ratios: NDArray[np.float64] | None, claim: Claim) -> str:
    """What the numbers say of a claim that the theorem does not make: a counter-example, or none here."""
    meaning = section(f"claim.{claim}", FILE).body
    if ratios is None:
        return meaning
    known, over = int((~np.isnan(ratios)).sum()), int((ratios > OVER).sum())
    if not known:
        return f"{section('claim.none', FILE).body} {meaning}"
    if not over:
        return f"{section('claim.unbroken', FILE).body} {meaning}"
    largest = number(float(np.nanmax(ratios)))
    return f"{section('claim.broken', FILE).fill(over=over, known=known, largest=largest)} {meaning}"


def claim_controls(wish: Wish | None) -> None:
    """The switches of "Break it": which claim stands beside the theorem, and how large the skip connection is."""
    words = section("break", FILE)
    st.segmented_control(
        words.title, tuple(CLAIMS), key=key(CLAIM), required=True, disabled=wish is None, help=words.body,
        format_func=lambda claim: section(f"claim.{claim}", FILE).title,
    )  # fmt: skip
    if wish is not None and wish.claim == "skip":
        st.select_slider(
            section("skip", FILE).title, SIZES, key=key(SKIP), format_func=lambda size: f"{size:g}"
        )  # fmt: skip


def shortcut(proof: Proof, wish: Wish) -> str:
    """The shortcut "W = (z − b)h⁻¹" with this sample's numbers, and how often its inequality is false."""
    at = wish.layer, wish.sample
    feature, whole = float(proof.feature[at]), float(proof.weight_frobenius[wish.layer])
    fake = float(proof.carried[at]) / feature if feature > 0 else np.nan
    # Whhᵀ/‖h‖² and the rest of W are orthogonal, so that ‖W − Whhᵀ/‖h‖²‖² = ‖W‖² − ‖Wh‖²/‖h‖².
    distance = np.sqrt(max(0.0, 1 - (fake / whole) ** 2)) if whole > 0 and np.isfinite(fake) else np.nan
    ratios = proof.shortcut(wish.norm)[wish.layer]
    known, over = int((~np.isnan(ratios)).sum()), int((ratios > OVER).sum())
    name = "none" if not known else "false" if over else "lucky"
    return section("shortcut", FILE).fill(
        fake=number(fake),
        weight=number(float(proof.weight_operator[wish.layer])),
        distance=share(float(distance)),
        verdict=section(f"shortcut.{name}", FILE).fill(over=over, known=known),
    )


def shared_controls() -> None:
    """The switches of the smallest convolution."""
    st.session_state.setdefault(key(GAP), 0.1)
    st.session_state.setdefault(key(TRAINED), SHARED[0])
    st.select_slider(section("gap", FILE).title, GAPS, key=key(GAP), format_func=lambda gap: f"{gap:g}")
    st.segmented_control(
        section("trained", FILE).title, SHARED, key=key(TRAINED), required=True,
        format_func=lambda name: section(f"trained.{name}", FILE).title,
    )  # fmt: skip


def shared() -> str:
    """Both sides of the bound for the smallest convolution as it is set."""
    trained: Weights = next(name for name in SHARED if name == st.session_state[key(TRAINED)])
    claim = shared_example(float(st.session_state[key(GAP)]), weights=trained)
    said = section("shared.broken" if claim.violated else "shared.kept", FILE).body
    return section("shared.says", FILE).fill(
        left=number(claim.left), right=number(claim.right), ratio=number(claim.ratio), verdict=said
    )


def batch(loss: Proof, sizes: tuple[int, ...]) -> str:
    """The rigorous batch form, layer by layer, as a table in Markdown."""
    form = batch_form(loss)
    rows = [section("batch_form.head", FILE).body]
    for layer in range(loss.layers):
        left, right = float(form.left[layer]), float(form.right[layer])
        if form.vacuous[layer]:
            said = section("batch_form.vacuous", FILE).title
        else:
            said = section("batch_form.holds", FILE).title.format(share=share(left / right) if right > 0 else "–")
        cells = (loss.samples, sizes[layer] + 1, number(float(loss.smallest_sq[layer])), number(left), number(right))
        rows.append(f"| {layer + 1} | {' | '.join(map(str, cells))} | {said} |")
    note = [section("batch_form.more", FILE).body] if form.vacuous.all() else []
    return "\n\n".join(["\n".join(rows), *note])
