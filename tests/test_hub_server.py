"""The local Hub against the real client: what travels, and what the client does when it fails."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hub_server import OUTCOMES, REVISION, Fault, HubServer, Served
from huggingface_hub import HfApi, HfFileSystem, get_session, hf_hub_download, hf_hub_url
from huggingface_hub.errors import (
    HfHubHTTPError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import hf_raise_for_status, http_backoff, httpx  # type: ignore[attr-defined]

SHARD = "data/train-00000-of-00002.parquet"
CONTENT = bytes(range(256)) * 40
ROOT = f"datasets/museum/paintings@{REVISION}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "data" / "notes").mkdir(parents=True)
    (folder / SHARD).write_bytes(CONTENT)
    (folder / "data/train-00001-of-00002.parquet").write_bytes(CONTENT[::-1])
    (folder / "data/notes/a room & a view.txt").write_text("Uffizi\n")
    (folder / "README.md").write_text("Paintings\n")
    return folder


def file_system(hub: HubServer) -> HfFileSystem:
    return HfFileSystem(endpoint=hub.endpoint, token=False, skip_instance_cache=True)


def read(hub: HubServer, start: int, end: int) -> bytes:
    """An exact range through the client's file system."""
    content = file_system(hub).cat_file(f"{ROOT}/{SHARD}", start, end, cache_type="none")
    assert isinstance(content, bytes)
    return content


def read_without_file_system(hub: HubServer, start: int, end: int, retries: int = 0) -> bytes:
    """An exact range through the client's public request function, whose waits can be chosen."""
    url = hf_hub_url(
        hub.repository, SHARD, repo_type="dataset", revision=REVISION, endpoint=hub.endpoint
    )
    headers = {"Range": f"bytes={start}-{end - 1}", "Accept-Encoding": "identity"}
    response = http_backoff(
        "GET", url, headers=headers, timeout=5, max_retries=retries, base_wait_time=0.01
    )
    hf_raise_for_status(response)
    content: bytes = response.content
    return content


def test_branch_and_revision_resolve_to_the_commit(folder: Path) -> None:
    with HubServer(folder) as hub:
        api = HfApi(endpoint=hub.endpoint, token=False)
        assert api.dataset_info(hub.repository).sha == REVISION
        assert api.dataset_info(hub.repository, revision="main").sha == REVISION
        assert api.dataset_info(hub.repository, revision=REVISION).sha == REVISION
        assert hub.api_requests == 3
        assert hub.served == []


def test_files_are_listed_as_on_the_hub(folder: Path) -> None:
    with HubServer(folder) as hub:
        files = file_system(hub)
        assert files.ls(ROOT, detail=False) == [f"{ROOT}/README.md", f"{ROOT}/data"]
        assert [path.removeprefix(f"{ROOT}/") for path in files.glob(f"{ROOT}/data/*.parquet")] == [
            SHARD,
            "data/train-00001-of-00002.parquet",
        ]
        assert len(files.find(ROOT)) == 4
        assert files.info(f"{ROOT}/{SHARD}")["size"] == len(CONTENT)
        assert files.info(f"{ROOT}/data")["type"] == "directory"
        assert files.cat_file(f"{ROOT}/data/notes/a room & a view.txt") == b"Uffizi\n"


def test_paths_info_tells_what_is_there_and_leaves_out_what_is_not(folder: Path) -> None:
    with HubServer(folder) as hub:
        api = HfApi(endpoint=hub.endpoint, token=False)
        wanted = ["README.md", "data", "nowhere"]
        infos = api.get_paths_info(hub.repository, wanted, repo_type="dataset")
        assert [info.path for info in infos] == ["README.md", "data"]


def test_exact_range_is_one_byte_request_of_exactly_that_range(folder: Path) -> None:
    with HubServer(folder) as hub:
        assert read(hub, 1000, 1050) == CONTENT[1000:1050]
        assert hub.served == [Served(SHARD, 1000, 1050, "whole")]
        assert hub.api_requests == 2  # does the revision exist, what is in the shard's folder


def test_listed_file_system_reads_from_many_threads_without_another_api_request(
    folder: Path,
) -> None:
    with HubServer(folder) as hub:
        files = file_system(hub)
        files.ls(f"{ROOT}/data")
        listed = hub.api_requests
        starts = range(0, len(CONTENT), 100)

        def piece(start: int) -> bytes:
            end = min(start + 100, len(CONTENT))
            return bytes(files.cat_file(f"{ROOT}/{SHARD}", start, end, cache_type="none"))

        with ThreadPoolExecutor(8) as threads:
            assert b"".join(threads.map(piece, starts)) == CONTENT
        assert hub.api_requests == listed
        assert sorted(entry.start for entry in hub.served) == list(starts)


