"""Writing so that nothing is ever half-written, and reading without trust."""

import lzma
import os
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

MEMBER_LIMIT = 256 * 2**20
"""Largest file, in bytes, that is read out of an archive."""

_RATIO_LIMIT = 250  # unpacked to packed size; JPEG about 1, JSON about 4, a bomb over 1,000

# What a damaged or encrypted archive makes `zipfile` and its decompressors raise.
_DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    RuntimeError,
    ValueError,
    EOFError,
    OSError,
)

PARTIAL = ".partial"
LOCK = ".cctview.lock"
_LEFTOVER = re.compile(rf"\..+\.\d+{re.escape(PARTIAL)}", re.DOTALL)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file in one step: either all of it is there afterwards, or what was there before."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_new(path: Path, content: bytes) -> None:
    """Write a file that is not there yet, in one step.

    Raises a FileExistsError if something has that name, and leaves it as it is.
    """
    temporary = path.with_name(f".{path.name[-100:]}.{os.getpid()}{PARTIAL}")
    try:
        temporary.write_bytes(content)
        try:
            os.link(temporary, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            with open(path, "xb") as file:
                file.write(content)
    finally:
        _remove(temporary)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path for a file or folder, which replaces `path` when the block ends well.

    If the block raises, the temporary is removed and `path` stays as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name[-100:]}.{os.getpid()}{PARTIAL}")
    try:
        yield temporary
        if temporary.is_dir() and path.is_dir():
            shutil.rmtree(path)
        os.replace(temporary, path)
    finally:
        _remove(temporary)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold a folder for this process alone, and clear away what a killed run left half-written.

    The lock is the operating system's, so it ends with the process, however that ends. Raises a
    ValueError that names the folder if another process holds it.
    """
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        remedy = "wait until it has ended, or choose another folder"
        raise ValueError(f"{folder}: another cctview is writing into it; {remedy}") from None
    try:
        for path in list(folder.rglob(f".*{PARTIAL}")):
            if _LEFTOVER.fullmatch(path.name):
                _remove(path)
        yield
    finally:
        lock.release()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


class FolderSource:
    """The files under a folder, by their relative names with '/' between the parts."""

    def __init__(self, root: Path):
        self.root = root

    def names(self) -> list[str]:
        files = (path.relative_to(self.root) for path in self.root.rglob("*") if path.is_file())
        return sorted(
            path.as_posix()
            for path in files
            if not any(part.endswith(PARTIAL) for part in path.parts)
        )

    def read(self, name: str) -> bytes:
        return (self.root / name).read_bytes()

    def where(self, name: str) -> str:
        return str(self.root / name)


class ZipSource:
    """The files in a zip archive, read one by one; no name or size in it is trusted.

    Raises a ValueError that names the file if it is no zip archive.
    """

    def __init__(self, path: Path):
        self.path = path
        try:
            self._archive = zipfile.ZipFile(path)
        except _DAMAGES as error:
            what = f"cannot be read as a zip archive ({error})"
            raise ValueError(f"{path} {what}; fetch or copy it again") from error

    def names(self) -> list[str]:
        return sorted(name for name in self._archive.namelist() if name and not name.endswith("/"))

    def read(self, name: str) -> bytes:
        """Content of one file.

        Raises a ValueError if the name leads outside, or the file is encrypted, damaged or a bomb.
        """
        info = self._archive.getinfo(name)
        where = self.where(name)
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
            raise ValueError(f"{where}: refused, its name leads out of the archive")
        size, packed = info.file_size, info.compress_size
        if size > MEMBER_LIMIT:
            raise ValueError(f"{where}: refused, it holds {size:,} bytes, over {MEMBER_LIMIT:,}")
        if size > _RATIO_LIMIT * max(packed, 1) + 4096:
            unpacked = f"{packed:,} bytes would unpack to {size:,}"
            raise ValueError(f"{where}: refused, {unpacked}, as in a zip bomb")
        try:
            with self._archive.open(info) as member:
                content = member.read(size + 1)
        except _DAMAGES as error:
            raise ValueError(f"{where}: damaged or encrypted ({error})") from error
        if len(content) != size:
            raise ValueError(f"{where}: damaged, {len(content):,} bytes where {size:,} are due")
        return content

    def where(self, name: str) -> str:
        return f"{self.path}:{name}"
