"""Get the files that others publish, weights and real frames, from their public places: whole and
checked, or not at all.

What there is stands in `published.json`. A download goes to a temporary name, goes on where an
earlier one stopped, and is moved into place after its size and sha256 were checked. Where nobody
publishes a digest, the content is looked into, and the digest seen first is recorded in a
``.sha256`` file beside it, to which a later download must agree.
"""

import os
import random
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tqdm import tqdm

from cctview import weights
from cctview.dataset.paths import DATA, MODELS, require
from cctview.dataset.storage import PARTIAL, write_bytes

TRIES = 5
"""How often a place may fail in a row, without a megabyte received in between, until it is given up."""

WAIT_SECONDS, LONGEST_WAIT = 1.0, 60.0
MOST_REDIRECTS = 5
_ENOUGH_TO_GO_ON = 2**20
_SPARE_DISK = 2**28


class FetchError(Exception):
    """A file could not be got; the message says from where and why."""


class _Temporary(Exception):
    """A failure after which another try is worth while, after as many seconds as the server asked
    for, if it did.
    """

    def __init__(self, reason: str, seconds: float | None = None):
        super().__init__(reason)
        self.seconds = seconds


@dataclass(frozen=True)
class Item:
    """One file that others publish.

    Attributes
    ----------
    name : str
        What it is called on the command line: a weight file's name, or a camera.
    path : Path
        Where it is put.
    addresses : tuple of str
        Where it is published; the next is tried if one fails.
    bytes : int or None
        Its size; None if that is not published, then `about` says what is.
    sha256 : str or None
        None if it is not published.
    """

    name: str
    path: Path
    addresses: tuple[str, ...]
    bytes: int | None = None
    sha256: str | None = None
    about: str = "size unknown"
    purpose: str = ""
    licence: str = ""
    use: str = ""

    @property
    def size(self) -> str:
        """Its size in words.

        >>> Item("a", Path("a"), (), bytes=77_940_536).size
        '77.9 MB'
        """
        return self.about if self.bytes is None else f"{self.bytes / 1e6:.1f} MB"

    @property
    def record(self) -> Path:
        """Where the sha256 that was seen first is kept, in the form that ``sha256sum --check``
        reads.
        """
        return self.path.with_name(self.path.name + ".sha256")

    @property
    def expected(self) -> str | None:
        """The sha256 that the file must have: the published one, or else the one seen first, or
        else none yet.
        """
        if self.sha256 is None and self.record.is_file():
            return self.record.read_text(encoding="utf-8").split()[0]
        return self.sha256


def folder(kind: str) -> Path:
    """Where files of a kind are put: ``models/originals/``; for frames ``$CCTVIEW_DATA`` or
    ``data/fetched/``.

    Raises
    ------
    ValueError
        If CCTVIEW_DATA names a file, or a folder that holds other things than zips, which the zips
        would hide.
    """
    if kind == "weights":
        return require(MODELS) / "originals"
    named = os.environ.get("CCTVIEW_DATA")
    if not named:
        return require(DATA) / "fetched"
    chosen = Path(named)
    others = chosen.is_file() or (
        chosen.is_dir()
        and any(path.suffix not in (".zip", ".sha256", PARTIAL) for path in chosen.iterdir())
    )
    if others:
        raise ValueError(
            f"CCTVIEW_DATA={named} is no folder of zips; set it to a new folder, or unset it, to"
            " fetch frames"
        )
    return chosen


def available(kind: str) -> list[Item]:
    """Everything of a kind, "weights" or "frames", that can be fetched."""
    place = folder(kind)
    known = ("purpose", "licence", "about", "bytes", "sha256", "use")
    return [
        Item(
            name,
            place / entry.get("file", name),
            tuple(entry["addresses"]),
            **{k: entry[k] for k in known if k in entry},
        )
        for name, entry in weights.published()[kind].items()
    ]


def choose(kind: str, names: list[str]) -> list[Item]:
    """The items of these names; "all" is every one.

    Raises
    ------
    ValueError
        If there is no such name; lists those there are.
    """
    items = {item.name: item for item in available(kind)}
    unknown = [name for name in names if name not in items and name != "all"]
    if unknown:
        raise ValueError(
            f"no {kind} are called {', '.join(unknown)}; there are: {', '.join(items)}"
        )
    return (
        list(items.values()) if "all" in names else [items[name] for name in dict.fromkeys(names)]
    )


