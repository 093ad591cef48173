"""What an audit found in files that may mislead, said of one attribution in a clause."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from morelli.audit.checks.traits import facts_of
from morelli.audit.figures import MarkFigures
from morelli.audit.folder import Audit, open_audit
from morelli.classifier import Classifier
from morelli.data.tasks import UNKNOWN
from morelli.data.traits import FileTraits
from morelli.errors import UserError, plain
from morelli.evidence.words import percent, percent_of

NAMED = 3
"""Classes that an error names."""


@dataclass(frozen=True)
class Shortcut:
    """How well files alone predict the class, and what marks a class.

    Attributes:
        task: What they predict: artist, genre or style.
        works: Audited works that were classified.
        accuracy: Share of them classified correctly, 0 to 1.
        majority: Share of the commonest class among them.
        marks: Facts that mark a class, as an audit's figures have them, the most telling first.
        usual: The commonest short side in pixels, which a fact names.
    """

    task: str
    works: int
    accuracy: float
    majority: float
    marks: Sequence[MarkFigures]
    usual: int

    def clause(self, name: str, traits: FileTraits) -> str:
        """Return what may mislead where an image is classified as of a class.

        What the image shares with most of the class's works is named too, if the audit found that
        few others have it.

        Args:
            name: The class.
            traits: What the image's file is like.
        """
        clause = (
            f"files alone, without a look at the picture, predict the {self.task} of "
            f"{percent_of(self.accuracy, self.works)} audited works correctly (always "
            f"answering the commonest gives {percent(self.majority)})"
        )
        facts = facts_of(traits, self.usual)
        shared = (mark for mark in self.marks if mark.class_name == name and mark.fact in facts)
        if (mark := next(shared, None)) is None:
            return clause
        return (
            f"{clause}, and this image is {mark.fact}, as are {percent(mark.share)} of the "
            f"works of {name} and {percent(mark.elsewhere)} of the others"
        )


def shortcut_of(
    audit: Audit | str | Path, classifier: Classifier, learned: Path | None = None
) -> Shortcut | None:
    """Return what an audit found in files that may mislead a classifier.

    Args:
        audit: A finished audit, or its folder.
        classifier: All its classes must have been audited.
        learned: Folder of the collection that it learned from, for what an error says to type.

    Returns:
        None where files predict the class hardly better than its commonest, so that the audit warns
        of nothing.

    Raises:
        BadFolder: If the folder holds no audit, or was altered.
        UserError: If another task was audited, or not all of the classes.
    """
    audit = audit if isinstance(audit, Audit) else open_audit(audit)
    _check(audit, classifier, learned)
    short = audit.results.shortcuts
    if short is None or not short.warning:
        return None
    return Shortcut(
        audit.results.task,
        short.works,
        short.accuracy,
        short.majority,
        short.marks,
        short.usual,
    )


def _check(audit: Audit, classifier: Classifier, learned: Path | None) -> None:
    """Refuse an audit of something else; a class of "not known" is in no audit."""
    task, audited = classifier.task, audit.results.task
    collection = "COLLECTION" if learned is None else quote(str(learned))
    anew = (
        f"audit what the classifier learned from: morelli audit {collection} --task {task} "
        "--out FOLDER"
    )
    if audited != task:
        raise UserError(
            f"{audit.folder} is an audit of the {audited} of works, and the classifier predicts "
            f"their {task}; {anew}"
        )
    known = audit.results.quality.classes
    lacking = [
        name for name in classifier.class_names if name not in known and plain(name) not in UNKNOWN
    ]
    if lacking:
        named = ", ".join(lacking[:NAMED]) + (", ..." if len(lacking) > NAMED else "")
        raise UserError(
            f"{audit.folder} is an audit without {len(lacking):,} of the classifier's "
            f"{len(classifier.class_names):,} classes ({named}); {anew}"
        )
