"""What comes from outside as scenarios of `tests.killing`: imported pictures and videos, fetched
files; and what the app saves.
"""

import hashlib
import io
import tempfile
import zipfile
from contextlib import redirect_stdout, suppress
from datetime import datetime
from functools import cache, partial
from pathlib import Path

import cv2
import httpx
import numpy as np
import pandas as pd

from cctview import fetch
from cctview.collect import import_frames
from cctview.dataset import write_bytes
from cctview.investigate import Dossier, save_dossier
from tests.scenes import jpeg, picture

START = datetime(2031, 5, 5, 8, 40)
FRAME = "1-N--2031-05-05--13.00.0{}--original.jpeg"


@cache
def _sources() -> tempfile.TemporaryDirectory:
    """A folder of six pictures, two of which are the same, and one that is damaged; and a video."""
    made = tempfile.TemporaryDirectory()
    content = [jpeg(picture(k % 5)) for k in range(6)] + [jpeg(picture(7))[:-300]]
    for k, one in enumerate(content):
        write_bytes(Path(made.name) / "pictures" / f"IMG_{k}.jpg", one)
    video = Path(made.name, "video.avi")
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*"MJPG"), 2, (64, 48))
    for k in range(12):
        writer.write(picture(k))
    writer.release()
    return made


def import_pictures(folder: Path) -> None:
    """Pictures without a date of their own, counted off."""
    done = import_frames(Path(_sources().name, "pictures"), folder, "my-street", START)
    assert (done.frames, len(done.problems), len(done.notes)) == (5, 1, 1), done


def import_video(folder: Path) -> None:
    """Six seconds of a video, a frame each second."""
    done = import_frames(Path(_sources().name, "video.avi"), folder, "my-street", START, every=1)
    assert (done.frames, done.problems) == (6, []), done


def save_dossiers(folder: Path) -> None:
    """Three dossiers by the app's names; what is there already, stays."""
    folder.mkdir(exist_ok=True)
    sightings = pd.DataFrame(
        {"camera": ["733-681-N"], "time": [pd.Timestamp(START)], "after": [0.0]}
        | {"id": ["a"], "probability": [1.0]}
    )
    for number in (1, 2, 3):
        dossier = Dossier(number, "a", sightings, {"type": ("car", 0.9)})
        with suppress(FileExistsError):
            save_dossier(dossier, folder / f"dossier-{number}.json")


@cache
def _published() -> dict[str, bytes]:
    """A zip of frames, whose digest nobody publishes, and a file with a digest."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for k in range(9):
            archive.writestr(
                zipfile.ZipInfo(FRAME.format(k)), jpeg(picture(k, 240, 320), quality=100)
            )
    weights = np.random.default_rng(0).bytes(300_000)
    return {"1-N.zip": buffer.getvalue(), "net.pt": weights}


def _answer(request: httpx.Request) -> httpx.Response:
    """What a good server sends, in parts if it is asked for one."""
    content = _published()[request.url.path[1:]]
    tag = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"'}
    asked = request.headers.get("Range")
    if not asked or request.headers.get("If-Range", tag["ETag"]) != tag["ETag"]:
        return httpx.Response(200, headers=tag, stream=_Body(content), request=request)
    start = int(asked.removeprefix("bytes=").removesuffix("-"))
    if start >= len(content):
        return httpx.Response(416, headers=tag, request=request)
    span = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
    return httpx.Response(206, headers=tag | span, stream=_Body(content[start:]), request=request)


class _Body(httpx.SyncByteStream):
    def __init__(self, content: bytes):
        self.content = content

    def __iter__(self):
        for at in range(0, len(self.content), 2**16):
            yield self.content[at : at + 2**16]


def fetch_files(folder: Path) -> None:
    """Two files, of which one has a published digest, into one folder."""
    weights = _published()["net.pt"]
    digest = hashlib.sha256(weights).hexdigest()
    item = partial(fetch.Item, purpose="", licence="")
    items = [
        item("1-N", folder / "1-N.zip", ("http://x/1-N.zip",)),
        item("net.pt", folder / "net.pt", ("http://x/net.pt",), len(weights), digest),
    ]
    stand_ins = {
        "folder": lambda kind: folder,
        "choose": lambda kind, names: items,
        "open_client": lambda: httpx.Client(transport=httpx.MockTransport(_answer)),
    }
    for name, stand_in in stand_ins.items():
        setattr(fetch, name, stand_in)
    with redirect_stdout(io.StringIO()):
        problems = fetch.fetch("frames", ["all"])
    if problems:
        raise ValueError(problems)
