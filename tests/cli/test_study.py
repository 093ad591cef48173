"""`morelli study`: what it prints, how options change the recipe, and what it refuses."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import tomli_w
from cli.command import morelli, printed, refusal
from reported import one_thread
from studies.small_studies import figures_of, small, write_weights

from morelli.cli.study import EXIT_FAILED
from morelli.data.collection import Collection
from morelli.markup import share_of
from morelli.studies.folder import Study, open_study
from morelli.studies.named_studies import STUDIES
from morelli.studies.recipe import Row, StudyRecipe

QUICK = ("--backbones", "squeezenet1_1", "--weights", "random", "--epochs", 1)


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


def recipe_file(folder: Path, recipe: StudyRecipe) -> Path:
    path = folder / "my study.toml"
    path.write_text(tomli_w.dumps(recipe.as_dict()), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def done(
    collection: Collection, cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Study, str, str]:
    """A study of two networks, and what was printed to both streams."""
    folder = tmp_path_factory.mktemp("study")
    options = ("--backbones", "squeezenet1_1,mobilenet_v2", "--dropout", "0.0,0.5", "--lr", "1e-2")
    words = ("study", collection.folder, "--out", folder / "study", *options, "--seeds", 2)
    output = morelli(*words, "--weights", "random", "--epochs", 2, "--cache", cache)
    assert output.code == 0
    return open_study(folder / "study"), output.out, output.err


def rows_of(out: str) -> list[list[str]]:
    """Return the cells of a printed table's rows, its head first."""
    lines = [line for line in out.splitlines() if "  " in line.strip()]
    return [re.split(r"\s{2,}", line.strip()) for line in lines if "─" not in line]


def test_it_prints_a_row_for_each_setting_the_conclusion_and_the_report(
    done: tuple[Study, str, str],
) -> None:
    finished, out, _ = done
    head, *rows = rows_of(out)

    assert head[:6] == ["network", "dropout", "lr", "best epoch", "val", "95 % interval"]
    assert len(rows) == 4
    for row, setting in zip(rows, finished.results.settings, strict=True):
        chosen = setting.number == finished.results.chosen
        p = [] if chosen else [f"{setting.p_holm:.2g}"]
        val = figures_of(setting)
        assert row == [
            *(["*"] if chosen else []),
            setting.backbone,
            f"{setting.dropout:.3g}",
            "1.00e-02",
            str(setting.best_epoch),
            f"{val.accuracy:.4f}",
            f"{val.low:.3f} to {val.high:.3f}",
            *(f"{val.scores[name]:.4f}" for name in ("macro_f1", "top5_accuracy")),
            *p,
        ]
    assert out.splitlines()[-2:] == [
        finished.conclusion,
        f"Report: {finished.folder / 'report.html'}",
    ]
    assert (finished.folder / "report.html").is_file()


def test_each_trial_has_a_line_when_it_ends(done: tuple[Study, str, str]) -> None:
    finished, _, err = done
    lines = [line for line in err.splitlines() if line.startswith("Trial ")]

    for line, trial in zip(lines, finished.trials(), strict=True):
        assert line.startswith(f"Trial {trial.number}: {trial.recipe.backbone}, dropout ")
        assert f": val accuracy {trial.val_accuracy:.4f} at epoch " in line
    assert re.search(r"^settings: 4 settings in \d+\.\d s$", err, re.MULTILINE)


def test_options_are_words_of_the_recipe(done: tuple[Study, str, str]) -> None:
    recipe = done[0].recipe

    assert recipe.backbones == ("squeezenet1_1", "mobilenet_v2")
    assert (recipe.dropout, recipe.lr, recipe.seeds) == ((0.0, 0.5), (0.01,), 2)
    assert (recipe.base.epochs, recipe.base.weights) == (2, "random")


def test_a_recipe_file_is_read_and_options_change_it(
    collection: Collection, tmp_path: Path
) -> None:
    file = recipe_file(tmp_path, small(epochs=2, split_by="series"))
    changed = (
        "--lr",
        " 1e-3 , 3e-3,",
        "--split-seed",
        3,
        "--seed",
        4,
        "--batch",
        8,
        "--split-by",
        "",
    )
    printed("study", collection.folder, "--out", tmp_path / "out", "--recipe", file, *changed)

    recipe = open_study(tmp_path / "out").recipe
    assert recipe == small(
        lr=(1e-3, 3e-3), epochs=2, split_seed=3, seed=4, batch=8, backbones=("squeezenet1_1",)
    )
    assert recipe.base.hidden == 16


def test_blanks_around_names_do_not_matter(collection: Collection, tmp_path: Path) -> None:
    words = ("study", collection.folder, "--out", tmp_path / "out", "--dropout", "0.5")
    spaced = ("--backbones", " squeezenet1_1, ", "--lr", "0.01", "--weights", "random")
    printed(*words, *spaced, "--epochs", 1)

    assert open_study(tmp_path / "out").recipe.backbones == ("squeezenet1_1",)


def test_rows_show_test_and_what_was_published(collection: Collection, tmp_path: Path) -> None:
    rows = (
        Row("squeezenet1_1", 0.5, 1e-3, 1, published=0.125),
        Row("squeezenet1_1", 0.0, 1e-2, 1),
    )
    file = recipe_file(tmp_path, small(rows=rows))
    out = printed("study", collection.folder, "--out", tmp_path / "out", "--recipe", file)
    results = open_study(tmp_path / "out").results
    shares = [
        share_of(figures_of(row, "test").accuracy, results.works["test"])
        for row in results.settings
    ]

    head, first, second = rows_of(out)
    assert head[-2:] == ["test", "published"]
    assert first[-2:] == [shares[0], "0.1250"]
    assert second[-1] == shares[1]


