"""Known works are kept without pickle, and read back whole or refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from evidence.known_works import known_works

from morelli.errors import BadFolder
from morelli.evidence.known import SETTINGS, TABLE, load_known, save_known


@pytest.mark.parametrize("works", [0, 1, 9])
def test_known_works_are_read_as_they_were_written(tmp_path: Path, works: int) -> None:
    known = known_works(works)

    save_known(tmp_path / "known", known)
    read = load_known(tmp_path / "known")

    assert read.class_names == known.class_names
    assert read.features.dtype == known.features.dtype
    for name in ("features", "labels", "ids", "shards", "rows"):
        np.testing.assert_array_equal(getattr(read, name), getattr(known, name))


def test_altered_known_works_are_refused(tmp_path: Path) -> None:
    save_known(tmp_path, known_works(9))
    data = bytearray((tmp_path / TABLE).read_bytes())
    data[-1] ^= 1
    (tmp_path / TABLE).write_bytes(data)

    with pytest.raises(BadFolder, match=f"{TABLE} was altered"):
        load_known(tmp_path)


def test_known_works_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    known = known_works(9)
    known.labels[4] = 7
    save_known(tmp_path, known)

    with pytest.raises(BadFolder, match="a label has no class name"):
        load_known(tmp_path)


def test_a_folder_without_known_works_says_so(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text(json.dumps({}))

    with pytest.raises(BadFolder, match=SETTINGS):
        load_known(tmp_path)
