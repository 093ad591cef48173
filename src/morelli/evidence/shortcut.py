"""What an audit found in files that may mislead, told of one attribution as a clause."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from morelli.audit.checks.shortcuts import facts_of
from morelli.audit.folder import Audit, open_audit
from morelli.classifier import Classifier
from morelli.data.traits import FileTraits
from morelli.data.works import UNKNOWN
from morelli.errors import UserError, plain
from morelli.evidence.words import percent
from morelli.markup import counted

NAMED = 3
"""Classes that an error names."""


@dataclass(frozen=True)
class Shortcut:
    """How well files alone tell the class, and what marks a class.

    Attributes:
        task: What they tell: artist, genre or style.
        works: Audited works that were told.
        accuracy: Share of them told right, 0 to 1.
        majority: Share of the commonest class among them.
        marks: Facts that mark a class, as an audit's figures have them, the most telling first.
        usual: The commonest short side in pixels, which a fact names.
    """

    task: str
    works: int
    accuracy: float
    majority: float
    marks: Sequence[Mapping[str, Any]]
    usual: int

    def clause(self, name: str, traits: FileTraits) -> str:
        """Return what may mislead where an image is told to be of a class.

        What the image shares with most of the class's works is told too, if the audit found that
        few others have it.

        Args:
            name: The class.
            traits: What the image's file is like.
        """
        said = (
            f"files alone, without a look at the picture, tell the {self.task} of "
            f"{percent(self.accuracy)} of {counted(self.works, 'audited work')} (always answering "
            f"the commonest gives {percent(self.majority)})"
        )
        facts = facts_of(traits, self.usual)
        shared = (each for each in self.marks if each["label"] == name and each["fact"] in facts)
        if (mark := next(shared, None)) is None:
            return said
        return (
            f"{said}, and this image is {mark['fact']}, as are {percent(mark['share'])} of the "
            f"works of {name} and {percent(mark['elsewhere'])} of the others"
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
        None where files tell the class hardly better than its commonest, so that the audit warns
        of nothing.

    Raises:
        BadFolder: If the folder holds no audit, or was altered.
        UserError: If another task was audited, or not all of the classes.
    """
    made = audit if isinstance(audit, Audit) else open_audit(audit)
    _check(made, classifier, learned)
    short = made.results["shortcuts"]
    if short is None or not short["warning"]:
        return None
    return Shortcut(
        made.results["task"],
        short["works"],
        short["accuracy"],
        short["majority"],
        short["marks"],
        short.get("usual", 0),  # of audits that did not note it, the fact with it is never told
    )


def _check(made: Audit, classifier: Classifier, learned: Path | None) -> None:
    """Refuse an audit of something else; a class of "not known" is in no audit."""
    task, audited = classifier.task, made.results["task"]
    collection = "COLLECTION" if learned is None else quote(str(learned))
    anew = (
        f"audit what the classifier learned from: morelli audit {collection} --task {task} "
        "--out FOLDER"
    )
    if audited != task:
        raise UserError(
            f"{made.folder} is an audit of the {audited} of works, and the classifier tells their "
            f"{task}; {anew}"
        )
    known = made.results["quality"]["classes"]
    lacking = [
        each for each in classifier.class_names if each not in known and plain(each) not in UNKNOWN
    ]
    if lacking:
        named = ", ".join(lacking[:NAMED]) + (", ..." if len(lacking) > NAMED else "")
        raise UserError(
            f"{made.folder} is an audit without {len(lacking):,} of the classifier's "
            f"{len(classifier.class_names):,} classes ({named}); {anew}"
        )
