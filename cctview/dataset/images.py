"""JPEG: read without trust, and written."""

import io

import numpy as np
from PIL import Image, UnidentifiedImageError

_MOST_PIXELS = 50_000_000
_QUALITY = 90


def read_image(content: bytes, name: str) -> np.ndarray:
    """Decode a JPEG or PNG file into (H, W, 3) uint8 RGB.

    Raises a ValueError that starts with `name` if it is no image, damaged or over 50 megapixels.
    """
    if not content:
        raise ValueError(f"{name}: the file is empty; copy it again, or remove it")
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG", "PNG"]) as image:
            width, height = image.size
            if width * height <= _MOST_PIXELS:
                return np.asarray(image.convert("RGB"))
    except UnidentifiedImageError:
        what = "not a JPEG or PNG picture, whatever its name says"
        raise ValueError(f"{name}: {what}; remove it") from None
    except Exception as error:  # of many kinds, even ValueError and struct.error
        what = f"a damaged picture ({error})"
        raise ValueError(f"{name}: {what}; copy it again, or remove it") from None
    raise ValueError(f"{name}: {width}x{height} pixels, over {_MOST_PIXELS:,}; make it smaller")


def encode_jpeg(image: np.ndarray, quality: int = _QUALITY) -> bytes:
    """An image (H, W, 3) uint8 RGB as the bytes of a JPEG file.

    Write them by Python: Pillow, given a path, does not notice when a full disk takes only a part.
    """
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
