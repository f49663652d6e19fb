"""Pictures and videos of one's own become frames: ``cctview import``.

A frame of a video has the time at which it is shown, counted from the start that is given. A
picture has the time that it says it was taken at (EXIF); or, where a start is given, pictures are
counted off in the order of their names.

Frames are upright JPEG files of at most 1,920 pixels a side. Where and by which phone a picture was
taken is not copied.
"""

import hashlib
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from cctview.dataset import (
    FrameId,
    alone_in,
    check_cameras,
    encode_jpeg,
    find_frame,
    is_camera,
    read_image,
    write_frame,
)

_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")
_PICTURES = re.compile(r"\.(jpe?g|png|webp|bmp|tiff?|gif|hei[cf]|avif)", re.IGNORECASE)
_VIDEOS = re.compile(r"\.(mp4|m4v|mov|avi|mkv|webm|mpe?g|mts|3gp|wmv|flv)", re.IGNORECASE)
# what a JPEG can say without saying where it was taken, by whom, or in which colours
_PLAIN = {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi", "progressive", "progression"}
_LONGEST = 1920  # px
_QUALITY = 92
_MOVES = 10  # s by which a picture gives way to others of the same second
_EXIF, _TIMES = 0x8769, (0x9003, 0x9004, 0x0132)  # taken, digitised, changed
_EVERY = 2.0


@dataclass
class Imported:
    """What an import has done.

    Attributes
    ----------
    frames : int
        How many frames there are now of what was imported.
    new : int
        How many of them were not there before.
    moved : int
        How many had to give way to another of the same second.
    problems : list of str
        One line for each file that was skipped, and why.
    notes : list of str
    """

    frames: int = 0
    new: int = 0
    moved: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def import_frames(
    source: Path,
    out: Path,
    camera: str,
    start: datetime | None = None,
    every: float = _EVERY,
) -> Imported:
    """Make frames of a video, of a picture, or of a folder of pictures.

    A second call with the same arguments adds what is missing. No file is replaced.

    Parameters
    ----------
    source : Path
    out : Path
        Gets the frames, in the original's layout.
    camera : str
        What the camera is called from now on: letters and digits joined by single '-'.
    start : datetime, optional
        When a video begins, or the first picture was taken. Needed for a video; and for pictures
        that do not say when they were taken.
    every : float
        Seconds from one frame to the next, at least 1: of a video it takes one so often, and it
        counts off pictures, where a start is given.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such file or folder, no picture or video in it, or an argument will not do.
    """
    if not is_camera(camera):
        raise ValueError(
            f"--camera {camera!r}: letters and digits joined by single '-', such as my-street-1"
        )
    if not 1 <= every < math.inf:
        raise ValueError(f"--every {every}: at least 1, because names of frames hold whole seconds")
    files, done = _find(source)
    if _VIDEOS.fullmatch(files[0].suffix):
        if start is None:
            raise ValueError(
                f"{source}: a video does not say when it begins; give --start, such as --start"
                " '2031-05-05 08:40:00'"
            )
        pictures = _of_video(files[0], start, every, done)
    else:
        pictures = _of_files(files, start, every, done)
    check_cameras(out, [camera])
    with alone_in(out):
        seen: set[str] = set()
        for name, time, jpeg in pictures:
            digest = hashlib.sha256(jpeg).hexdigest()
            if digest in seen:
                done.notes.append(f"{name}: skipped, because an earlier picture is the same")
                continue
            seen.add(digest)
            try:
                _keep(out, FrameId(camera, time), jpeg, done)
            except ValueError as error:
                done.problems.append(f"{name}: {error}")
    return done


def _find(source: Path) -> tuple[list[Path], Imported]:
    """One video, or pictures in the order of their names."""
    done = Imported()
    if source.is_file():
        if not (_PICTURES.fullmatch(source.suffix) or _VIDEOS.fullmatch(source.suffix)):
            raise ValueError(f"{source}: its ending is that of neither a picture nor a video")
        return [source], done
    if not source.is_dir():
        raise FileNotFoundError(f"{source}: no such file or folder; give a video, or pictures")
    files = [path for path in source.rglob("*") if path.is_file() and path.name[:1] != "."]
    pictures = [path for path in files if _PICTURES.fullmatch(path.suffix)]
    videos = [path for path in files if _VIDEOS.fullmatch(path.suffix)]
    if not pictures:
        what = f"; import the video {videos[0]} by its own name" if videos else ""
        raise FileNotFoundError(f"{source}: no picture in it{what}")
    done.problems += [f"{path}: a video; import it by itself, with its --start" for path in videos]
    return sorted(pictures, key=lambda path: _natural(path.relative_to(source))), done


def _natural(path: Path) -> list[tuple[int, str]]:
    """A key by which IMG_9 comes before IMG_10."""
    parts = re.findall(r"\d+|\D+", path.as_posix())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _of_files(
    files: list[Path], start: datetime | None, every: float, done: Imported
) -> Iterator[tuple[str, datetime, bytes]]:
    """Pictures with their times, as JPEG."""
    for k, path in enumerate(tqdm(files, desc="import", unit="picture")):
        try:
            content = path.read_bytes()
            jpeg = _to_jpeg(content, str(path))
            time = _taken(content) if start is None else _later(start, k * every, str(path))
            if time is None:
                raise ValueError(
                    f"{path}: it does not say when it was taken; give --start and --every, and"
                    " pictures are dated in the order of their names"
                )
        except OSError as error:
            done.problems.append(f"{path}: cannot be read ({error.strerror or error})")
        except ValueError as error:
            done.problems.append(str(error))
        else:
            yield str(path), time, jpeg


def _later(start: datetime, seconds: float, name: str) -> datetime:
    try:
        return (start + timedelta(seconds=seconds)).replace(microsecond=0)
    except OverflowError:
        raise ValueError(f"{name}: there is no date {seconds:,.0f} s after {start}") from None


def _to_jpeg(content: bytes, name: str) -> bytes:
    """A picture as an upright JPEG; one that is so already, and tells nothing else, as it is."""
    image = read_image(content, name, _FORMATS, _LONGEST)
    with Image.open(io.BytesIO(content), formats=_FORMATS) as stored:
        plain = stored.format == "JPEG" and stored.mode == "RGB"
        if plain and stored.size == image.shape[1::-1] and stored.info.keys() <= _PLAIN:
            return content
    return encode_jpeg(image, _QUALITY)


def _taken(content: bytes) -> datetime | None:
    """When a picture says that it was taken, by the clock on its wall."""
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            exif = image.getexif()
            said = [exif.get_ifd(_EXIF), exif]
    except Exception:  # of many kinds, where this part of the file is damaged
        return None
    for tags in said:
        for tag in _TIMES:
            text = str(tags.get(tag, "")).strip("\0 ")[:19]
            try:
                return datetime.strptime(text, "%Y:%m:%d %H:%M:%S")
            except ValueError:
                continue  # there is none, or the clock was never set
    return None


def _of_video(
    path: Path, start: datetime, every: float, done: Imported
) -> Iterator[tuple[str, datetime, bytes]]:
    """Frames of a video, one every so many seconds; OpenCV turns them upright."""
    import cv2

    video = cv2.VideoCapture(str(path))
    try:
        rate, count = video.get(cv2.CAP_PROP_FPS), int(video.get(cv2.CAP_PROP_FRAME_COUNT))
        if not video.isOpened() or not 0 < rate < math.inf:
            raise ValueError(
                f"{path}: cannot be read as a video; convert it to MP4 (H.264), or copy it again"
            )
        taken, k = 0, 0
        bar = tqdm(total=max(count, 0) or None, desc="import", unit="frame")
        while video.grab():
            shown = video.get(cv2.CAP_PROP_POS_MSEC) / 1000 or k / rate
            if shown + 0.5 / rate >= taken * every:
                good, frame = video.retrieve()
                if good:
                    image = Image.fromarray(np.ascontiguousarray(frame[:, :, ::-1]))
                    image.thumbnail((_LONGEST, _LONGEST), Image.Resampling.LANCZOS)
                    jpeg = encode_jpeg(np.asarray(image), _QUALITY)
                    yield f"{path}, {shown:.1f} s", _later(start, taken * every, str(path)), jpeg
                taken += 1
            k += 1
            bar.update()
        bar.close()
    finally:
        video.release()
    if not k:
        raise ValueError(
            f"{path}: no frame of this video can be read; copy it again, or convert it"
        )
    if 0 < k < 0.9 * count:
        done.problems.append(f"{path}: it ends after {k:,} of {count:,} frames; copy it again")


def _keep(out: Path, frame: FrameId, jpeg: bytes, done: Imported) -> None:
    """Write a frame, in the next second that is free; a ValueError if there is none."""
    for moved in range(_MOVES):
        there = FrameId(frame.camera, _later(frame.time, moved, str(frame)))
        path = find_frame(out, there)
        if not path.exists():
            write_frame(out, there, jpeg, durable=True)
            done.new += 1
        elif path.read_bytes() != jpeg:
            continue
        done.frames += 1
        done.moved += moved > 0
        return
    raise ValueError(f"{_MOVES} other pictures are there of the {_MOVES} s from {frame.time}")
