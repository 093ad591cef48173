"""Images explained by a run: attributions with their evidence."""

from pathlib import Path

from morelli.audit.folder import Audit
from morelli.data.forms import ImageLike
from morelli.evidence.gather import NEIGHBOURS, Evidence, evidence_for
from morelli.evidence.grounds import Grounds, grounds_in, pictures_for, with_audit
from morelli.evidence.page import write_evidence
from morelli.runs.folder import CLASSIFIER, Run, run_in


def explain(
    run: Run | Grounds | str | Path,
    image: ImageLike,
    out: str | Path | None = None,
    *,
    neighbours: int = NEIGHBOURS,
    without_itself: bool = False,
    audit: Audit | str | Path | None = None,
) -> Evidence:
    """Attribute an image and gather what speaks for the answer, and against it.

    Args:
        run: A run or its folder, or what `grounds_of` makes of it, which is quicker for many
            images.
        image: In any form; of an animated file the first picture is taken.
        out: Folder for a page and pictures of the evidence; by default none are written.
        neighbours: How many of the closest known works; fewer where there are no more.
        without_itself: Whether to leave the work itself and its exact copies out of them.
        audit: A finished audit of what it learned from, or its folder: what it found in files that
            may mislead is named. For many images it is quicker to give it to `grounds_of`.

    Raises:
        UserError: If the run, the image or the audit cannot be read, if the audit is of other
            classes, or if the folder cannot be written.
    """
    grounds = run if isinstance(run, Grounds) else grounds_of(run)
    if audit is not None:
        grounds = with_audit(grounds, audit)
    evidence = evidence_for(grounds, image, neighbours=neighbours, without_itself=without_itself)
    if out is not None:
        write_evidence(out, evidence, *pictures_for(grounds, evidence.neighbours))
    return evidence


def grounds_of(
    run: Run | str | Path,
    *,
    audit: Audit | str | Path | None = None,
    workers: int | None = None,
) -> Grounds:
    """Return what evidence of a run's classifier is drawn from; make it once for many images.

    Args:
        run: A run, its folder, or a folder that holds just its classifier.
        audit: A finished audit of what it learned from, or its folder: evidence then says what was
            found in files that may mislead.
        workers: Threads; by default one a core.

    Raises:
        BadFolder: If a file is missing or was altered, or if the classifier was made without what
            evidence is drawn from; it says which. If the audit's folder holds none.
        UserError: If another task was audited, or not all of the classifier's classes.
    """
    folder = run.folder if isinstance(run, Run) else Path(run)
    opened = run_in(folder)
    if opened is None:
        return grounds_in(folder, audit=audit, workers=workers)
    learned = Path(opened.about.collection.folder)
    return grounds_in(opened.folder / CLASSIFIER, collection=learned, audit=audit, workers=workers)