def listing(kinds: tuple[str, ...] = ("weights", "frames")) -> str:
    """What there is to fetch and what is already here, in lines; files are looked at, not read."""
    lines = []
    for kind in kinds:
        lines.append(f"cctview fetch {kind} NAME …    (or all; they go to {folder(kind)})")
        for item in available(kind):
            state = "here" if item.path.is_file() else "not here"
            lines += [
                f"  {item.name}: {state}, {item.size}",
                f"      {item.purpose}; {item.licence}",
            ]
    return "\n".join(lines)


def fetch(kind: str, names: list[str]) -> list[str]:
    """Fetch files by name; says before what, from where and how large. One that fails does not stop
    the others.

    Parameters
    ----------
    kind : str
        "weights" or "frames".
    names : list of str
        As in `listing`, or "all".

    Returns
    -------
    list of str
        One line for each file that could not be got, and why.

    Raises
    ------
    ValueError
        If there is no such name.
    """
    wanted, problems = [], []
    for item in choose(kind, names):
        if is_whole(item):
            print(f"{item.name}: already here and whole\n  {item.use.format(path=item.path)}")
            continue
        wanted.append(item)
        print(
            f"{item.name}: {item.purpose}\n  licence: {item.licence}\n  {item.size}, to"
            f" {item.path}, from"
        )
        print("\n  or ".join(f"    {address}" for address in item.addresses))
    with open_client() as client:
        for item in wanted:
            try:
                fetch_item(item, client)
            except (FetchError, OSError) as error:
                problems.append(f"{item.name}: {error}")
            else:
                print(f"{item.name}: fetched\n  {item.use.format(path=item.path)}")
    return problems


def is_whole(item: Item) -> bool:
    """Whether the file is here, with the size and sha256 that it must have."""
    return (
        item.path.is_file()
        and item.bytes in (None, item.path.stat().st_size)
        and item.expected is not None
        and weights.sha256(item.path) == item.expected
    )


def open_client():
    """An HTTP client that waits half a minute for an answer and follows no redirect by itself."""
    import httpx

    headers = {"User-Agent": "cctview fetch", "Accept-Encoding": "identity"}
    return httpx.Client(headers=headers, timeout=httpx.Timeout(30, connect=10))


def fetch_item(item: Item, client) -> None:
    """Download one file, check it, and move it into place; what was there stays until then.

    Parameters
    ----------
    item : Item
    client : httpx.Client
        As from `open_client`.

    Raises
    ------
    FetchError
        If no place had it whole; names each place and what was wrong.
    """
    item.path.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(item.path.parent).free
    if (item.bytes or 0) + _SPARE_DISK > free:
        raise FetchError(
            f"{item.path.parent}: {free / 1e6:,.0f} MB of disk free, and {item.size} are to come;"
            " free some"
        )
    partial = _partial(item)
    reasons = []
    for address in item.addresses:
        for _ in range(
            2 if partial.exists() else 1
        ):  # what an earlier run left may be of another file: then once more anew
            try:
                _download(item, address, client)
                digest = _check(item, partial)
            except FetchError as error:
                reasons.append(f"{address}: {error}")
                continue
            os.replace(partial, item.path)
            _validator(item).unlink(missing_ok=True)
            if item.expected is None:
                write_bytes(item.record, f"{digest}  {item.path.name}\n".encode())
            return
    raise FetchError("; ".join(reasons))


def _partial(item: Item) -> Path:
    return item.path.with_name(f".{item.path.name}{PARTIAL}")


def _validator(item: Item) -> Path:
    """Holds what the server said to tell this version of the file from another, for a download to
    go on later.
    """
    return item.path.with_name(f".{item.path.name}.version{PARTIAL}")


def _check(item: Item, partial: Path) -> str:
    """Check a finished download and return its sha256; what is wrong is removed."""
    try:
        size, digest = partial.stat().st_size, weights.sha256(partial)
        if item.bytes not in (None, size):
            raise FetchError(f"{size:,} bytes came, and {item.bytes:,} are expected")
        if item.expected not in (None, digest):
            if item.sha256:
                raise FetchError(
                    f"a wrong file came, its sha256 is {digest}, and {item.sha256} is expected"
                )
            raise FetchError(
                f"the file is not the one that was seen first, its sha256 is {digest}, and"
                f" {item.record} says another; if it may have changed, remove that record and fetch"
                " again"
            )
        if item.expected is None:
            _look_into(item, partial)
    except FetchError:
        partial.unlink()
        raise
    return digest


