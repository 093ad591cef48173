"""The Hub's shards are read by exact ranges of one commit, through whatever the line does."""

import random
import socket
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from data.small import Listening, encoded, files_of, picture, pictures, write_shard, write_shards
from hub_server import REVISION, Fault, HubServer

from morelli.data.ingest import ingest
from morelli.data.selection import Selection
from morelli.data.sources import hub as hub_module
from morelli.data.sources.hub import hub_source
from morelli.data.sources.open import open_source
from morelli.data.sources.parquet import ParquetSource
from morelli.errors import BadSource

WAIT = 0.001


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository with three shards in its data folder; row groups hold over 8 KiB of images."""
    for number in range(3):
        images = [encoded(picture(10 * number + n, (160, 120)), quality=95) for n in range(8)]
        columns = {"artist": [["a", "b"][n % 2] for n in range(8)]}
        write_shard(tmp_path / f"repository/data/train-{number}.parquet", images, columns)
    (tmp_path / "repository/README.md").write_text("Paintings\n")
    return tmp_path / "repository"


def source_of(hub: HubServer, place: str = "museum/paintings") -> ParquetSource:
    return hub_source(place, endpoint=hub.endpoint, wait=WAIT)


def fetched_twice(hub: HubServer) -> list[tuple[str, int]]:
    """Where bytes that had arrived whole were fetched again."""
    whole = sorted((s.path, s.start, s.end) for s in hub.served if s.outcome == "whole")
    return [(b[0], b[1]) for a, b in pairwise(whole) if a[0] == b[0] and b[1] < a[2]]


def troubled(number: int) -> Fault:
    """One request in ten is dropped and one refused, by chance: a pattern could meet the readers'
    own rhythm and hit one range until they give up."""
    drawn = random.Random(f"2.{number}").random()  # of 2, since the first requests meet both
    if drawn < 0.1:
        return "drop"
    return "unavailable" if drawn < 0.2 else "none"


def test_an_ingest_through_a_bad_line_gives_the_folder_s_shards(
    folder: Path, tmp_path: Path
) -> None:
    ingest(folder, tmp_path / "local", size=16)
    with HubServer(folder, faults=troubled) as hub:
        collection = ingest(source_of(hub), tmp_path / "far", size=16)
        outcomes = {served.outcome for served in hub.served}
        assert fetched_twice(hub) == []
    assert outcomes == {"whole", "dropped", "unavailable"}
    assert files_of(tmp_path / "far/data") == files_of(tmp_path / "local/data")
    assert collection.works == 24


def test_only_what_is_chosen_travels(folder: Path, tmp_path: Path) -> None:
    write_shard(folder / "data/train-3.parquet", pictures(4), {"artist": ["c"] * 4})
    with HubServer(folder) as hub:
        source, heard = source_of(hub), Listening()
        labels = len(hub.served)
        source.labels(heard)
        before = len(hub.served)
        ingest(source, tmp_path / "out", Selection(classes=("c",)), size=16, progress=heard)
        images = [served for served in hub.served[before:] if served.start == 4]
        assert labels == 0
        assert [served.path for served in images] == ["data/train-3.parquet"]
    assert heard.steps[:4] == [("labels", done, 4, "shards") for done in (1, 2, 3, 4)]
    assert [name for name, *_ in heard.steps].count("labels") == 4  # read once for all
    assert heard.notes[0].startswith("4 works to read: 0.0 MB in 1 row group of 1 shard")


def test_the_revision_is_pinned_when_the_source_is_opened(folder: Path, tmp_path: Path) -> None:
    with HubServer(folder) as hub:
        collection = ingest(source_of(hub, "museum/paintings@main"), tmp_path / "out", size=16)
    assert collection.source == {
        "kind": "hub",
        "repository": "museum/paintings",
        "revision": REVISION,
    }
    assert REVISION in (tmp_path / "out/collection.json").read_text()
    assert REVISION not in (tmp_path / "out/README.md").read_text()


def test_names_of_shards_are_those_of_the_local_folder(folder: Path) -> None:
    with HubServer(folder) as hub:
        assert source_of(hub).shards == open_source(folder).shards


def test_shards_at_the_top_of_the_repository_are_found(tmp_path: Path) -> None:
    write_shards(tmp_path / "repository", 2)
    with HubServer(tmp_path / "repository") as hub:
        source = source_of(hub)
        assert source.shards == ("train-0.parquet", "train-1.parquet")
        assert len(source.labels()) == 20


def test_an_unavailable_api_is_asked_again(folder: Path) -> None:
    faults: Iterator[Fault] = iter(["unavailable", "unavailable", "none", "unavailable"])
    with HubServer(folder, api_faults=lambda _: next(faults, "none")) as hub:  # type: ignore[arg-type]
        assert len(source_of(hub).shards) == 3
        assert hub.api_requests == 5


def test_the_endpoint_of_the_environment_is_the_default(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with HubServer(folder) as hub:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.endpoint)
        monkeypatch.setattr(
            "huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE",
            hub.endpoint + "/{repo_id}/resolve/{revision}/{filename}",
        )
        assert len(open_source("hub:museum/paintings").labels()) == 24


def test_an_unknown_data_set_is_told(folder: Path) -> None:
    with (
        HubServer(folder) as hub,
        pytest.raises(BadSource, match="no data set 'museum/prints', or"),
    ):
        source_of(hub, "museum/prints")


def test_an_unknown_revision_is_told(folder: Path) -> None:
    with HubServer(folder) as hub, pytest.raises(BadSource, match="has no revision 'v9'"):
        source_of(hub, "museum/paintings@v9")


@pytest.mark.parametrize("name", ["", "a/b/c", "a b/c", "-x"])
def test_a_name_that_cannot_be_is_told(folder: Path, name: str) -> None:
    with HubServer(folder) as hub, pytest.raises(BadSource, match=f"hub:{name}: Repo id must"):
        source_of(hub, name)
    assert hub.api_requests == 0


def test_a_data_set_without_parquet_is_told_where_to_look(tmp_path: Path) -> None:
    (tmp_path / "repository").mkdir()
    (tmp_path / "repository/a.jpg").write_bytes(pictures(1)[0])
    with (
        HubServer(tmp_path / "repository") as hub,
        pytest.raises(
            BadSource, match=r"no Parquet files; .*museum/paintings@refs/convert/parquet"
        ),
    ):
        source_of(hub)


def test_a_hub_that_is_not_there_is_told_after_some_tries() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(BadSource, match=r"does not answer \(ConnectError, 8 times\)"):
            hub_source("museum/paintings", endpoint=endpoint, wait=WAIT)


def test_a_hub_that_never_answers_is_told_after_some_tries(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hub_module, "TIMEOUT", 0.05)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(32)
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(BadSource, match=r"does not answer \(ReadTimeout, 8 times\)"):
            hub_source("museum/paintings", endpoint=endpoint, wait=WAIT)


def test_a_hub_that_breaks_off_for_good_keeps_what_was_finished(
    folder: Path, tmp_path: Path
) -> None:
    broken = False
    with HubServer(folder, faults=lambda _: "unavailable" if broken else "none") as hub:
        source = source_of(hub)

        def break_off(_: int) -> None:
            nonlocal broken
            broken = True

        heard = Listening(at_step=break_off)
        with pytest.raises(BadSource, match=r"does not answer \(.* 503, 8 times\)"):
            ingest(source, tmp_path / "out", size=16, progress=heard)
        kept = files_of(tmp_path / "out")
        broken = False
        ingest(source_of(hub), tmp_path / "out", size=16)
    ingest(folder, tmp_path / "local", size=16)
    assert not any("partial" in name for name in kept)
    assert files_of(tmp_path / "out/data") == files_of(tmp_path / "local/data")


def test_a_file_that_may_not_be_read_is_told(folder: Path) -> None:
    with HubServer(folder) as hub:
        source = source_of(hub)
        del hub.files["data/train-1.parquet"]
        with pytest.raises(BadSource, match=r"the Hub refuses data/train-1\.parquet: 404"):
            source.labels()


def test_an_answer_of_other_bytes_is_told(folder: Path) -> None:
    with HubServer(folder) as hub:
        source = source_of(hub)
        entry, content = hub.files["data/train-0.parquet"]
        hub.files["data/train-0.parquet"] = entry, content[:-4]
        with pytest.raises(BadSource, match=r"bytes \d+-\d+ of data/train-0\.parquet with other"):
            source.labels()


def test_another_answer_of_the_api_is_told(folder: Path) -> None:
    with HubServer(folder) as hub:
        hub.files.clear()
        with pytest.raises(BadSource, match=r"^hub:museum/paintings: "):
            source_of(hub)


def test_a_hub_that_is_switched_off_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with HubServer(folder) as hub, pytest.raises(BadSource, match="HF_HUB_OFFLINE"):
        source_of(hub)


def test_the_token_of_the_user_goes_with_every_request(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import get_session

    session, sent = get_session(), []
    hooks = session.event_hooks
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    session.event_hooks = {
        **hooks,
        "request": [
            *hooks["request"],
            lambda asked: sent.append(asked.headers.get("authorization")),
        ],
    }
    try:
        with HubServer(folder) as hub:
            source_of(hub).labels()
    finally:
        session.event_hooks = hooks
    assert set(sent) == {"Bearer hf_secret"}


@pytest.mark.real
def test_the_real_shards_come_through_a_bad_line_byte_for_byte(
    shared: Path, tmp_path: Path
) -> None:
    folder, four = shared / "paintings/wikiart-mini", Selection(top=4)
    ingest(folder / "data", tmp_path / "local", four)
    with HubServer(folder, faults=troubled) as hub:
        collection = ingest(source_of(hub), tmp_path / "far", four)
        assert {served.outcome for served in hub.served} == {"whole", "dropped", "unavailable"}
        assert fetched_twice(hub) == []
    assert collection.works == 4092
    assert files_of(tmp_path / "far/data") == files_of(tmp_path / "local/data")
