"""What tests of evidence share: the small run's grounds, a painting, and evidence of it."""

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from morelli.evidence.fits import fit_regions
from morelli.evidence.gather import Evidence, evidence_for
from morelli.evidence.grounds import Grounds
from morelli.runs.explain import grounds_of
from morelli.runs.folder import Run


@pytest.fixture(scope="session")
def grounds(run: Run) -> Grounds:
    """All that evidence of the small run is drawn from."""
    return grounds_of(run)


@pytest.fixture(scope="session")
def painting(paintings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A painting of the collection, four times as large, in a file of an awkward name."""
    large = tmp_path_factory.mktemp("large") / "large of & <b>.png"
    image = Image.open(sorted(paintings.glob("*/*"))[0]).convert("RGB")
    image.resize((image.width * 4, image.height * 4), Image.Resampling.BICUBIC).save(large)
    return large


@pytest.fixture(scope="session")
def evidence(grounds: Grounds, painting: Path) -> Evidence:
    """Evidence of that painting, its parts calibrated."""
    data = painting.read_bytes()
    fits = fit_regions(grounds.classifier, [(data, 0), (data, 1)])
    return evidence_for(replace(grounds, fits=fits), painting)
