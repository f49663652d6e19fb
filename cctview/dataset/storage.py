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

from cctview.dataset.paths import remedy

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

_POINTER = b"version https://git-lfs"
_ZIP_ENDING = ".zip"

PARTIAL = ".partial"
_KEPT = 24  # characters of a name that its temporary name keeps: Windows refuses long paths
LOCK = ".cctview.lock"
_LEFTOVER = re.compile(rf"\..+\.\d+{re.escape(PARTIAL)}", re.DOTALL)


def write_bytes(path: Path, content: bytes, durable: bool = False) -> None:
    """Write a file in one step: either all of it is there afterwards, or what was there before.

    With `durable` that holds after a power cut, too: the disk has it when the call returns.
    """
    with replacing(path, durable) as temporary:
        temporary.write_bytes(content)


def write_new(path: Path, content: bytes) -> None:
    """Write a file that is not there yet, in one step; the disk has it when the call returns.

    What killed processes left of such a file is cleared away. Raises a FileExistsError if something
    has that name, and leaves it as it is.
    """
    _clear_killed(path)
    temporary = _temporary(path)
    try:
        temporary.write_bytes(content)
        flush_to_disk(temporary)
        try:
            os.link(temporary, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without links: take the name, then fill it in one step
            path.open("xb").close()
            os.replace(temporary, path)
        flush_to_disk(path.parent)
    finally:
        _remove(temporary)


def _temporary(path: Path) -> Path:
    """Where this process writes what gets the name `path` when it is whole."""
    return path.with_name(f".{path.name[-_KEPT:]}.{os.getpid()}{PARTIAL}")


def _clear_killed(path: Path) -> None:
    """Remove the temporaries of a file whose processes run no more."""
    import psutil

    begin = f".{path.name[-_KEPT:]}."
    for left in list(path.parent.iterdir()):
        process = left.name.removeprefix(begin).removesuffix(PARTIAL)
        ours = f"{begin}{process}{PARTIAL}" == left.name and re.fullmatch(r"\d{1,9}", process)
        if ours and not psutil.pid_exists(int(process)):
            _remove(left)


@contextmanager
def replacing(path: Path, durable: bool = False) -> Iterator[Path]:
    """A temporary path for a file or folder, which replaces `path` when the block ends well.

    If the block raises, the temporary is removed and `path` stays as it was. With `durable` the
    disk has a file, under its name, when the block has ended.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(path)
    try:
        yield temporary
        if temporary.is_dir() and path.is_dir():
            shutil.rmtree(path)
        if durable:
            flush_to_disk(temporary)
        os.replace(temporary, path)
        if durable:
            flush_to_disk(path.parent)
    finally:
        _remove(temporary)


def flush_all() -> None:
    """Have the disk write all that was written until now; Windows does so unasked, in seconds."""
    if hasattr(os, "sync"):
        os.sync()


def flush_to_disk(path: Path) -> None:
    """Have the disk write a file, or the names in a folder, before going on."""
    if path.is_dir() and os.name == "nt":
        return  # Windows cannot open a folder, and writes names by itself
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold a folder for this process alone, and clear away what a killed run left half-written.

    The lock is the operating system's, so it ends with the process, however that ends. When the
    block has ended well, the disk has what was written. Raises a ValueError that names the folder
    if another process holds it.
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
        flush_all()
    finally:
        lock.release()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def open_sources(path: Path) -> "tuple[list[FolderSource | ZipSource], list[str]]":
    """Where the files of a dataset are: a zip, or a folder and the zips that lie in it.

    Returns
    -------
    list of FolderSource or ZipSource
        The folder first, then its zips by name.
    list of str
        One line for each zip in a folder that cannot be read, and why.

    Raises
    ------
    FileNotFoundError
        If there is nothing at `path`.
    ValueError
        If it is a file and no zip archive.
    """
    if path.is_file():
        return [ZipSource(path)], []
    if not path.is_dir():
        what = remedy(path, "give one that holds frames")
        raise FileNotFoundError(f"{path}: no such folder or zip archive; {what}")
    sources: list[FolderSource | ZipSource] = [FolderSource(path)]
    problems = []
    for archive in sorted(path.iterdir()):
        if archive.suffix.lower() != _ZIP_ENDING or _is_hidden(archive.name):
            continue
        try:
            sources.append(ZipSource(archive))
        except ValueError as error:
            problems.append(str(error))
    return sources, problems


def _is_hidden(name: str) -> bool:
    """Whether a file is one that an operating system or a cut-off run left beside the others.

    A Mac writes ``._NAME`` beside each file on a stick, and ``__MACOSX/`` into each zip.
    """
    return any(
        part.startswith(".") or part == "__MACOSX" or part.endswith(PARTIAL)
        for part in PurePosixPath(name).parts
    )


def check_whole(content: bytes, where: str) -> bytes:
    """The content of a file; a ValueError that names it if it only stands for a file of Git LFS."""
    if content.startswith(_POINTER):
        name = PurePosixPath(where.rpartition(":")[2].replace("\\", "/")).name
        frames = f" or `cctview fetch frames {name[:-4]}`" if name.endswith(_ZIP_ENDING) else ""
        raise ValueError(
            f"{where}: a pointer of Git LFS, not the file itself; get the file with `git lfs"
            f" pull`{frames}"
        )
    return content


class FolderSource:
    """The files under a folder, by their relative names with '/' between the parts."""

    def __init__(self, root: Path):
        self.root = root

    def names(self) -> list[str]:
        files = (path.relative_to(self.root) for path in self.root.rglob("*") if path.is_file())
        return sorted(name for path in files if not _is_hidden(name := path.as_posix()))

    def read(self, name: str) -> bytes:
        where = self.where(name)
        try:
            return check_whole((self.root / name).read_bytes(), where)
        except OSError as error:
            reason = error.strerror or error
            raise ValueError(f"{where}: cannot be read ({reason})") from None

    def where(self, name: str) -> str:
        return str(self.root / name)


class ZipSource:
    """The files in a zip archive, read one by one; no name or size in it is trusted.

    Names have '/' between the parts, also where a program of Windows wrote a backslash. Raises a
    ValueError that names the file if it is no zip archive.
    """

    def __init__(self, path: Path):
        self.path = path
        try:
            self._archive = zipfile.ZipFile(path)
        except _DAMAGES as error:
            with path.open("rb") as file:
                check_whole(file.read(100), str(path))
            if path.suffix.lower() != _ZIP_ENDING:
                raise ValueError(
                    f"{path}: a single file, and no zip archive; give the folder that holds the"
                    " frames, or make frames of a picture or a video with `cctview import`"
                ) from None
            what = f"cannot be read as a zip archive ({error})"
            raise ValueError(f"{path} {what}; fetch or copy it again") from error
        infos = [info for info in self._archive.infolist() if info.filename]
        windows = not any("/" in info.filename for info in infos)
        self._members = {
            info.filename.replace("\\", "/") if windows else info.filename: info for info in infos
        }

    def names(self) -> list[str]:
        return sorted(
            name for name in self._members if not name.endswith("/") and not _is_hidden(name)
        )

    def read(self, name: str) -> bytes:
        """Content of one file.

        Raises a ValueError if the name leads outside, or the file is encrypted, damaged or a bomb.
        """
        info = self._members[name]
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
            raise ValueError(f"{where}: damaged or encrypted ({str(error)[:200]})") from error
        if len(content) != size:
            raise ValueError(f"{where}: damaged, {len(content):,} bytes where {size:,} are due")
        return check_whole(content, where)

    def where(self, name: str) -> str:
        return f"{self.path}:{name}"
