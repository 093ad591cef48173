"""Paint a contact sheet of the invented painters, a row each.

python examples/contact_sheet.py painters.jpg
"""

import sys
from pathlib import Path

from PIL import Image

from morelli.invented.painters import PAINTERS, paint

COLUMNS = 6
SIZE = (240, 180)
GAP = 8


def sheet(size: tuple[int, int] = SIZE) -> Image.Image:
    """Return the sheet; each picture has `size` in pixels."""
    across, down = size[0] + GAP, size[1] + GAP
    made = Image.new("RGB", (GAP + COLUMNS * across, GAP + len(PAINTERS) * down), "white")
    for row, painter in enumerate(PAINTERS):
        for column in range(COLUMNS):
            picture = paint(painter, column, size=size)
            made.paste(picture, (GAP + column * across, GAP + row * down))
    return made


if __name__ == "__main__":
    sheet().save(Path(sys.argv[1]), quality=88)
