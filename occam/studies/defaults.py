"""What pages open with: `python -m occam gallery` stores these runs and studies, so that a page draws at once."""

from __future__ import annotations

from occam.spec import RunSpec
from occam.studies.kinds.input_penalty import FirstOrder, FourArms, PairedSeeds, PenaltyAngles, Robustness
from occam.studies.kinds.layer_bound import LayerProof
from occam.studies.kinds.one_dimension import CURVE, PRESETS, LinearControl, StableEnds
from occam.studies.kinds.step_size import (
    BatchOrders,
    EdgeOfStability,
    ErrorOrders,
    LandscapeEnds,
    LandscapePaths,
    SwapTest,
)
from occam.studies.spec import StudySpec

RUNS = {"default": RunSpec(), "one_dimension": CURVE}  # by name of the file
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
    *PRESETS.values(),
    LinearControl(),
    StableEnds(),
)
