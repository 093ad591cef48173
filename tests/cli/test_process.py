"""What needs a process of its own: Ctrl-C, a full disk, the Hub's client, a terminal."""

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.command import Output, Shards, morelli, on_terminal, printed, start
from hub_server import HubServer

from morelli.runs.folder import Run

GO_ON = "morelli: stopped; what was finished is kept, and the same command goes on from there"


def interrupted(*words: object, seen: Path, pattern: str) -> Output:
    """Start a command and press Ctrl-C when the first file of a pattern has appeared."""
    command = start(*words)
    deadline = time.monotonic() + 30
    while not list(seen.glob(pattern)):
        assert command.process.exitcode is None, command.ended()
        assert time.monotonic() < deadline
        time.sleep(0.002)
    assert command.process.pid is not None
    os.kill(command.process.pid, signal.SIGINT)
    return command.ended()


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_ctrl_c_stops_an_ingest_that_then_goes_on(shards: Shards, tmp_path: Path) -> None:
    source = shards(tmp_path / "source", 6, 16)
    out = tmp_path / "out"
    words = ("ingest", source, out, "--size", 48, "--workers", 1)
    output = interrupted(*words, seen=out / "data", pattern="train-*.parquet")
    assert output.code == 130, output
    assert output.err.splitlines()[-1] == GO_ON
    assert "Traceback" not in output.err
    kept = {path: path.stat().st_mtime_ns for path in (out / "data").iterdir()}
    assert 0 < len(kept) < 6
    assert all(path.suffix == ".parquet" for path in kept)
    assert "72 works of 6 classes" in printed(*words)
    assert all(path.stat().st_mtime_ns == moment for path, moment in kept.items())
    printed(*words[:2], tmp_path / "uninterrupted", *words[3:])
    assert contents(out) == contents(tmp_path / "uninterrupted")


def test_ctrl_c_stops_an_extraction_that_then_goes_on(shards: Shards, tmp_path: Path) -> None:
    printed("ingest", shards(tmp_path / "source", 4, 1), tmp_path / "four", "--size", 48)
    random = ("--backbone", "squeezenet1_1", "--weights", "random", "--epochs", 1, "--views", 1)
    where = ("--cache", tmp_path / "cache", "--out", tmp_path / "run", "--workers", 1)
    words = ("train", tmp_path / "four", *random, *where)
    cached = tmp_path / "cache" / "features"
    output = interrupted(*words, seen=cached, pattern="*.safetensors")
    assert output.code == 130, output
    assert output.err.splitlines()[-1] == GO_ON
    assert "Traceback" not in output.err
    kept = {path: path.stat().st_mtime_ns for path in cached.glob("*.safetensors")}
    assert kept
    assert not (tmp_path / "run" / "run.json").exists()
    assert f"Run: {tmp_path / 'run'}" in printed(*words)
    assert all(path.stat().st_mtime_ns == moment for path, moment in kept.items())
    # Of each shard the fixed preprocessing, a view and the other photograph.
    assert len(list(cached.iterdir())) == 4 * (1 + 1 + 1)


def test_a_disk_that_fills_up_is_named_and_loses_nothing(shards: Shards, tmp_path: Path) -> None:
    source = shards(tmp_path / "source", 6, 1)
    shards(tmp_path / "large", 6, 8)
    (tmp_path / "large" / "05.parquet").replace(source / "05.parquet")
    words = ("ingest", source, tmp_path / "out", "--workers", 1)
    output = start(*words, largest=100_000).ended()
    assert output.code == 2, output
    assert "Traceback" not in output.err
    line = output.err.splitlines()[-1]
    assert line.startswith(f"morelli: cannot write to {tmp_path / 'out'}: ")
    assert "run the same command again" in line
    assert len(list((tmp_path / "out" / "data").iterdir())) == 5
    assert "72 works of 6 classes" in printed(*words)


@pytest.fixture
def hub(shards: Shards, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with HubServer(shards(tmp_path / "source", 3, 1)) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        yield server


def test_ingest_from_the_hub_gives_the_same_shards_as_from_a_folder(
    hub: HubServer, tmp_path: Path
) -> None:
    output = start("ingest", f"hub:{hub.repository}", tmp_path / "from-hub", "--top", 4).ended()
    assert output.code == 0, output
    assert "48 works of 4 classes" in output.out
    assert output.err.startswith("labels: 3 shards in 0.")
    assert "48 works to read: 0." in output.err
    printed("ingest", tmp_path / "source", tmp_path / "from-folder", "--top", 4)
    assert contents(tmp_path / "from-hub" / "data") == contents(tmp_path / "from-folder" / "data")


def test_describe_shows_the_revision_that_the_hub_has_now(hub: HubServer) -> None:
    output = start("describe", f"hub:{hub.repository}").ended()
    assert output.code == 0, output
    assert "72 works in 3 shards" in output.out
    assert f"repository {hub.repository}, revision {hub.revision}" in output.out


def test_a_data_set_that_the_hub_does_not_have_is_refused(hub: HubServer, tmp_path: Path) -> None:
    output = start("ingest", "hub:museum/sculptures", tmp_path / "out").ended()
    assert (output.code, output.out) == (2, "")
    assert output.err.startswith("morelli: the Hub has no data set 'museum/sculptures'")
    assert output.err.count("\n") == 1


def test_a_terminal_shows_bars_with_rates_and_nothing_broken(
    shards: Shards, tmp_path: Path
) -> None:
    shown = on_terminal("ingest", shards(tmp_path / "source", 2, 8), tmp_path / "out")
    assert shown.code == 0, shown
    assert "━" in shown.out
    assert "72/72" in shown.out
    assert re.search(r"works, \d+/s .*\d+:\d\d", shown.out)  # the rate, and the time that remains
    assert "Traceback" not in shown.out


def test_a_narrow_terminal_shows_every_name_whole(run: Run, paintings: Path) -> None:
    folder = min(paintings.iterdir())
    shown = on_terminal("attribute", run.folder, folder, "--top", 1, columns=60)
    assert shown.code == 0, shown
    assert "Traceback" not in shown.out
    assert "…" not in shown.out
    assert all(path.name in shown.out for path in folder.iterdir())


def test_an_error_on_a_terminal_is_one_plain_line(tmp_path: Path) -> None:
    shown = on_terminal("describe", tmp_path)
    assert shown.code == 2
    (line,) = shown.out.splitlines()
    assert line.startswith("morelli: ")
    assert os.fspath(tmp_path) in line


def test_a_command_that_is_refused_in_a_pipe_has_an_empty_stdout(tmp_path: Path) -> None:
    output = morelli("describe", tmp_path)
    assert output.out == ""