def test_epochs_are_those_of_every_row_of_a_named_recipe(
    collection: Collection, tmp_path: Path
) -> None:
    rows = tuple(Row("squeezenet1_1", dropout, 1e-2, 7, published=0.5) for dropout in (0.3, 0.5))
    file = recipe_file(tmp_path, small(rows=rows))
    words = ("study", collection.folder, "--out", tmp_path / "out", "--recipe", file)
    printed(*words, "--epochs", 1)

    trials = open_study(tmp_path / "out").trials()
    assert [len(trial.heads[0].epochs) for trial in trials] == [1, 1]


def test_a_search_says_how_many_trials_have_ended(collection: Collection, tmp_path: Path) -> None:
    words = ("study", collection.folder, "--out", tmp_path / "out", *QUICK)
    output = morelli(*words, "--search", "tpe", "--trials", 2, "--seeds", 1)

    assert output.code == 0
    assert len(rows_of(output.out)) == 3
    assert re.search(r"^trials: 2 trials in ", output.err, re.MULTILINE)
    recipe = open_study(tmp_path / "out").recipe
    assert (recipe.search, recipe.trials, recipe.seeds) == ("tpe", 2, 1)


def test_a_trial_that_failed_is_named_and_the_exit_code_is_1(
    collection: Collection, tmp_path: Path
) -> None:
    write_weights(tmp_path / "weights", "squeezenet1_1")
    options = ("--backbones", "squeezenet1_1,mobilenet_v2", "--weights", tmp_path / "weights")
    grid = ("--dropout", "0.5", "--lr", "0.01", "--epochs", 1)
    words = ("study", collection.folder, "--out", tmp_path / "out", *options, *grid)
    output = morelli(*words)

    assert output.code == EXIT_FAILED == 1
    assert [row[-1] for row in rows_of(output.out)[1:]][1:] == ["failed"]
    last = output.err.splitlines()[-1]
    assert last.startswith(f"Trial 1 failed: {tmp_path / 'weights'} has no mobilenet_v2")
    assert "1 trial failed." in output.out
    assert "Traceback" not in output.err
    write_weights(tmp_path / "weights", "mobilenet_v2")
    again = morelli(*words)
    assert again.code == 0
    assert " failed" not in again.out + again.err


@pytest.mark.parametrize(
    ("options", "refused"),
    [
        (("--dropout", "0.3,high"), "--dropout is '0.3,high'; it must be like 0.3,0.5"),
        (("--lr", "1e-4;1e-3"), "--lr is '1e-4;1e-3'; it must be like 1e-4,1e-3"),
        (("--lr", "nan"), "lr is nan; it must be above 0 and below 10"),
        (("--lr", ""), "the grid is empty: lr names no value"),
        (("--dropout", ","), "the grid is empty: dropout names no value"),
        (("--dropout", "0.5,0.50"), "dropout names 0.5 twice"),
        (("--backbones", "resnet18,resnet19"), "unknown backbone 'resnet19'; did you mean"),
        (("--seeds", 0), "seeds is 0; it must be 1 or more"),
        (("--search", "random"), "unknown search 'random'"),
        (("--search", "tpe", "--trials", -1), "trials is -1; it must be 1 or more"),
        (("--epochs", 0), "epochs is 0; it must be 1 or more"),
        (("--task", "painter"), "unknown task 'painter'"),
        (("--recipe", "wikiart-four"), "there is no study recipe wikiart-four; the named ones are"),
        (("--track", "wandb"), "unknown tracker 'wandb'"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_before_anything_is_written(
    collection: Collection, tmp_path: Path, options: tuple[object, ...], refused: str
) -> None:
    line = refusal("study", collection.folder, "--out", tmp_path / "out", *options)

    assert line.startswith(f"morelli: {refused}"), line
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_read_or_written_is_refused_in_one_line(
    done: tuple[Study, str, str], collection: Collection, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "bad.toml").write_text("[[rows]]\nbackbone = 1")
    words = ("study", collection.folder, "--out")

    assert "holds something else (bad.toml, notes.txt)" in refusal(*words, tmp_path)
    assert "by another recipe" in refusal(*words, done[0].folder)
    bad = refusal(*words, tmp_path / "out", "--recipe", tmp_path / "bad.toml")
    assert bad.startswith("morelli: a row lacks")
    assert "no collection" in refusal("study", tmp_path, "--out", tmp_path / "out")


def test_if_all_trials_fail_it_is_refused_with_the_reason(
    collection: Collection, tmp_path: Path
) -> None:
    words = ("study", collection.folder, "--out", tmp_path / "out", "--backbones", "squeezenet1_1")
    line = refusal(*words, "--weights", tmp_path / "none", announced=True)

    assert line.startswith("morelli: no trial was trained to its end: there is no weights file ")


def test_open_shows_the_report_in_the_browser(
    done: tuple[Study, str, str], collection: Collection, tmp_path: Path, opened: list[str]
) -> None:
    finished, out, _ = done
    file = recipe_file(tmp_path, finished.recipe)
    output = morelli(
        "study", collection.folder, "--out", finished.folder, "--recipe", file, "--open"
    )

    assert (output.code, output.out) == (0, out)  # the study was finished, and is shown again
    assert opened == [(finished.folder / "report.html").as_uri()]


def test_the_help_names_the_recipes() -> None:
    assert "--recipe" in printed("study", "--help")
    text = " ".join(printed("study", "--help").split())
    assert all(name.split("-")[-1] in text for name in STUDIES)
