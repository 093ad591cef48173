"""The main job in Python, on works by invented painters.

python examples/quickstart.py FOLDER
"""

import sys
from pathlib import Path

import morelli


def main(folder: Path, works: int = 40) -> float:
    """Paint, learn and attribute below a new folder; return the test accuracy."""
    demo = morelli.demo(folder / "demo", works=works)
    three = morelli.ingest(demo.paintings, folder / "three", morelli.Selection(top=3))
    recipe = morelli.Recipe(backbone="squeezenet1_1", weights="random", views=2)
    run = morelli.train(three, folder / "run", recipe, cache=folder / "cache")
    classifier = morelli.load(run.folder)
    for image in sorted(demo.new.glob("*/*.jpg")):
        attribution = classifier.attribute(image)
        print(
            f"{image.name}: {attribution.best} ({attribution.probabilities[attribution.best]:.0%})"
        )
    return float(run.metrics["test"].accuracy)


if __name__ == "__main__":
    print(f"test accuracy {main(Path(sys.argv[1])):.3f}")
