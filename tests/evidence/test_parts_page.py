"""The parts of an image are drawn as cells that tile it, each with its answer."""

import re

import pytest
from evidence.fixed import fixed_evidence

from morelli.evidence.gather import Evidence
from morelli.evidence.parts_page import cells_of, parts_blocks
from morelli.reporting.page import Table


def test_cells_tile_the_picture_once_with_each_parts_answer(evidence: Evidence) -> None:
    for shown in (evidence, fixed_evidence()):
        for parts in shown.regions:
            cells, legend = cells_of(shown, parts)

            area = sum((cell.right - cell.left) * (cell.bottom - cell.top) for cell in cells)
            assert area == pytest.approx(1)
            agreeing = sum(cell.kind == 0 for cell in cells)
            assert agreeing == parts.agreeing(shown.label)
            counts = [int(count) for count in re.findall(r": (\d+) part", "\n".join(legend.names))]
            assert counts[0] == agreeing
            assert sum(counts) == len(cells)


def test_how_often_such_parts_are_right_is_a_count_where_it_was_learned_from_few() -> None:
    table = parts_blocks(fixed_evidence())[0]

    assert isinstance(table, Table)
    assert [row[3] for row in table.rows] == ["12 of 30", "not known"]
    assert [row[1] for row in table.rows] == ["11 of 15", "20 of 35"]