def test_default_open_reads_ahead(folder: Path) -> None:
    with HubServer(folder) as hub, file_system(hub).open(f"{ROOT}/{SHARD}") as file:
        file.seek(1000)
        assert file.read(50) == CONTENT[1000:1050]
        assert hub.served == [Served(SHARD, 1000, len(CONTENT), "whole")]


def test_range_past_the_end_is_clipped(folder: Path) -> None:
    with HubServer(folder) as hub:
        assert read_without_file_system(hub, len(CONTENT) - 5, len(CONTENT) + 5) == CONTENT[-5:]
        assert hub.served == [Served(SHARD, len(CONTENT) - 5, len(CONTENT), "whole")]
        with pytest.raises(HfHubHTTPError, match="416"):
            read_without_file_system(hub, len(CONTENT), len(CONTENT) + 5)


def test_whole_file_downloads_into_the_clients_cache(folder: Path, tmp_path: Path) -> None:
    with HubServer(folder) as hub:
        path = hf_hub_download(
            hub.repository,
            SHARD,
            repo_type="dataset",
            endpoint=hub.endpoint,
            token=False,
            cache_dir=tmp_path / "cache",
        )
        assert Path(path).read_bytes() == CONTENT
        assert Path(path).parents[1].name == REVISION
        assert hub.served == [Served(SHARD, 0, len(CONTENT), "whole")]


def test_missing_things_raise_the_clients_own_errors(folder: Path, tmp_path: Path) -> None:
    with HubServer(folder) as hub:
        api = HfApi(endpoint=hub.endpoint, token=False)
        with pytest.raises(RepositoryNotFoundError):
            api.dataset_info("museum/nothing")
        with pytest.raises(RevisionNotFoundError):
            api.dataset_info(hub.repository, revision="dev")
        with pytest.raises(RemoteEntryNotFoundError):
            api.hf_hub_download(
                hub.repository, "nowhere", repo_type="dataset", cache_dir=tmp_path / "cache"
            )
        with pytest.raises(FileNotFoundError):
            file_system(hub).open(f"{ROOT}/data/nowhere.parquet")
        assert hub.served == []


@pytest.mark.parametrize("fault", ["drop", "unavailable"])
def test_file_system_tries_a_failed_read_again_after_a_second(folder: Path, fault: Fault) -> None:
    with HubServer(folder, faults=lambda k: fault if k == 0 else "none") as hub:
        began = time.monotonic()
        assert read(hub, 10, 20) == CONTENT[10:20]
        assert 1 <= time.monotonic() - began < 3
        assert [entry.outcome for entry in hub.served] == [OUTCOMES[fault], "whole"]
        assert {(entry.start, entry.end) for entry in hub.served} == {(10, 20)}


def test_dropped_connection_is_an_httpx_error_and_no_os_error(folder: Path) -> None:
    with HubServer(folder, faults=lambda _: "drop") as hub:
        with pytest.raises(httpx.RemoteProtocolError, match="received 50 bytes") as caught:
            read_without_file_system(hub, 0, 100)
        assert not isinstance(caught.value, OSError)
        assert hub.served == [Served(SHARD, 0, 100, "dropped")]


def test_unavailable_bytes_are_a_hub_error(folder: Path) -> None:
    with HubServer(folder, faults=lambda _: "unavailable") as hub:
        with pytest.raises(HfHubHTTPError) as caught:
            read_without_file_system(hub, 0, 100, retries=5)
        assert caught.value.response.status_code == 503
        assert hub.served == [Served(SHARD, 0, 100, "unavailable")] * 6


def test_unavailable_api_fails_at_once_for_questions_about_the_repository(folder: Path) -> None:
    with HubServer(folder, api_faults=lambda k: "unavailable" if k == 0 else "none") as hub:
        api = HfApi(endpoint=hub.endpoint, token=False)
        with pytest.raises(HfHubHTTPError, match="503"):
            api.dataset_info(hub.repository)
        assert api.dataset_info(hub.repository).sha == REVISION


def test_nothing_outside_the_folder_is_served(folder: Path) -> None:
    (folder.parent / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(folder.parent / "secret.txt")
    (folder / "up").symlink_to(folder.parent)
    with HubServer(folder) as hub:
        assert len(file_system(hub).find(ROOT)) == 4
        for path in ("..%2Fsecret.txt", "link.txt", "up%2Fsecret.txt", "%2Fetc%2Fpasswd"):
            url = f"{hub.endpoint}/datasets/{hub.repository}/resolve/main/{path}"
            assert get_session().get(url).status_code == 404


def test_server_that_was_left_answers_no_more(folder: Path) -> None:
    with HubServer(folder) as hub:
        assert read_without_file_system(hub, 0, 1) == CONTENT[:1]
    with pytest.raises(httpx.ConnectError):
        read_without_file_system(hub, 0, 1)
