"""Small pictures of works, to stand in a page."""

import base64
import io

from PIL import Image

from morelli.data.decoding import BadImage, decode

QUALITY = 80
"""JPEG quality: 5 to 8 KB at 160 pixels."""

_NO_PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="160" height="120">'
    '<path fill="#8a8781" fill-opacity=".18" stroke="#8a8781" d="M.5.5h159v119H.5z"/>'
    '<path fill="none" stroke="#8a8781" stroke-width="2" d="M64 76l12-16 9 11 5-6 8 11z"/></svg>'
)


def thumbnail(data: bytes, side: int = 160) -> str:
    """Return a small picture of a work as a `data:` address; what is damaged gives an empty frame.

    Args:
        data: The bytes of the work's image file.
        side: Length of the longer side in pixels, at most.
    """
    try:
        image = decode(data, side)
    except BadImage:
        return _address("svg+xml", _NO_PICTURE.encode())
    scale = min(1.0, side / max(image.size))
    width, height = (max(1, round(scale * length)) for length in image.size)
    small = image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=QUALITY, optimize=True, comment=b"")
    return _address("jpeg", buffer.getvalue())


def _address(kind: str, data: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
