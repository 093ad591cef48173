"""Weights: from where they are given, from torchvision's cache, or from its server."""

import hashlib
import os
import pickle
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import save_file
from torchvision import models

from morelli.errors import BadWeights
from morelli.features import weights
from morelli.features.backbones import BACKBONES, Backbone, build, torchvision_weights
from morelli.features.weights import VARIABLE, load_backbone

State = Mapping[str, torch.Tensor]
TRUNK = "features.0.weight"
FILE = "squeezenet1_1.safetensors"


@pytest.fixture
def state(small: Backbone) -> dict[str, torch.Tensor]:
    """Weights that nobody else has."""
    return build(small, seed=7).state_dict()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A web server on this machine: its address, and the folder it serves."""
    folder = tmp_path / "served"
    folder.mkdir()
    answer = partial(_Quiet, directory=os.fspath(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), answer) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}", folder
        running.shutdown()
        thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


def _file(path: Path, state: State, add: float = 0.0) -> Path:
    """Write weights to a safetensors file, all of them shifted, so that files can be told apart."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(
        {
            key: tensor + add if tensor.is_floating_point() else tensor
            for key, tensor in state.items()
        },
        path,
    )
    return path


def _shift(shifted: State, state: State) -> float:
    return round(float((shifted[TRUNK] - state[TRUNK]).mean()), 3)


def test_what_is_given_comes_before_the_variable_and_that_before_torchvision(
    small: Backbone, state: State, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, variable = _file(tmp_path / "1", state, 1.0), _file(tmp_path / "2", state, 2.0)
    in_cache = {key: value + 3.0 for key, value in state.items()}
    torch.save(in_cache, home / Path(torchvision_weights(small).url).name)
    monkeypatch.setenv(VARIABLE, str(variable))

    assert _shift(load_backbone(small, file).state, state) == 1.0
    assert _shift(load_backbone(small).state, state) == 2.0
    monkeypatch.delenv(VARIABLE)
    assert _shift(load_backbone(small).state, state) == 3.0


def test_the_variable_may_ask_for_random_weights_by_name(
    small: Backbone, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "random")

    assert load_backbone(small).origin == "random"


def test_a_folder_gives_the_file_named_after_the_backbone(
    small: Backbone, state: State, tmp_path: Path
) -> None:
    _file(tmp_path / FILE, state)
    _file(tmp_path / "resnet18.safetensors", state, 1.0)

    frozen = load_backbone(small, str(tmp_path))

    assert frozen.origin == FILE
    assert _shift(frozen.state, state) == 0.0
    assert torch.equal(frozen.network.state_dict()[TRUNK], state[TRUNK])


def test_half_precision_and_last_layers_in_a_file_do_not_matter(
    small: Backbone, state: State, tmp_path: Path
) -> None:
    half = {key: value.half() for key, value in state.items()}
    plain = load_backbone(small, _file(tmp_path / "half", half))
    whole = load_backbone(
        small, _file(tmp_path / "whole", half | {"classifier.1.weight": torch.ones(3)})
    )

    assert plain.state[TRUNK].dtype == torch.float32
    assert whole.digest == plain.digest
    assert whole.network(torch.zeros(1, 3, 64, 64)).shape == (1, small.width)


def test_a_folder_without_the_file_lists_what_is_there(
    small: Backbone, state: State, tmp_path: Path
) -> None:
    with pytest.raises(BadWeights, match=r"has no squeezenet1_1\.safetensors.*are: none"):
        load_backbone(small, tmp_path)
    _file(tmp_path / "resnet18.safetensors", state)
    _file(tmp_path / "alexnet.safetensors", state)

    with pytest.raises(BadWeights, match=r"alexnet\.safetensors, resnet18\.safetensors"):
        load_backbone(small, tmp_path)


def test_a_path_with_nothing_there_is_refused(small: Backbone, tmp_path: Path) -> None:
    with pytest.raises(BadWeights, match="there is no weights file"):
        load_backbone(small, tmp_path / "nowhere.safetensors")


def test_the_first_few_missing_and_misshapen_tensors_are_named(
    small: Backbone, state: State, tmp_path: Path
) -> None:
    wrong = dict(state) | {"features.3.squeeze.bias": torch.zeros(5)}
    del wrong["features.0.weight"]
    few = load_backbone(small, _file(tmp_path / "few", wrong))
    many = load_backbone(small, _file(tmp_path / "many", {"fc.weight": torch.zeros(2)}))

    with pytest.raises(BadWeights) as refused:
        _ = few.network
    assert "few do not fit squeezenet1_1: features.0.weight is missing" in str(refused.value)
    assert "features.3.squeeze.bias is (5,), not (16,)" in str(refused.value)
    assert "more" not in str(refused.value)
    with pytest.raises(BadWeights, match=f"and {len(state) - 3} more$"):
        _ = many.network


@pytest.mark.parametrize("data", [b"", b"no tensors", b"\x80\x04N."])
def test_a_file_that_is_not_safetensors_is_refused(
    small: Backbone, tmp_path: Path, data: bytes
) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(data)

    with pytest.raises(BadWeights, match="is no safetensors file"):
        load_backbone(small, path)


def test_random_weights_are_the_same_every_time_and_leave_the_generator_alone(
    small: Backbone,
) -> None:
    torch.manual_seed(1)
    first = load_backbone(small, "random")
    torch.manual_seed(2)
    before = torch.get_rng_state()

    again = load_backbone(small, "random")

    assert torch.equal(torch.get_rng_state(), before)
    assert again.digest == first.digest
    assert again.origin == "random"
    assert torch.equal(again.network.state_dict()[TRUNK], first.state[TRUNK])


def test_the_digest_follows_names_shapes_and_values_and_not_the_order(
    small: Backbone, state: State
) -> None:
    def digest(changed: State) -> str:
        return weights.from_state(small, changed, "").digest

    key = "features.0.bias"
    turned = dict(reversed(list(state.items())))
    bumped = dict(state) | {key: state[key] + 1e-6}
    reshaped = dict(state) | {key: state[key].reshape(8, 8)}
    renamed = {("other" if name == key else name): tensor for name, tensor in state.items()}

    assert digest(turned) == digest(state)
    assert len({digest(tensor) for tensor in (state, bumped, reshaped, renamed)}) == 4


def test_a_file_in_torchvisions_cache_is_read_without_its_last_layer(
    small: Backbone, home: Path
) -> None:
    with torch.random.fork_rng(devices=[]):
        whole = models.squeezenet1_1(weights=None).state_dict()
    torch.save(whole, home / Path(torchvision_weights(small).url).name)

    frozen = load_backbone(small, download=False)

    assert frozen.origin == "SqueezeNet1_1_Weights.IMAGENET1K_V1"
    assert not any(key.startswith("classifier") for key in frozen.state)
    assert torch.equal(frozen.network.state_dict()[TRUNK], whole[TRUNK])


class _Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str, int], None], tuple[str, int]]:
        return os.mkdir, (str(self.path), 0o755)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol:UserWarning")
