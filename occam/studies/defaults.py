"""The studies that pages open with: `python -m occam gallery` stores their results, so that a page draws at once."""

from __future__ import annotations

from occam.studies.kinds.input_penalty import FirstOrder, FourArms, PairedSeeds, PenaltyAngles, Robustness
from occam.studies.kinds.layer_bound import LayerProof
from occam.studies.kinds.step_size import (
    BatchOrders,
    EdgeOfStability,
    ErrorOrders,
    LandscapeEnds,
    LandscapePaths,
    SwapTest,
)
from occam.studies.spec import StudySpec

DEFAULTS: tuple[StudySpec, ...] = (
    LayerProof(),
    LandscapePaths(),
    LandscapeEnds(),
    ErrorOrders(),
    BatchOrders(),
    SwapTest(),
    EdgeOfStability(),
    FourArms(),
    FirstOrder(),
    Robustness(),
    PenaltyAngles(),
    PairedSeeds(),
)
