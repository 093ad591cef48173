"""Known works with drawn features, for tests of what is near and of what is kept."""

import numpy as np

from morelli.evidence.known import Known


def known_works(works: int, seed: int = 0, width: int = 6, classes: int = 3) -> Known:
    """Works with drawn features, labelled in turn."""
    random = np.random.default_rng(seed)
    return Known(
        random.normal(size=(works, width)).astype(np.float32),
        np.arange(works) % classes,
        tuple(f"painter {label}" for label in range(classes)),
        np.array([f"{work:064x}" for work in range(works)], np.str_),
        np.arange(works) // 4,
        np.arange(works) % 4,
    )