@pytest.mark.parametrize("write", [torch.save, lambda it, path: path.write_bytes(pickle.dumps(it))])
def test_a_cached_file_that_would_run_something_is_refused_and_does_not_run(
    small: Backbone, home: Path, tmp_path: Path, write: Callable[[object, Path], object]
) -> None:
    write({TRUNK: _Bomb(tmp_path / "exploded")}, home / Path(torchvision_weights(small).url).name)

    with pytest.raises(BadWeights, match="cannot be had"):
        load_backbone(small, download=False)

    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("held", [[1, 2], {"state_dict": {TRUNK: torch.zeros(1)}, "epoch": 3}])
def test_a_cached_file_that_holds_something_else_is_refused(
    small: Backbone, home: Path, held: object
) -> None:
    torch.save(held, home / Path(torchvision_weights(small).url).name)

    with pytest.raises(BadWeights, match="holds no state dict"):
        load_backbone(small, download=False)


def test_without_a_download_only_the_cache_is_looked_at(small: Backbone, home: Path) -> None:
    with pytest.raises(BadWeights, match="is not there"):
        load_backbone(small, download=False)


def _serve(
    monkeypatch: pytest.MonkeyPatch, folder: Path, address: str, state: State, digest: str = ""
) -> str:
    """Put weights on the server, and its address where torchvision's would be."""
    whole = folder / "made"
    torch.save(dict(state), whole)
    digest = digest or hashlib.sha256(whole.read_bytes()).hexdigest()[:8]
    name = f"small-{digest}.pth"
    whole.rename(folder / name)
    entry = SimpleNamespace(url=f"{address}/{name}")
    monkeypatch.setattr(weights, "torchvision_weights", lambda backbone: entry)
    return name


def test_weights_are_downloaded_once_and_then_cached(
    small: Backbone,
    state: State,
    home: Path,
    server: tuple[str, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, folder = server
    name = _serve(monkeypatch, folder, address, state)

    first = load_backbone(small)
    (folder / name).unlink()
    again = load_backbone(small)

    assert _shift(first.state, state) == 0.0
    assert again.digest == first.digest
    assert [path.name for path in home.iterdir()] == [name]


def test_a_download_with_another_hash_is_refused_and_not_kept(
    small: Backbone,
    state: State,
    home: Path,
    server: tuple[str, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, folder = server
    _serve(monkeypatch, folder, address, state, digest="0123abcd")

    with pytest.raises(BadWeights, match="invalid hash value"):
        load_backbone(small)

    assert list(home.iterdir()) == []


@pytest.mark.parametrize("broken", ["no such file", "no server"])
def test_without_an_answer_the_error_says_how_to_get_weights(
    small: Backbone,
    home: Path,
    server: tuple[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    broken: str,
) -> None:
    address = server[0] if broken == "no such file" else "http://127.0.0.1:9"
    entry = SimpleNamespace(url=f"{address}/small-0123abcd.pth")
    monkeypatch.setattr(weights, "torchvision_weights", lambda backbone: entry)

    with pytest.raises(BadWeights) as refused:
        load_backbone(small)

    for needed in (entry.url, str(home), "--weights", VARIABLE, "--weights random"):
        assert needed in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.real
@pytest.mark.parametrize("name", ["squeezenet1_1", "mobilenet_v2", "resnet50"])
def test_the_real_weights_load(name: str, shared: Path) -> None:
    frozen = load_backbone(BACKBONES[name], shared / "weights")

    assert frozen.origin == f"{name}.safetensors"
    features = frozen.network(torch.zeros(1, 3, 224, 224))
    assert features.shape == (1, BACKBONES[name].width)
    assert features.isfinite().all()
