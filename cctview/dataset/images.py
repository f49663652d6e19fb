"""Pictures: read without trust, and written as JPEG."""

import io
from contextlib import suppress

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG")
"""What frames are, as Pillow calls it."""

_MOST_PIXELS = 50_000_000
_LONGEST_SIDE = 32_767  # px; tables hold boxes as 16-bit numbers
_QUALITY = 90
_END = b"\xff\xd9"
# more picture data of several kinds, for a picture that wants some
_STUFFINGS = [b""] + [bytes([byte]) * 200 for byte in (0x00, 0x55, 0xAA, 0xFE, 0x93, 0x6C)]
_KINDS = {
    b"GIF8": "a GIF",
    b"BM": "a BMP",
    b"II*\x00": "a TIFF",
    b"MM\x00*": "a TIFF",
    b"RIFF": "a WebP",
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a zip archive",
    b"<!DO": "a web page",
    b"<htm": "a web page",
}


def read_image(
    content: bytes, name: str, formats: tuple[str, ...] = FORMATS, longest: int | None = None
) -> np.ndarray:
    """Decode a picture into (H, W, 3) uint8 RGB, as a good viewer shows it.

    What the file says about itself is honoured: its orientation, its depth (16 bits become 8), its
    colour profile (the result is sRGB), its palette; what is transparent becomes white. A profile
    or an orientation that cannot be read is passed over, as browsers do. A JPEG that lacks only its
    end marker is read; one that lacks a part of the picture is refused.

    Parameters
    ----------
    content : bytes
        The whole file.
    name : str
        What to call it in an error.
    formats : tuple of str
        What it can be; its name's ending does not matter.
    longest : int, optional
        Pixels to which a longer side is scaled down.

    Raises
    ------
    ValueError
        If it is no such picture, damaged or too large; starts with `name`.
    """
    if not content:
        raise ValueError(f"{name}: the file is empty; copy it again, or remove it")
    try:
        image = _decode(content, name, formats)
    except (_TooLargeError, Image.DecompressionBombError) as error:
        what = f"{error}, over {_MOST_PIXELS:,} in all or {_LONGEST_SIDE:,} on a side"
        raise ValueError(f"{name}: {what}; make it smaller") from None
    except UnidentifiedImageError:
        kind = _kind_of(content)
        what = f"not a JPEG or PNG picture{kind and f' but {kind}'}, whatever its name says"
        raise ValueError(f"{name}: {what}; convert it, or remove it") from None
    except Exception as error:  # of many kinds, even ValueError and struct.error
        what = f"a damaged picture ({error})"
        raise ValueError(f"{name}: {what}; copy it again, or remove it") from None
    if longest is not None:
        image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return np.asarray(image)


def image_size(content: bytes, name: str) -> tuple[int, int]:
    """Width and height of a picture as `read_image` would return it, by a look at its header.

    Raises a ValueError that starts with `name` if it is no picture.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            turned = image.getexif().get(_ORIENTATION) in (5, 6, 7, 8)
            return image.size[::-1] if turned else image.size
    except Exception as error:  # as above
        raise ValueError(f"{name}: a damaged picture ({error}); copy it again") from None


_ORIENTATION = 0x0112


class _TooLargeError(Exception):
    """A picture of more pixels than can be worked with."""


def _decode(content: bytes, name: str, formats: tuple[str, ...]) -> Image.Image:
    """The picture upright, in RGB."""
    with Image.open(io.BytesIO(content), formats=formats) as image:
        width, height = image.size
        if width * height > _MOST_PIXELS or max(width, height) > _LONGEST_SIDE:
            raise _TooLargeError(f"{width}x{height} pixels")
        try:
            image.load()
        except OSError:
            loaded = _without_end(content) if image.format in ("JPEG", "MPO") else None
            if loaded is None:
                raise
            return loaded
        return _plain(image)


def _without_end(content: bytes) -> Image.Image | None:
    """A JPEG that has all of its picture and no end marker; None if some of its picture lacks.

    A decoder fills what lacks with grey, and says nothing. But if data follow, it takes them for
    the rest of the picture, where there is a rest: so it shows whether anything was due.
    """
    kept = content[:-1] if content.endswith(b"\xff") else content
    decoded = []
    for stuffing in _STUFFINGS:
        with Image.open(io.BytesIO(kept + stuffing + _END), formats=["JPEG"]) as image:
            decoded.append(_plain(image))
    first, *others = (np.asarray(image) for image in decoded)
    whole = all(np.array_equal(first, other) for other in others)
    return decoded[0] if whole else None


def _plain(image: Image.Image) -> Image.Image:
    """Upright, sRGB, 8 bits, nothing transparent."""
    with suppress(Exception):  # of many kinds: where what it says of its orientation is damaged
        image = ImageOps.exif_transpose(image)
    if image.mode in ("I", "F"):
        raise ValueError("numbers of 32 bits, and it does not say which of them is white")
    if image.mode.startswith("I;16"):  # `convert` would make everything over 255 white
        values = np.asarray(image).astype(np.float64)
        image = Image.fromarray((values / 257).round().clip(0, 255).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        white.info = image.info
        white.alpha_composite(image)
        image = white.convert("RGB")
    profile = image.info.get("icc_profile")
    if image.mode in ("P", "1", "LA", "PA"):
        image = image.convert("RGB" if image.mode in ("P", "PA") else "L")
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            sRGB = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, source, sRGB, outputMode="RGB")
            return converted if converted is not None else image.convert("RGB")
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass  # no profile, or one of another kind of colours
    return image.convert("RGB")


def _kind_of(content: bytes) -> str:
    """What a file is by its first bytes, in words; "" if that is not known."""
    if content[4:8] == b"ftyp":
        return "a HEIC picture" if content[8:11] in (b"hei", b"mif", b"hev") else "a film or AVIF"
    start = content.lstrip()[:4]
    return next((kind for first, kind in _KINDS.items() if start.startswith(first)), "")


def encode_jpeg(image: np.ndarray, quality: int = _QUALITY) -> bytes:
    """An image (H, W, 3) uint8 RGB as the bytes of a JPEG file.

    Write them by Python: Pillow, given a path, does not notice when a full disk takes only a part.
    """
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
