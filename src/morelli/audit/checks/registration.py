"""Lay two small pictures over one another, however they are cropped, and say how alike they are.

Along each axis one of two pictures may show a little more at either end. All such crops are tried
at once: with the pictures as matrices A and B, and R and S resampling the second axis of each, the
product of the cropped pictures is the sum over R'S times A'B. So one matrix product gives the
correlation at every crop (normalised as in Lewis 1995, "Fast normalized cross-correlation"). The
two axes take turns.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

REACH = 0.08
"""Most that one picture shows more than the other at an end, as a share of its side. Frames and
crops of 5 % are well within it; more would also lay details over what they are not part of."""

FLAT = 0.05
"""Variance of texture below which there is nothing to compare: about one grey level of 256."""

SOFT = 4.0
"""Grey levels of contrast below which texture is not raised: the noise of JPEG is below it."""


@dataclass(frozen=True)
class Crops:
    """The ways in which two pictures may be cropped against each other along one axis.

    Attributes:
        windows: (w, side, side) matrices that resample a window to the whole side.
        first: (k,) the first picture's window, for each way.
        second: (k,) the second picture's window.
        own: (side^2, w) each window's product with itself.
        both: (side^2, k) the first picture's window times the second's.
        sums: (side, w) each window summed over what it gives.
    """

    windows: Floats
    first: Ints
    second: Ints
    own: Floats
    both: Floats
    sums: Floats


@lru_cache(maxsize=4)
def crops(side: int, step: float) -> Crops:
    """Return all crops up to `REACH` at either end of an axis.

    Args:
        side: Pixels along the axis.
        step: From one crop to the next, as a share of the side.
    """
    windows = _windows(side, step)
    ends = round(REACH / step)
    low, high = (grid.ravel() for grid in np.mgrid[-ends : ends + 1, -ends : ends + 1])
    first, second = (
        np.maximum(sign * low, 0) * (ends + 1) + np.maximum(sign * high, 0) for sign in (1, -1)
    )
    turned = _turned(windows)
    own, both = turned @ windows, turned[first] @ windows[second]
    return Crops(windows, first, second, _flat(own), _flat(both), windows.sum(axis=1).T.copy())


def register(first: Floats, second: Floats, among: Crops, *, rounds: int) -> tuple[Ints, Floats]:
    """Find the crops at which pairs of pictures correlate most.

    Args:
        first: (n, side, side) pictures.
        second: (n, side, side) the pictures to lay over them.
        among: The crops to try.
        rounds: Turns of each axis.

    Returns:
        (n, 4) windows: across and down of the first, across and down of the second; and the
        correlations, (n,).
    """
    first, second = _centred(first), _centred(second)
    one, other = first, second
    for _ in range(rounds):
        across, _ = _best(one, other, among)
        one = _narrowed(first, among.windows[among.first[across]])
        other = _narrowed(second, among.windows[among.second[across]])
        down, correlations = _best(_turned(one), _turned(other), among)
        one = _turned(_narrowed(_turned(first), among.windows[among.first[down]]))
        other = _turned(_narrowed(_turned(second), among.windows[among.second[down]]))
    chosen = among.first[across], among.first[down], among.second[across], among.second[down]
    return np.stack(chosen, axis=1), correlations


def overlaid(first: Floats, second: Floats, windows: Ints, *, step: float) -> tuple[Floats, Floats]:
    """Return pairs of pictures cropped to what both show.

    Args:
        first: (n, side, side) pictures, of any side.
        second: (n, side, side) the others.
        windows: (n, 4) as `register` found them.
        step: That of the crops which were tried.
    """
    of = _windows(first.shape[1], step)
    one: Floats = np.matmul(of[windows[:, 1]] @ first, _turned(of[windows[:, 0]]))
    other: Floats = np.matmul(of[windows[:, 3]] @ second, _turned(of[windows[:, 2]]))
    return one, other


def texture(pictures: npt.NDArray[np.generic], width: float) -> Floats:
    """Return what stands out from its surroundings, in units of the contrast around it.

    Light, colour cast and fading go; strokes and outlines stay (local contrast normalisation,
    Jarrett et al. 2009, "What is the best multi-stage architecture for object recognition?").

    Args:
        pictures: (n, side, side) grey levels, 0 to 255.
        width: Standard deviation of the surroundings, in pixels.
    """
    blur = _blur(pictures.shape[1], width)
    high = pictures.astype(np.float32)
    high -= blur @ high @ blur.T
    raised: Floats = high / np.sqrt(blur @ (high * high) @ blur.T + np.float32(SOFT**2))
    return raised


def correlation(first: Floats, second: Floats, margin: int) -> Floats:
    """Return the correlation of pairs of textures, (n,), leaving a margin of pixels out."""
    inner = slice(margin, first.shape[1] - margin)
    one, other = first[:, inner, inner], second[:, inner, inner]
    one, other = _centred(one), _centred(other)
    squares = [np.maximum((part * part).mean(axis=(1, 2)), FLAT) for part in (one, other)]
    correlations: Floats = (one * other).mean(axis=(1, 2)) / np.sqrt(squares[0] * squares[1])
    return correlations


def shrunk(pictures: npt.NDArray[np.uint8], side: int) -> Floats:
    """Return pictures at a side that divides theirs, by the mean of what falls together."""
    factor = pictures.shape[1] // side
    cut = pictures.reshape(len(pictures), side, factor, side, factor)
    small: Floats = cut.mean(axis=(2, 4), dtype=np.float32)
    return small


def _centred(pictures: Floats) -> Floats:
    """Return pictures, (n, side, side), of mean 0."""
    centred: Floats = pictures - pictures.mean(axis=(1, 2), keepdims=True)
    return centred


def _best(first: Floats, second: Floats, among: Crops) -> tuple[Ints, Floats]:
    """Return the best crop along the last axis, (n,), and its correlation.

    Args:
        first: (n, m, side).
        second: (n, m, side).
        among: The crops to try.
    """
    count = first.shape[1] * first.shape[2]
    one, other = _moments(first, among), _moments(second, among)
    mean_one, mean_other = one[0][:, among.first], other[0][:, among.second]
    product = _products(first, second) @ among.both / count - mean_one * mean_other
    spread = one[1][:, among.first] * other[1][:, among.second]
    correlations = product / np.sqrt(spread)
    best = correlations.argmax(axis=1)
    return best, correlations[np.arange(len(correlations)), best]


def _moments(pictures: Floats, among: Crops) -> tuple[Floats, Floats]:
    """Return mean and variance of pictures in each window, (n, w) each; no variance is 0."""
    count = pictures.shape[1] * pictures.shape[2]
    mean = pictures.sum(axis=1) @ among.sums / count
    variance = _products(pictures, pictures) @ among.own / count - mean * mean
    return mean, np.maximum(variance, FLAT)


def _products(first: Floats, second: Floats) -> Floats:
    """Return the products of all pairs of columns, (n, side^2)."""
    return (_turned(first) @ second).reshape(len(first), first.shape[2] ** 2)


def _narrowed(pictures: Floats, windows: Floats) -> Floats:
    return pictures @ _turned(windows)


def _turned(matrices: Floats) -> Floats:
    return matrices.transpose(0, 2, 1)


def _flat(matrices: Floats) -> Floats:
    return matrices.reshape(len(matrices), -1).T.copy()


@lru_cache(maxsize=8)
def _windows(side: int, step: float) -> Floats:
    """Return a matrix for each pair of what is cut off at both ends, (w, side, side)."""
    shares = np.arange(round(REACH / step) + 1) * step
    return np.stack([_resampling(side, low, 1 - high) for low in shares for high in shares])


def _resampling(side: int, low: float, high: float) -> Floats:
    """Return the matrix that stretches the window from `low` to `high` to the whole side."""
    places = (low + (high - low) * (np.arange(side) + 0.5) / side) * side - 0.5
    places = places.clip(0, side - 1)
    before = np.minimum(places.astype(np.int64), side - 2)
    matrix = np.zeros((side, side), np.float32)
    rows = np.arange(side)
    matrix[rows, before] = 1 - (places - before)
    matrix[rows, before + 1] = places - before
    return matrix


@lru_cache(maxsize=4)
def _blur(side: int, width: float) -> Floats:
    """Return the matrix that blurs an axis; beyond its ends the outermost pixel goes on."""
    from scipy.ndimage import gaussian_filter1d

    eye = np.eye(side, dtype=np.float32)
    blur: Floats = gaussian_filter1d(eye, width, axis=0, mode="nearest")
    return blur
