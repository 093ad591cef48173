"""`morelli attribute --evidence`: its pages, its sentences, and images that are a nuisance."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from audit.spoilt import few_trees
from audit.squashed import squashed
from cli.command import Output, morelli, printed, refusal
from PIL import Image

from morelli.audit.folder import Audit, open_audit
from morelli.runs.folder import Run


@pytest.fixture(scope="module")
def examined(paintings: Path, tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """An audit of the same painters' works, those of one of them square."""
    folder = tmp_path_factory.mktemp("squashed")
    collection, _ = squashed(paintings, folder)
    with few_trees():
        printed(
            *("audit", collection.folder, "--weights", "random"),
            *("--out", folder / "audit", "--cache", folder / "cache"),
        )
    return open_audit(folder / "audit")


def attributed(
    run: Run, image: Image.Image, name: Path, *words: object, **options: object
) -> Output:
    """Attribute an image with evidence, written to a file of that name."""
    image.save(name, **options)  # type: ignore[arg-type]
    return morelli("attribute", run.folder, name, "--evidence", name.parent / "out", *words)


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    """A picture of drawn pixels."""
    random = np.random.default_rng(seed)
    return Image.fromarray(random.integers(0, 256, (height, width, 3), np.uint8))


def test_each_image_has_a_page_and_its_sentence_below_the_table(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    one, other = sorted(folder.iterdir())[:2]

    output = morelli("attribute", run.folder, one, other, "--evidence", tmp_path / "out")

    assert output.code == 0
    assert output.err.startswith("attribute: 2 images in ")
    _, *lines = output.out.rstrip().splitlines()[-5:]
    for path, sentence, page in zip((one, other), lines[::2], lines[1::2], strict=True):
        assert sentence.startswith(f"{path}: {run.classifier.attribute(path).best} with ")
        file = tmp_path / "out" / path.stem / "evidence.html"
        assert page == f"  Evidence: {file}"
        assert sentence.removeprefix(f"{path}: ") in file.read_text("utf-8")
        assert (file.parent / "neighbour-5.jpg").is_file()


def test_an_audits_shortcut_stands_in_the_sentence_and_among_the_pages_warnings(
    run: Run, examined: Audit, folder: Path, tmp_path: Path
) -> None:
    path, out = min(folder.iterdir()), tmp_path / "out"

    output = printed("attribute", run.folder, path, "--evidence", out, "--audit", examined.folder)

    figures = examined.results.shortcuts
    assert figures is not None
    clause = (
        "iles alone, without a look at the picture, predict the artist of "
        f"{round(figures.accuracy * figures.works)} of {figures.works} audited works "
        f"correctly (always answering the commonest gives {figures.majority:.0%})"
    ).replace("%", " %")
    assert "what could mislead: the image is small (48 pixels" in output
    assert f"; f{clause}" in output
    assert f"F{clause}." in (out / path.stem / "evidence.html").read_text("utf-8")


def test_an_audit_without_evidence_is_refused_with_what_to_type(
    run: Run, examined: Audit, folder: Path
) -> None:
    line = refusal("attribute", run.folder, folder, "--audit", examined.folder)

    assert line == (
        "morelli: --audit adds to the evidence; say where that goes with --evidence FOLDER"
    )


def test_a_folder_that_is_no_audit_is_refused_before_anything_is_written(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"

    line = refusal("attribute", run.folder, folder, "--evidence", out, "--audit", run.folder)

    assert line == (
        f"morelli: {run.folder} holds no audit; make one with: morelli audit COLLECTION --out "
        "FOLDER"
    )
    assert not out.exists()


def test_without_the_option_nothing_of_evidence_is_said(run: Run, folder: Path) -> None:
    assert "vidence" not in printed("attribute", run.folder, min(folder.iterdir()))


def test_json_has_sentence_and_page(run: Run, folder: Path, tmp_path: Path) -> None:
    path, out = min(folder.iterdir()), tmp_path / "out"
    (tmp_path / "bad.png").write_bytes(b"")

    output = morelli(
        "attribute", run.folder, path, tmp_path / "bad.png", "--json", "--evidence", out
    )

    good, bad = json.loads(output.out)
    assert output.code == 1
    assert good.keys() == {"image", "task", "none_of_these", "classes", "sentence", "evidence"}
    assert good["evidence"] == str(out / path.stem / "evidence.html")
    assert good["sentence"].startswith(good["classes"][0]["name"])
    assert bad == {"image": str(tmp_path / "bad.png"), "error": "the file is empty"}


def test_csv_has_two_columns_more(run: Run, folder: Path, tmp_path: Path) -> None:
    path, file = min(folder.iterdir()), tmp_path / "answers.csv"
    (tmp_path / "bad.png").write_bytes(b"no image")

    morelli(
        *("attribute", run.folder, path, tmp_path / "bad.png", tmp_path / "none.png"),
        *("--csv", file, "--evidence", tmp_path / "out"),
    )

    with file.open(newline="", encoding="utf-8") as opened:
        head, good, bad, gone = csv.reader(opened)
    assert head[-2:] == ["sentence", "evidence"]
    assert good[-2].startswith(good[2])
    assert Path(good[-1]).is_file()
    assert bad[1] == "not an image of a known format"
    assert gone[1] == "No such file or directory"
    assert {len(row) for row in (good, bad, gone)} == {len(head)}


def test_unreadable_images_are_named_and_the_rest_goes_on(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "cut.jpg").write_bytes(min(folder.iterdir()).read_bytes()[:300])

    output = morelli(
        *("attribute", run.folder, tmp_path / "cut.jpg", min(folder.iterdir())),
        *("--evidence", tmp_path / "out"),
    )

    assert output.code == 1
    (line,) = (line for line in output.err.splitlines() if line.startswith("morelli: "))
    assert line.startswith(f"morelli: {tmp_path / 'cut.jpg'}: cannot be decoded: ")
    assert [page.name for page in (tmp_path / "out").iterdir()] == [min(folder.iterdir()).stem]


@pytest.mark.parametrize("size", [(1, 1), (63, 40)])
def test_an_image_smaller_than_the_networks_input_has_no_parts_and_says_so(
    run: Run, size: tuple[int, int], tmp_path: Path
) -> None:
    output = attributed(run, noise(*size), tmp_path / "small.png")

    assert output.code == 0
    assert "the image is small (" in output.out
    assert "it is too small to be cut into parts" in output.out
    page = (tmp_path / "out" / "small" / "evidence.html").read_text("utf-8")
    assert "The image is too small to be cut into parts that show anything." in page


def test_an_image_of_one_colour_is_answered_and_named(run: Run, tmp_path: Path) -> None:
    output = attributed(run, Image.new("RGB", (300, 200), (90, 90, 200)), tmp_path / "blue.png")

    assert output.code == 0
    assert "what could mislead: the image is nearly of one colour" in output.out


@pytest.mark.parametrize("size", [(4_000, 80), (80, 4_000)])
def test_a_scroll_says_how_little_of_it_was_judged(
    run: Run, size: tuple[int, int], tmp_path: Path
) -> None:
    ramp = Image.linear_gradient("L").resize(size)

    output = attributed(run, ramp, tmp_path / "scroll.png")

    assert output.code == 0
    assert "the whole was judged by its middle, 2 % of it" in output.out
    assert (tmp_path / "out" / "scroll" / "parts-2.jpg").is_file()


def test_a_picture_a_pixel_high_is_answered(run: Run, tmp_path: Path) -> None:
    output = attributed(run, noise(5_000, 1), tmp_path / "line.png")

    assert output.code == 0
    assert (tmp_path / "out" / "line" / "evidence.html").is_file()


def test_of_an_animated_file_the_first_picture_is_taken(run: Run, tmp_path: Path) -> None:
    first, *others = (noise(90, 70, seed).quantize() for seed in range(3))
    (tmp_path / "still").mkdir()
    still = attributed(run, first, tmp_path / "still" / "a.gif", "--json")
    moving = attributed(
        run, first, tmp_path / "a.gif", "--json", save_all=True, append_images=others
    )

    assert (
        getattr(Image.open(tmp_path / "a.gif"), "n_frames", 1) == 3
    )  # Pillow declares it of no class
    one, other = (json.loads(output.out)[0] for output in (still, moving))
    assert (one["classes"], one["sentence"]) == (other["classes"], other["sentence"])


def test_a_class_with_fewer_works_than_neighbours_asked_for_is_named(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    path, trained = min(folder.iterdir()), run.metrics["train"].works

    some, every = (
        printed(
            *("attribute", run.folder, path, "--evidence", tmp_path / f"{count}"),
            *("--neighbours", count),
        )
        for count in (3, 999)
    )

    few = "the class has fewer works than the neighbours looked at"
    assert few not in some
    assert few in every
    assert f"of the {trained} closest works agree" in every
    assert len(list((tmp_path / "3").rglob("neighbour-*.jpg"))) == 3
    assert len(list((tmp_path / "999").rglob("neighbour-*.jpg"))) == trained


def test_a_collection_that_is_gone_is_named_on_the_page(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    alone = shutil.copytree(run.folder / "classifier", tmp_path / "alone")
    path = min(folder.iterdir())

    printed("attribute", alone, path, "--evidence", tmp_path / "out")

    page = (tmp_path / "out" / path.stem / "evidence.html").read_text("utf-8")
    assert "Where the collection is that it learned from is not known." in page
    assert not list((tmp_path / "out").rglob("neighbour-*"))


def test_a_classifier_without_known_works_is_refused_with_what_to_type(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    old = shutil.copytree(run.folder / "classifier", tmp_path / "old")
    for name in ("known.json", "known.safetensors", "parts.json"):
        (old / name).unlink()

    line = refusal("attribute", old, folder, "--evidence", tmp_path / "out")

    assert line == (
        f"morelli: {old} holds no known works that evidence could be drawn from (it has no "
        "known.json); train it anew: morelli train COLLECTION --out FOLDER"
    )
    assert printed("attribute", old, folder)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_refused(run: Run, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    line = refusal("attribute", run.folder, folder, "--evidence", tmp_path / "file" / "out")

    assert "a part of the path is a file" in line


def test_a_page_does_not_trust_the_images_name(run: Run, folder: Path, tmp_path: Path) -> None:
    name = tmp_path / "..<img src=x onerror=alert(1)>.jpg"
    name.write_bytes(min(folder.iterdir()).read_bytes())

    printed("attribute", run.folder, name, "--evidence", tmp_path / "out")

    (inside,) = (tmp_path / "out").iterdir()
    assert inside.name == "img-src-x-onerror-alert-1"
    assert "<img src=x" not in (inside / "evidence.html").read_text("utf-8")
