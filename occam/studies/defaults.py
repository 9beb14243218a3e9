"""The studies that pages open with: `python -m occam gallery` stores their results, so that a page draws at once."""

from __future__ import annotations

from occam.studies.spec import StudySpec

DEFAULTS: tuple[StudySpec, ...] = ()
