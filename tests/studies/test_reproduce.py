"""One call reproduces the study, from a Hub to a report; killed, it goes on where it was."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from data.small import Listening, files_of, pictures, times_of, write_shard
from hub_server import REVISION, HubServer, Served
from studies.reproduced import (
    ROWS,
    SAMPLE,
    Reproduced,
    again,
    served_by,
    source_of,
)

from morelli.data.collection import Collection, open_collection
from morelli.errors import BadFolder, BadWeights, UserError
from morelli.studies.reproduce import _subset_recipe, reproduce

WRITTEN_LAST = {"results.json", "results.csv", "reproduction.json", "report.html"}


class Killed(BaseException):
    """What stops a reproduction at a step, as if its process had ended."""


def images(served: Sequence[Served]) -> list[Served]:
    """The byte requests for images, which alone are large."""
    return [part for part in served if part.end - part.start > 100_000]


def as_many(collection: Collection, works: int, folder: Path) -> Collection:
    """A collection of so many works: those of another, over and over."""
    table = pq.read_table(collection.shard_path(0), columns=["work_id", "artist"])
    (folder / "data").mkdir()
    rows = np.arange(works) % len(table)
    pq.write_table(table.take(rows), folder / "data" / collection.shards[0])
    return replace(collection, folder=folder, shards=collection.shards[:1], works=works)


@pytest.mark.real
def test_one_pass_over_the_shards_serves_every_collection(reproduction: Reproduced) -> None:
    collections = reproduction.result.folder / "collections"
    ranges = sorted((part.path, part.start, part.end) for part in reproduction.served)

    assert all(one[0] != other[0] or one[2] <= other[1] for one, other in pairwise(ranges))
    assert len(images(reproduction.served)) == 4
    names = sorted(path.name for path in collections.iterdir())
    assert names == ["four", "subset", "subset-with-unknown"]
    opened = {name: open_collection(collections / name) for name in names}
    assert len(opened["four"].class_names["artist"]) > 0
    assert len(opened["four"].labelled().class_names) == 4
    assert opened["subset"].works == opened["subset-with-unknown"].works == SAMPLE
    assert "Unknown Artist" not in opened["subset"].labelled().class_names


@pytest.mark.real
def test_called_again_it_fetches_no_image_and_trains_nothing(reproduction: Reproduced) -> None:
    folder, heard = reproduction.result.folder, Listening()
    times, files = times_of(folder), files_of(folder)
    with served_by(reproduction.repository) as (hub, source):
        again(folder, source, reproduction.cache, heard)

    assert images(hub.served) == []
    assert heard.notes == []
    assert files_of(folder) == files
    kept = {name: time for name, time in times_of(folder).items() if name not in WRITTEN_LAST}
    assert kept == {name: time for name, time in times.items() if name not in WRITTEN_LAST}


@pytest.mark.real
def test_killed_in_between_it_goes_on_and_ends_with_the_same_figures(
    reproduction: Reproduced, tmp_path: Path
) -> None:
    def kill(step: str, done: int) -> Listening:
        heard = Listening()

        def look(now: int) -> None:
            if heard.steps[-1][0] == step and now >= done:
                raise Killed

        heard.at_step = look
        return heard

    kills = [kill("ingest", ROWS), kill("settings", 6), kill("settings", 27)]
    with served_by(reproduction.repository) as (hub, source):
        for heard in kills:
            with pytest.raises(Killed):
                again(tmp_path / "out", source, reproduction.cache, heard)
        before = times_of(tmp_path / "out/slides")
        fetched = len(hub.served)
        ended = again(tmp_path / "out", source, reproduction.cache, Listening())

    assert len(hub.served) == fetched
    assert times_of(tmp_path / "out/slides") == before
    for name in ("results.json", "results.csv"):
        assert (ended.folder / name).read_bytes() == (
            reproduction.result.folder / name
        ).read_bytes()
    assert ended.grid.conclusion == reproduction.result.grid.conclusion


@pytest.mark.real
@pytest.mark.parametrize(
    ("changed", "differ"),
    [
        ({"views": 2}, "views"),
        ({"sample": 29}, "sample"),
        ({"weights": ""}, "weights"),
    ],
)
def test_another_recipe_in_the_folder_is_refused(
    reproduction: Reproduced,
    changed: dict[str, object],
    differ: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MORELLI_WEIGHTS", "random")
    times = times_of(reproduction.result.folder)
    with (
        served_by(reproduction.repository) as (_, source),
        pytest.raises(BadFolder, match=rf"another reproduction \(its {differ} differ\); choose"),
    ):
        again(reproduction.result.folder, source, reproduction.cache, Listening(), **changed)

    assert times_of(reproduction.result.folder) == times


@pytest.mark.real
def test_another_source_in_the_folder_is_refused(reproduction: Reproduced) -> None:
    with pytest.raises(BadFolder, match=r"another reproduction \(its source differ\)"):
        reproduce(
            reproduction.result.folder,
            reproduction.repository / "data",
            weights="random",
            views=1,
            sample=SAMPLE,
        )


@pytest.mark.real
def test_at_another_revision_it_says_how_to_go_on(reproduction: Reproduced) -> None:
    with (
        HubServer(reproduction.repository, revision="f" * 40) as hub,
        pytest.raises(BadFolder, match=f"another revision .*add @{REVISION} to the source"),
    ):
        again(reproduction.result.folder, source_of(hub), reproduction.cache, Listening())


@pytest.mark.real
def test_a_folder_that_holds_something_else_is_left_alone(
    reproduction: Reproduced, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with (
        served_by(reproduction.repository) as (_, source),
        pytest.raises(BadFolder, match=r"holds something else \(notes\.txt\)"),
    ):
        again(tmp_path, source, reproduction.cache, Listening())

    assert files_of(tmp_path) == {"notes.txt": b"mine"}


@pytest.mark.real
@pytest.mark.parametrize("text", ["{", "[]", '{"source": 1}'])
def test_a_damaged_beginning_is_refused(
    reproduction: Reproduced, tmp_path: Path, text: str
) -> None:
    (tmp_path / "begun.json").write_text(text, encoding="utf-8")
    with (
        served_by(reproduction.repository) as (_, source),
        pytest.raises(BadFolder, match=r"begun\.json is damaged; choose a new folder"),
    ):
        again(tmp_path, source, reproduction.cache, Listening())


@pytest.mark.real
def test_weights_that_cannot_be_had_are_refused_before_anything_travels(
    reproduction: Reproduced, tmp_path: Path
) -> None:
    (tmp_path / "weights").mkdir()
    weights = str(tmp_path / "weights")
    with (
        served_by(reproduction.repository) as (hub, source),
        pytest.raises(BadWeights, match=r"has no resnet18\.safetensors"),
    ):
        again(tmp_path / "out", source, reproduction.cache, Listening(), weights=weights)

    assert hub.served == []
    assert not (tmp_path / "out").exists()


def test_a_source_of_fewer_than_four_artists_is_refused_in_one_line(tmp_path: Path) -> None:
    artists = ["a", "b", "c", "Unknown Artist"] * 3
    write_shard(tmp_path / "repository/0.parquet", pictures(12), {"artist": artists})
    with (
        served_by(tmp_path / "repository") as (hub, source),
        pytest.raises(UserError, match=r"^the top 4 were asked for, but .* only 3 artist classes"),
    ):
        again(tmp_path / "out", source, tmp_path / "cache", Listening())

    assert images(hub.served) == []
    assert not (tmp_path / "out").exists()


@pytest.mark.real
def test_where_works_are_fewer_than_the_sample_all_are_taken_and_it_says_so(
    reproduction: Reproduced, tmp_path: Path
) -> None:
    heard = Listening()

    def stop(_: int) -> None:
        if heard.steps[-1][0] == "features":
            raise Killed

    heard.at_step = stop
    with served_by(reproduction.repository) as (_, source), pytest.raises(Killed):
        again(tmp_path / "out", source, tmp_path / "cache", heard, sample=75)
    labels = source.labels()
    names = labels.class_names["artist"]
    known = sum(names[label] != "Unknown Artist" for label in labels.tasks["artist"])

    assert f"subset: {known} works, fewer than 75; all are taken" in heard.notes
    assert open_collection(tmp_path / "out/collections/subset").works == known
    assert open_collection(tmp_path / "out/collections/subset-with-unknown").works == 75


@pytest.mark.parametrize(
    ("works", "split"),
    [
        (8334, (5000, 1667, 1667)),
        (8330, (4996, 1667, 1667)),
        (8251, (4917, 1667, 1667)),
        (8250, ()),
        (8335, ()),
        (300, ()),
    ],
)
def test_the_split_is_the_slides_where_works_suffice(
    collection: Collection, tmp_path: Path, works: int, split: tuple[int, ...]
) -> None:
    recipe = _subset_recipe(as_many(collection, works, tmp_path), "random", 7)

    assert recipe.counts == split
    assert (recipe.backbone, recipe.dropout, recipe.lr) == ("resnet18", 0.4, 1e-4)
    assert (recipe.epochs, recipe.views, recipe.batch) == (5, 5, 32)
