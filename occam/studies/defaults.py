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

# One physical time, two step sizes: the larger step ends with half the complexity and the better test loss.
COMPARED = tuple(
    RunSpec().replace(
        {
            "data.n_train": 60,
            "data.noise": 0.3,
            "data.seed": 1,
            "model.depth": 2,
            "model.width": 32,
            "training.step_size": step_size,
            "training.max_steps": round(200 / step_size),
            "record_every": round(5 / step_size),
        }
    )
    for step_size in (1.0, 0.05)
)
RUNS = {  # by name of the file
    "default": RunSpec(),
    "one_dimension": CURVE,
    "compare_large": COMPARED[0],
    "compare_small": COMPARED[1],
}
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
