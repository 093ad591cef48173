"""Of many findings a few are shown, by a rule."""

from dataclasses import replace

from morelli.audit.folder import Audit
from morelli.audit.galleries import CLUSTERS, MEMBERS, shown_copies, spread


def test_of_many_clusters_the_largest_and_the_least_alike_are_shown(audited: Audit) -> None:
    row = audited.findings.copies[0]
    sizes = [2] * 30 + [7, 8, 9]
    rows = tuple(
        replace(row, cluster=number, agreement=0.99 - number / 1000)
        for number, size in enumerate(sizes)
        for _ in range(size)
    )
    shown = shown_copies(replace(audited, findings=replace(audited.findings, copies=rows)))

    numbers = [members[0].cluster for members in shown]
    assert len(shown) == CLUSTERS
    assert numbers[:3] == [32, 31, 30]
    assert numbers[CLUSTERS // 2 :] == [29, 28, 27, 26, 25, 24]
    assert len(spread(shown[0])) == MEMBERS