def _look_into(item: Item, partial: Path) -> None:
    """Read a file of which no digest is known, so that an error page or half a file is not taken
    for it.
    """
    from cctview.dataset.frames import open_dataset

    try:
        if item.path.suffix == ".zip":
            open_dataset(partial)
        else:
            weights.load(partial)
    except (ValueError, FileNotFoundError) as error:
        raise FetchError(f"what came is not what was asked for: {error}") from None


def _download(item: Item, address: str, client) -> None:
    """Download to the temporary name, again and again while that helps."""
    import httpx

    failures = 0
    while True:
        before = _size(_partial(item))
        try:
            return _receive(item, address, client)
        except (_Temporary, httpx.TransportError) as error:
            failures = 1 if _size(_partial(item)) - before >= _ENOUGH_TO_GO_ON else failures + 1
            if failures == TRIES:
                raise FetchError(f"{error or type(error).__name__} (tried {TRIES} times)") from None
            seconds = getattr(error, "seconds", None)
            if seconds is None:
                seconds = WAIT_SECONDS * 2 ** (failures - 1) * random.uniform(0.5, 1)
            time.sleep(min(seconds, LONGEST_WAIT))


def _receive(item: Item, address: str, client) -> None:
    """Ask once, for what is still missing, and append what comes to the temporary file."""
    partial, validator = _partial(item), _validator(item)
    start, headers = _size(partial), {}
    version = validator.read_text(encoding="utf-8") if validator.is_file() else ""
    if start and start == item.bytes:
        return
    if start and (version or item.sha256):
        headers = {"Range": f"bytes={start}-"} | ({"If-Range": version} if version else {})
    with _open(client, address, headers) as response:
        if response.status_code == 416:
            partial.unlink(missing_ok=True)
            raise _Temporary("the server has no such part of the file")
        start, total = _extent(response, start)
        if item.bytes is not None and total not in (None, item.bytes):
            raise FetchError(
                f"the server offers {total:,} bytes, and {item.bytes:,} are expected: another file"
            )
        if not start:
            write_bytes(validator, _version(response).encode())
        with (
            partial.open("ab" if start else "wb") as file,
            tqdm(
                total=total,
                initial=start,
                desc=item.name,
                unit="B",
                unit_scale=True,
                unit_divisor=1000,
            ) as bar,
        ):
            for block in response.iter_raw(2**16):
                file.write(block)
                bar.update(len(block))
                if item.bytes is not None and bar.n > item.bytes:
                    raise FetchError(
                        f"the server sends more than the {item.bytes:,} bytes that are expected"
                    )


@contextmanager
def _open(client, address: str, headers: dict[str, str]) -> Iterator:
    """An answer with a body, after redirects; never from https to anything less."""
    for _ in range(MOST_REDIRECTS + 1):
        with client.stream("GET", address, headers=headers) as response:
            if not response.has_redirect_location:
                _check_status(response)
                yield response
                return
            target = str(response.url.join(response.headers["Location"]))
        if urlsplit(target).scheme not in (
            {"https"} if address.startswith("https:") else {"http", "https"}
        ):
            raise FetchError(f"refused: redirected from {address.split(':')[0]} to {target}")
        address = target
    raise FetchError(f"refused: redirected more than {MOST_REDIRECTS} times")


def _check_status(response) -> None:
    status = response.status_code
    if status in (200, 206, 416):
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise FetchError(
                "the server sends the file in another encoding, which was not asked for"
            )
        return
    reason = f"HTTP {status} {response.reason_phrase}".strip()
    if status in (408, 429) or status >= 500:
        asked = response.headers.get("Retry-After", "")
        raise _Temporary(reason, float(asked) if asked.isdecimal() else None)
    if status == 403:
        reason += (
            " (access denied; on GitHub also when a repository's monthly volume is spent: then try"
            " another day)"
        )
    elif status in (404, 410):
        reason += " (no longer there)"
    raise FetchError(reason)


def _extent(response, asked: int) -> tuple[int, int | None]:
    """From which byte on the answer goes, and how long the whole file is, if the server says so."""
    if response.status_code == 206:
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
        if found is None or int(found[1]) != asked:
            raise FetchError("the server sends another part of the file than was asked for")
        return asked, None if found[2] == "*" else int(found[2])
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if length.isdecimal() else None


def _version(response) -> str:
    """What tells this version of the file: a strong ETag, or the date of its last change."""
    tag = response.headers.get("ETag", "")
    return tag if tag.startswith('"') else response.headers.get("Last-Modified", "")


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
