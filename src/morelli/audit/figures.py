"""The figures of an audit, as `results.json` has them."""

from dataclasses import dataclass

from morelli.audit.checks.shortcuts import TraitGroup

MOST_PURE = 10
"""Sources of one class that the figures name."""


@dataclass(frozen=True)
class AuditedCollection:
    """The collection: its folder, what it was made from, its works, those with a label, shards."""

    folder: str
    source: dict[str, str]
    works: int
    labelled: int
    shards: int


@dataclass(frozen=True)
class CopyFigures:
    """Clusters of copies, the works in them, and the pairs that join them.

    Attributes:
        clusters: Number of clusters.
        works: Works in them.
        pairs: Pairs of copies.
        exact_pairs: Those of equal pixels.
        least_agreement: Agreement of texture from which on a pair counts.
    """

    clusters: int
    works: int
    pairs: int
    exact_pairs: int
    least_agreement: float


@dataclass(frozen=True)
class LabelFigures:
    """Labels that were judged, those worth a look, and how often the judge was right, 0 to 1."""

    judged: int
    issues: int
    accuracy: float


@dataclass(frozen=True)
class SeriesCount:
    """Number of series, and of works in them."""

    series: int
    works: int


@dataclass(frozen=True)
class SeriesFigures:
    """Series by title and by look.

    Attributes:
        titled_works: Works that have a title.
        title: Series by title.
        visual: Series by look; None where they were not looked for.
        threshold: Mean similarity from which on works look alike.
    """

    titled_works: int
    title: SeriesCount
    visual: SeriesCount | None
    threshold: float


@dataclass(frozen=True)
class MarkFigures:
    """A fact that holds of one class much more often than of the others; shares are 0 to 1."""

    class_name: str
    fact: str
    share: float
    elsewhere: float


@dataclass(frozen=True)
class ShortcutFigures:
    """How well the class is predicted from what is not the picture: as `Shortcuts`, by names."""

    works: int
    accuracy: float
    interval: tuple[float, float]
    majority: float
    groups: tuple[TraitGroup, ...]
    marks: tuple[MarkFigures, ...]
    usual: int
    recall: dict[str, float]
    warning: str


@dataclass(frozen=True)
class PureSource:
    """A source whose works are nearly all of one class: its value, works, class and their share."""

    name: str
    works: int
    class_name: str
    share: float


@dataclass(frozen=True)
class SourceFigures:
    """How well a column that may name the source predicts the class: as `Coincidence`, by names."""

    column: str
    works: int
    cramers_v: float
    accuracy: float
    interval: tuple[float, float]
    majority: float
    pure: tuple[PureSource, ...]
    warning: str


@dataclass(frozen=True)
class QualityLimits:
    """Works of a tiny class and of one left out, pixels of low resolution, chroma of grey."""

    few: int
    fewest: int
    short_side: int
    chroma: float


@dataclass(frozen=True)
class QualityFigures:
    """Class sizes, and numbers of images that say little.

    Attributes:
        classes: Number of works by class, the largest first.
        ratio: The largest class's works to the smallest's.
        effective: Number of equally large classes that would be as hard to guess.
        tiny: Classes with few works.
        left_out: Classes too small for training.
        low_resolution: Works with a small short side.
        near_grey: Works nearly without colour.
        one_colour: Works of one colour throughout.
        quarantined: Files that ingest could not use.
        limits: From where on works count to these.
    """

    classes: dict[str, int]
    ratio: float
    effective: float
    tiny: tuple[str, ...]
    left_out: tuple[str, ...]
    low_resolution: int
    near_grey: int
    one_colour: int
    quarantined: int
    limits: QualityLimits


@dataclass(frozen=True)
class AuditFigures:
    """The figures of an audit.

    Attributes:
        collection: What was audited.
        task: The label column that was audited.
        network: Whose features were looked at; None where its weights were random.
        copies: Copies of one work.
        conflicts: For each label column, the clusters of copies under several of its names.
        labels: Labels that the features speak against; None without features.
        series: Works of one artist that belong together.
        shortcuts: What files tell of the class; None with too few works of two classes.
        sources: What columns of text tell of it.
        quality: Class sizes and images that say little.
        seconds: What each part took.
    """

    collection: AuditedCollection
    task: str
    network: str | None
    copies: CopyFigures
    conflicts: dict[str, int]
    labels: LabelFigures | None
    series: SeriesFigures
    shortcuts: ShortcutFigures | None
    sources: tuple[SourceFigures, ...]
    quality: QualityFigures
    seconds: dict[str, float]
