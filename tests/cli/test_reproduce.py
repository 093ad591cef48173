"""`morelli reproduce`: what it prints, and what it refuses in one line."""

import re
from pathlib import Path

import pytest
from cli.command import morelli, printed, refusal
from data.small import pictures, times_of, write_shard
from hub_server import HubServer
from studies.reproduced import SAMPLE, SLIDES, Reproduced
from studies.small_studies import figures_of

SETTINGS = ("--weights", "random", "--views", 1, "--sample", SAMPLE)


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """Shards of three artists."""
    write_shard(tmp_path / "three/0.parquet", pictures(12), {"artist": ["a", "b", "c"] * 4})
    return tmp_path / "three"


@pytest.mark.real
def test_it_prints_the_slides_figures_beside_ours_and_opens_the_report(
    reproduction: Reproduced, monkeypatch: pytest.MonkeyPatch, opened: list[str]
) -> None:
    out = reproduction.result.folder
    before = times_of(out / "slides")
    with HubServer(reproduction.repository) as hub:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.endpoint)
        monkeypatch.setattr(
            "huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE",
            hub.endpoint + "/{repo_id}/resolve/{revision}/{filename}",
        )
        words = ("--source", "hub:museum/paintings", *SETTINGS, "--cache", reproduction.cache)
        shown = printed("reproduce", out, *words, "--open")
    head, _, *rows, conclusion, report = (line for line in shown.splitlines() if line.strip())
    cells = [re.split(r"\s{2,}", row.strip()) for row in rows]

    assert re.split(r"\s{2,}", head.strip()) == [
        "works",
        "network",
        "dropout",
        "lr",
        "slides",
        "ours",
        "95 % interval",
    ]
    assert [row[0] for row in cells] == ["four"] * 11 + ["subset", "subset-with-unknown"]
    slides = [f"{accuracy:.4f}" for accuracy in (*SLIDES, 0.5111, 0.5111) if accuracy is not None]
    assert [row[4] for row in cells if len(row) == 7] == slides
    ours = [figures_of(row, "test").accuracy for row in reproduction.result.slides.results.settings]
    ours += [run.metrics["test"].accuracy for run in reproduction.result.subsets.values()]
    assert [row[-2] for row in cells] == [f"{accuracy:.4f}" for accuracy in ours]
    assert conclusion == reproduction.result.grid.conclusion
    assert report == f"Report: {out / 'report.html'}"
    assert times_of(out / "slides") == before
    assert opened == [(out / "report.html").as_uri()]


@pytest.mark.real
def test_what_is_in_the_folder_is_not_mixed_with_another(
    reproduction: Reproduced, three: Path
) -> None:
    source = reproduction.repository / "data"
    line = refusal("reproduce", reproduction.result.folder, "--source", source, *SETTINGS)

    assert line.endswith("holds another reproduction (its source differ); choose a new folder")


def test_a_source_of_fewer_than_four_artists_is_refused(three: Path, tmp_path: Path) -> None:
    line = refusal("reproduce", tmp_path / "out", "--source", three, "--weights", "random")

    assert line == (
        "morelli: the top 4 were asked for, but the source has only 3 artist classes (of 12 works)"
    )
    assert not (tmp_path / "out").exists()


def test_weights_that_are_not_there_are_refused(three: Path, tmp_path: Path) -> None:
    weights = tmp_path / "none"
    line = refusal("reproduce", tmp_path / "out", "--source", three, "--weights", weights)

    assert line == f"morelli: there is no weights file {weights}"
    assert not (tmp_path / "out").exists()


def test_a_source_that_is_not_there_is_refused(tmp_path: Path) -> None:
    line = refusal("reproduce", tmp_path / "out", "--source", tmp_path / "none")

    assert str(tmp_path / "none") in line
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("wrong", [("--views", 0), ("--sample", 9), ("--workers", 0)])
def test_a_number_that_cannot_be_is_a_wrong_call(tmp_path: Path, wrong: tuple[str, int]) -> None:
    output = morelli("reproduce", tmp_path / "out", *wrong)

    assert output.code == 2
    assert wrong[0] in output.err
