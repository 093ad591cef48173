"""Works of one task, and how many each class has."""

import numpy as np

from morelli.data.works import class_counts

NAMES = ("Unknown Artist", "Monet, Claude", "van Gogh", "Degas", "Sisley", "Renoir")


LABELS = np.array([0] * 9 + [1] * 5 + [2] * 3 + [3] * 5 + [4] * 2 + [-1] * 4)


def test_counts_leave_out_classes_without_works() -> None:
    counts = class_counts(LABELS, NAMES)
    assert list(counts.items()) == [
        ("Unknown Artist", 9),
        ("Degas", 5),
        ("Monet, Claude", 5),
        ("van Gogh", 3),
        ("Sisley", 2),
    ]
