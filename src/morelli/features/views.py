"""The kinds of views: one registry by name, and the one place where a kind is drawn."""

from collections.abc import Callable

from PIL import Image

from morelli.errors import unknown_name
from morelli.features.augment import STUDY, Augmentation, view_of
from morelli.features.backbones import Backbone
from morelli.features.capture import CAPTURE, Capture, capture_of
from morelli.features.otherwise import OTHERWISE, Otherwise, otherwise_of
from morelli.features.preprocess import Pixels

Kind = Augmentation | Capture | Otherwise
"""What a view can be drawn by."""

KINDS: dict[str, Kind] = {"study": STUDY, "capture": CAPTURE, "otherwise": OTHERWISE}
"""The kinds of views that have a name."""

_DRAWN: dict[type[Kind], Callable[..., Pixels]] = {
    Augmentation: view_of,
    Capture: capture_of,
    Otherwise: otherwise_of,
}


def find_kind(name: str) -> Kind:
    """Return a kind of views.

    Raises:
        UnknownName: It names the nearest ones.
    """
    if name not in KINDS:
        raise unknown_name("kind of views", name, KINDS)
    return KINDS[name]


def draw(
    image: Image.Image, backbone: Backbone, kind: Kind, *, seed: int, work: str, view: int
) -> Pixels:
    """Return one view of a work, drawn as its kind says.

    Args:
        image: RGB.
        backbone: Says sizes and interpolation.
        kind: What is drawn.
        seed: With `work` and `view` it decides what is drawn.
        work: The work's id.
        view: Number of the view, from 0.

    Returns:
        (crop, crop, 3) uint8.
    """
    return _DRAWN[type(kind)](image, backbone, kind, seed=seed, work=work, view=view)
