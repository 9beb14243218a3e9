"""The runs that one viewer has opened in this session: specs and times only, as recordings belong to the engine."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, field

from occam.spec import RunSpec

MOST = 300  # runs remembered: a slider dragged about opens one at every stop


@dataclass
class Opened:
    """One run: when it was opened last (seconds since 1970), and what the viewer calls it."""

    spec: RunSpec
    when: float
    name: str = ""


@dataclass
class History:
    """Runs by the digest of their spec, the latest last; `gone`: what was deleted last, to bring it back."""

    opened: dict[str, Opened] = field(default_factory=dict)
    gone: dict[str, Opened] = field(default_factory=dict)

    def add(self, spec: RunSpec, name: str = "") -> None:
        """This run was opened now; without a new name it keeps its own.  The oldest one without a name is forgotten."""
        before = self.opened.pop(spec.digest, None)
        self.opened[spec.digest] = Opened(spec, time.time(), name or (before.name if before else ""))
        if len(self.opened) > MOST:
            oldest = next((key for key, run in self.opened.items() if not run.name), next(iter(self.opened)))
            del self.opened[oldest]

    def delete(self, keys: Collection[str]) -> None:
        """Take these runs off the list, until `restore`."""
        self.gone = {key: self.opened.pop(key) for key in keys if key in self.opened}

    def restore(self) -> None:
        """Undo the last deletion."""
        self.opened = dict(sorted({**self.opened, **self.gone}.items(), key=lambda item: item[1].when))
        self.gone = {}
