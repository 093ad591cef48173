"""A classifier that can say none of these: saved and loaded it declines the same."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from declining import declining_above, declining_all
from PIL import Image
from safetensors.numpy import load_file, save_file

from morelli import classifier as room
from morelli.classifier import (
    NONE_OF_THESE,
    Attribution,
    Classifier,
    HeadShape,
    raw_log_probabilities,
    seen_by,
)
from morelli.data.aside import file_digest
from morelli.data.folders import checksum
from morelli.errors import BadFolder
from morelli.evaluation.calibration import tempered
from morelli.evaluation.strangeness import score
from morelli.runs.folder import Run, load
from morelli.saved import load_classifier, save_classifier
from morelli.training.heads import Mean, build_head

NAME = "strangeness.safetensors"
FEATURES = np.random.default_rng(0).normal(0, 1, (7, 5)).astype(np.float32)

Arrays = dict[str, Any]


@pytest.fixture(scope="module")
def classifier(run: Run) -> Classifier:
    """The shared run's classifier."""
    return run.classifier


@pytest.fixture(scope="module")
def files(paintings: Path) -> list[Path]:
    """Two paintings of each painter."""
    return [path for folder in sorted(paintings.iterdir()) for path in sorted(folder.iterdir())[:2]]


@pytest.fixture(scope="module")
def features(classifier: Classifier, files: list[Path]) -> Any:
    """Their features."""
    return classifier.using.features([classifier._stored(path.read_bytes()) for path in files])


@pytest.fixture
def folder(classifier: Classifier, tmp_path: Path) -> Path:
    """A classifier's folder, to be spoilt."""
    save_classifier(tmp_path / "classifier", classifier)
    return tmp_path / "classifier"


def sign(folder: Path) -> None:
    """Vouch anew for what a classifier's folder holds."""
    path = folder / "classifier.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    there = sorted(each.name for each in folder.glob("*.safetensors"))
    said["files"] = {name: file_digest(folder / name) for name in there}
    path.write_text(json.dumps(said | {"digest": checksum(said)}), encoding="utf-8")


# What it declines


def test_a_work_is_declined_if_it_scores_above_the_limit(
    classifier: Classifier, features: Any
) -> None:
    scores = classifier.judge(features).strangeness
    names = [str(number) for number in range(len(features))]
    for limit in (-math.inf, float(np.median(scores)), math.inf):
        told = declining_above(classifier, limit).attributions(names, features)

        assert [each.declined for each in told] == (scores > limit).tolist()
        assert [each.image for each in told] == names


def test_declining_leaves_the_probabilities_as_they_are(
    classifier: Classifier, features: Any
) -> None:
    names = ["a"] * len(features)
    strict = declining_above(classifier, -math.inf).attributions(names, features)
    kind = declining_above(classifier, math.inf).attributions(names, features)

    assert [each.probabilities for each in strict] == [each.probabilities for each in kind]


def test_the_score_is_of_features_hidden_values_and_tempered_probabilities(
    classifier: Classifier, features: Any
) -> None:
    head, temperature = classifier.head, classifier.temperature
    seen = seen_by(head, temperature, features)

    assert np.array_equal(seen.features, features)
    raw = tempered(raw_log_probabilities(head, features), temperature)
    assert np.array_equal(seen.log_probabilities, raw)
    assert np.array_equal(seen.log_probabilities, classifier.log_probabilities(features))
    judged = classifier.judge(features)
    assert np.array_equal(judged.log_probabilities, seen.log_probabilities)
    assert np.array_equal(judged.strangeness, score(classifier.strangeness, seen))


def test_works_are_scored_block_by_block_as_together(
    classifier: Classifier, features: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = classifier.judge(features).strangeness
    monkeypatch.setattr(room, "BLOCK", 5)

    assert np.allclose(classifier.judge(features).strangeness, together, atol=0.01)
    nothing = classifier.judge(features[:0])
    assert nothing.strangeness.shape == (0,)
    assert nothing.log_probabilities.shape == (0, len(classifier.class_names))


@pytest.mark.parametrize("standardise", [False, True])
def test_hidden_values_are_what_the_last_layer_is_given(standardise: bool) -> None:
    head = build_head(5, 3, hidden=4, standardise=standardise).eval()

    found = seen_by(head, 1.0, FEATURES).hidden

    assert found.shape == (7, 4)
    assert found.min() == 0
    told = torch.log_softmax(head[-2](torch.from_numpy(found)), dim=1)
    assert np.allclose(told.detach(), raw_log_probabilities(head, FEATURES), atol=1e-6)


def test_hidden_values_of_several_heads_stand_side_by_side() -> None:
    heads = [build_head(5, 3, hidden=4, seed=seed).eval() for seed in range(3)]

    found = seen_by(Mean(heads).eval(), 1.0, FEATURES).hidden

    assert found.shape == (7, 12)
    for number, head in enumerate(heads):
        own = found[:, 4 * number : 4 * number + 4]
        assert np.array_equal(own, seen_by(head, 1.0, FEATURES).hidden)


def test_one_image_alone_is_answered_as_in_a_batch(
    classifier: Classifier, files: list[Path], features: Any
) -> None:
    together = classifier.judge(features).strangeness
    alone = [classifier.judge(features[at : at + 1]).strangeness[0] for at in range(len(files))]
    # The limit stands in the widest gap, so that rounding cannot carry a work over it.
    ordered = np.sort(together)
    at = int(np.diff(ordered).argmax())
    some = declining_above(classifier, float(ordered[at : at + 2].mean()))

    assert np.allclose(together, alone, atol=0.01)
    batched = list(some.attribute_files(files))
    assert all(isinstance(each, Attribution) for each in batched)
    one_by_one = [some.attribute(path).declined for path in files]
    assert [getattr(each, "declined", None) for each in batched] == one_by_one
    assert 0 < sum(one_by_one) < len(files)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((64, 64, 3), np.uint8),
        np.full((64, 64, 3), 255, np.uint8),
        np.zeros((1, 1, 3), np.uint8),
        np.full((1, 1), 128, np.uint8),
        np.tile(np.arange(256, dtype=np.uint8), (2, 8))[:1],
        np.random.default_rng(0).integers(0, 256, (3000, 2, 3), np.uint8),
    ],
    ids=lambda image: f"{image.shape}-{image.flat[0]}",
)
def test_an_image_that_is_hardly_one_is_answered_all_the_same(
    classifier: Classifier, image: Any, tmp_path: Path
) -> None:
    Image.fromarray(image).save(tmp_path / "image.png")

    found = classifier.attribute(image)
    [batched] = classifier.attribute_files([tmp_path / "image.png"])

    assert isinstance(batched, Attribution)
    assert sum(found.probabilities.values()) == pytest.approx(1, abs=1e-5)
    for each in (found, batched):
        assert each.declined in (True, False)
        assert each.probabilities[each.best] == max(each.probabilities.values())
    stored = classifier._stored((tmp_path / "image.png").read_bytes())
    assert np.isfinite(classifier.judge(classifier.using.features([stored])).strangeness).all()


