"""Is this the own file that a spec names?"""

from __future__ import annotations

import hashlib


def check_file(csv: bytes | None, sha256: str | None) -> None:
    """ValueError, a sentence for the viewer, unless the content `csv` has this SHA-256."""
    if csv is None:
        raise ValueError(f"This run needs its own CSV file (SHA-256 {sha256}): please open it.")
    if hashlib.sha256(csv).hexdigest() != sha256:
        raise ValueError("This CSV file is not the one that the run was made from: its contents differ.")