def test_an_attribution_that_is_declined_says_so_in_a_notebook() -> None:
    found = Attribution("<b>.jpg", "artist", {"a": 0.7, "b": 0.3}, declined=True)

    assert f"&lt;b&gt;.jpg: {NONE_OF_THESE}; the nearest guesses" in found._repr_html_()
    assert NONE_OF_THESE not in replace(found, declined=False)._repr_html_()


# What it is in a folder


def test_saved_and_loaded_it_declines_the_same(
    classifier: Classifier, folder: Path, features: Any
) -> None:
    found = load_classifier(folder)

    assert found.strangeness.limit == classifier.strangeness.limit
    assert np.array_equal(found.judge(features).strangeness, classifier.judge(features).strangeness)


def test_a_limit_beyond_all_scores_is_kept_as_it_is(
    classifier: Classifier, files: list[Path], tmp_path: Path
) -> None:
    found = load(declining_all(classifier, tmp_path / "strict"))

    assert all(each.declined for each in map(found.attribute, files[:3]))


def test_a_missing_or_altered_score_is_named(folder: Path) -> None:
    data = bytearray((folder / NAME).read_bytes())
    data[-1] ^= 1
    (folder / NAME).write_bytes(data)

    with pytest.raises(BadFolder, match=f"{NAME} was altered$"):
        load(folder)
    (folder / NAME).unlink()
    with pytest.raises(BadFolder, match=f"{NAME} is missing$"):
        load(folder)


def test_a_score_that_was_never_vouched_for_and_is_missing_is_a_line_too(folder: Path) -> None:
    (folder / NAME).unlink()
    sign(folder)

    with pytest.raises(BadFolder, match=f"{NAME} is damaged: .*; train it anew$"):
        load(folder)


def without(name: str) -> Callable[[Arrays], Arrays]:
    return lambda arrays: {key: each for key, each in arrays.items() if key != name}


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (without("works"), "is damaged: the arrays of a score of strangeness are not"),
        (lambda arrays: arrays | {"limit": np.float64(3)}, "do not fit together"),
        (lambda arrays: arrays | {"ridge": np.float32(3)}, "do not fit together"),
        (lambda arrays: arrays | {"works": arrays["works"][:0]}, "do not fit together"),
        (
            lambda arrays: arrays | {name: arrays[name][:-1] for name in ("scale", "basis")},
            "does not fit the head",
        ),
        (lambda arrays: arrays | {"axes": arrays["axes"][:-1]}, "does not fit the head"),
        (
            lambda arrays: (
                arrays | {"ridge": arrays["ridge"][:, :-1].copy(), "means": arrays["means"][:-1]}
            ),
            "does not fit the head",
        ),
    ],
)
def test_a_score_that_fits_no_such_head_is_refused_in_a_line(
    folder: Path, spoil: Callable[[Arrays], Arrays], told: str
) -> None:
    arrays = spoil(dict(load_file(folder / NAME)))
    save_file({key: np.array(each, order="C") for key, each in arrays.items()}, folder / NAME)
    sign(folder)

    with pytest.raises(BadFolder, match=told) as refused:
        load(folder)

    assert str(refused.value).startswith(f"{folder / NAME} ")
    assert str(refused.value).endswith("; train it anew")
    assert "\n" not in str(refused.value)


def test_a_score_file_that_is_no_safetensors_file_is_refused_in_a_line(folder: Path) -> None:
    for data in (b"", b"no tensors", (folder / NAME).read_bytes()[:-9]):
        (folder / NAME).write_bytes(data)
        sign(folder)

        with pytest.raises(BadFolder, match=r"is damaged: .*; train it anew$"):
            load(folder)


def test_the_score_of_another_run_s_head_is_refused(classifier: Classifier, tmp_path: Path) -> None:
    wider = HeadShape(
        classifier.shape.width, 2 * classifier.shape.hidden, 0.5, classifier.shape.standardise
    )
    head = build_head(wider.width, 6, hidden=wider.hidden, standardise=True).eval()
    other = replace(classifier, shape=wider, head=head)
    save_classifier(tmp_path / "other", other)

    with pytest.raises(BadFolder, match=r"does not fit the head; train it anew$"):
        load(tmp_path / "other")
