"""Get the files that others publish, weights and real frames: whole and checked, or not at all.

They are listed in `published.json`. A download goes to a temporary name, goes on where an earlier
one stopped, and is moved into place after its size and sha256 were checked. Where nobody publishes
a digest, the content is looked into, and the digest seen first is recorded in a ``.sha256`` file
beside it, to which a later download must agree.
"""

import os
import random
import re
import shutil
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from cctview import weights
from cctview.collect import MOST_REDIRECTS
from cctview.dataset import (
    DATA,
    LOCK,
    MODELS,
    PARTIAL,
    alone_in,
    flush_to_disk,
    require,
    write_bytes,
)

if TYPE_CHECKING:
    import httpx

TRIES = 5
"""How often an address may fail in a row, with less than a megabyte received in between."""

_WAIT_SECONDS, LONGEST_WAIT = 1.0, 60.0
_ENOUGH_TO_GO_ON = 2**20
_SPARE_DISK = 2**28
_LARGEST_UNKNOWN = 4 * 2**30  # bytes of a file whose size neither we nor the server know
_HINTS = {
    403: " (access denied; on GitHub also when a month's volume is spent: then try later)",
    404: " (no longer there)",
    410: " (no longer there)",
}


class FetchError(Exception):
    """A file could not be got; the message says from where and why."""


class _Temporary(Exception):
    """Another try is worth while, after as many seconds as the server asked for, if it did."""

    def __init__(self, reason: str, seconds: float | None = None):
        super().__init__(reason)
        self.seconds = seconds


@dataclass(frozen=True)
class Item:
    """One file that others publish, and where it is put; the next address is tried if one fails."""

    name: str  # a weight file's, or a camera's
    path: Path
    addresses: tuple[str, ...]
    bytes: int | None = None  # None if that is not published: then `about` says what is
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
        """Keeps the sha256 seen first, as ``sha256sum --check`` reads it."""
        return self.path.with_name(self.path.name + ".sha256")

    @property
    def expected(self) -> str | None:
        """The published sha256, or else the one seen first, or else none yet.

        Raises a FetchError if the record of the one seen first cannot be read.
        """
        if self.sha256 is not None or not self.record.is_file():
            return self.sha256
        found = re.match(rb"[0-9a-f]{64}\b", self.record.read_bytes())
        if found is None:
            raise FetchError(
                f"{self.record} holds no sha256; remove it, and fetch again if you trust the place"
            )
        return found[0].decode()

    @property
    def partial(self) -> Path:
        """Holds what has come so far."""
        return self.path.with_name(f".{self.path.name}{PARTIAL}")

    @property
    def validator(self) -> Path:
        """Holds what tells this version of the file from another, for a download to go on later."""
        return self.path.with_name(f".{self.path.name}.version{PARTIAL}")

    @property
    def received(self) -> int:
        """Bytes that have come so far."""
        return self.partial.stat().st_size if self.partial.is_file() else 0

    def is_whole(self) -> bool:
        """Whether the file is here, with the size and sha256 that it must have."""
        return (
            self.path.is_file()
            and self.bytes in (None, self.path.stat().st_size)
            and self.expected is not None
            and weights.sha256(self.path) == self.expected
        )


def folder(kind: str) -> Path:
    """Where files are put: ``models/originals/``; frames in $CCTVIEW_DATA or ``data/fetched/``.

    Raises a FileNotFoundError if there is no course folder, and a ValueError if CCTVIEW_DATA names
    anything but a folder of zips: they would hide what it holds.
    """
    if kind == "weights":
        return require(MODELS) / "originals"
    named = os.environ.get("CCTVIEW_DATA")
    if not named:
        return require(DATA) / "fetched"
    chosen = Path(named)
    known = (".zip", ".sha256", PARTIAL)
    content = chosen.iterdir() if chosen.is_dir() else ()
    others = [path for path in content if path.suffix not in known and path.name != LOCK]
    if chosen.is_file() or others:
        raise ValueError(
            f"CCTVIEW_DATA={named} is no folder of zips; set it to a new folder, or unset it, to"
            " fetch frames"
        )
    return chosen


def _available(kind: str) -> list[Item]:
    """Everything of a kind, "weights" or "frames", that can be fetched."""
    place = folder(kind)
    items = []
    for name, entry in weights.published()[kind].items():
        about = {field.name: entry[field.name] for field in fields(Item) if field.name in entry}
        about |= {"addresses": tuple(entry["addresses"])}
        items.append(Item(name, place / entry.get("file", name), **about))
    return items


def choose(kind: str, names: list[str]) -> list[Item]:
    """The items of these names; "all" is every one. An unknown name is a ValueError."""
    items = {item.name: item for item in _available(kind)}
    unknown = [name for name in names if name not in items and name != "all"]
    if unknown:
        raise ValueError(
            f"no {kind} are called {', '.join(unknown)}; there are: {', '.join(items)}"
        )
    return [items[name] for name in (items if "all" in names else dict.fromkeys(names))]


def listing(kinds: tuple[str, ...] = ("weights", "frames")) -> str:
    """What there is to fetch and what is already here, in lines."""
    lines = []
    for kind in kinds:
        lines.append(f"cctview fetch {kind} NAME …    (or all; they go to {folder(kind)})")
        for item in _available(kind):
            state = "here" if item.path.is_file() else "not here"
            lines.append(f"  {item.name}: {state}, {item.size}")
            lines.append(f"      {item.purpose}; {item.licence}")
    return "\n".join(lines)


def fetch(kind: str, names: list[str]) -> list[str]:
    """Fetch files by name, and print before what, from where and how large.

    Parameters
    ----------
    kind : str
        "weights" or "frames".
    names : list of str
        As in `listing`, or "all".

    Returns
    -------
    list of str
        One line for each file that could not be got, and why. A ValueError is raised instead if
        another process fetches into the same folder.
    """
    problems = []
    chosen = choose(kind, names)
    with alone_in(folder(kind)), open_client() as client:
        for item in chosen:
            try:
                if item.is_whole():
                    print(f"{item.name}: already here and whole")
                else:
                    print(f"{item.name}: {item.purpose}\n  licence: {item.licence}")
                    print(f"  {item.size}, to {item.path}, from")
                    print("\n  or ".join(f"    {address}" for address in item.addresses))
                    fetch_item(item, client)
                    print(f"{item.name}: fetched")
            except (FetchError, OSError) as error:
                problems.append(f"{item.name}: {error}")
            else:
                print(f"  {item.use.format(path=item.path)}")
    return problems


def open_client() -> "httpx.Client":
    """An HTTP client that waits half a minute, and neither keeps cookies nor follows redirects."""
    import httpx

    headers = {"User-Agent": "cctview fetch", "Accept-Encoding": "identity"}
    none = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    return httpx.Client(headers=headers, timeout=httpx.Timeout(30, connect=10), cookies=none)


def fetch_item(item: Item, client: "httpx.Client") -> None:
    """Download one file, check it, and move it into place; what was there stays until then.

    Raises a FetchError if no address had it whole; names each address and what was wrong.
    """
    item.path.parent.mkdir(parents=True, exist_ok=True)
    first_seen = item.expected is None
    free = shutil.disk_usage(item.path.parent).free
    if (item.bytes or 0) + _SPARE_DISK > free:
        room = f"{free / 1e6:,.0f} MB of disk free"
        raise FetchError(f"{item.path.parent}: {room}, and {item.size} are to come; free some")
    reasons = []
    for address in item.addresses:
        # What an earlier run left may be of another file: then once more, anew.
        for _ in range(2 if item.partial.exists() else 1):
            try:
                _download(item, address, client)
                digest = _check(item)
            except FetchError as error:
                reasons.append(f"{address}: {error}")
                continue
            flush_to_disk(item.partial)
            item.validator.unlink(missing_ok=True)  # before nobody looks at it any more
            os.replace(item.partial, item.path)
            flush_to_disk(item.path.parent)
            if first_seen:
                write_bytes(item.record, f"{digest}  {item.path.name}\n".encode(), durable=True)
            return
    raise FetchError("; ".join(reasons))


def _check(item: Item) -> str:
    """Check a finished download and return its sha256; what is wrong is removed."""
    try:
        size, digest = item.partial.stat().st_size, weights.sha256(item.partial)
        if item.bytes not in (None, size):
            raise FetchError(f"{size:,} bytes came, and {item.bytes:,} are expected")
        if item.expected is None:
            _look_into(item)
        elif digest != item.expected:
            remedy = "" if item.sha256 else f"; if it may have changed, remove {item.record}"
            expected = f"and {item.expected} is expected{remedy}"
            raise FetchError(f"the server sent another file, whose sha256 is {digest}, {expected}")
    except FetchError:
        item.partial.unlink()
        raise
    return digest


def _look_into(item: Item) -> None:
    """Read a file without a known digest: an error page or half a file is not taken for it."""
    from cctview.dataset import open_dataset

    try:
        if item.path.suffix == ".zip":
            open_dataset(item.partial)
            with zipfile.ZipFile(item.partial) as archive:
                damaged = archive.testzip()
            if damaged is not None:
                raise ValueError(f"{damaged!a} in it is damaged")
        else:
            weights.load_state(item.partial)
    except Exception as error:  # of many kinds, as from zipfile
        raise FetchError(f"the server sent something else: {error}") from None


def _download(item: Item, address: str, client: "httpx.Client") -> None:
    """Download to the temporary name, again and again while that helps."""
    import httpx

    failures = 0
    while True:
        before = item.received
        try:
            return _receive(item, address, client)
        except (_Temporary, httpx.TransportError) as error:
            failures = 1 if item.received - before >= _ENOUGH_TO_GO_ON else failures + 1
            if failures == TRIES:
                raise FetchError(f"{error or type(error).__name__} (tried {TRIES} times)") from None
            seconds = getattr(error, "seconds", None)
            if seconds is None:  # twice as long each time, and not all clients at once
                seconds = _WAIT_SECONDS * 2 ** (failures - 1) * random.uniform(0.5, 1)
            time.sleep(min(seconds, LONGEST_WAIT))
        except (httpx.InvalidURL, ValueError) as error:
            raise FetchError(f"a header of the answer makes no sense ({error})") from None


def _receive(item: Item, address: str, client: "httpx.Client") -> None:
    """Ask once, for what is still missing, and append what comes to the temporary file."""
    start = item.received
    headers = {}
    version = item.validator.read_text(encoding="utf-8") if item.validator.is_file() else ""
    if start and start == item.bytes:
        return
    if start and (version or item.sha256):
        headers = {"Range": f"bytes={start}-"} | ({"If-Range": version} if version else {})
    with _open(client, address, headers) as response:
        if response.status_code == 416:
            item.partial.unlink(missing_ok=True)
            raise _Temporary("the server has no such part of the file")
        start, total = _extent(response, start)
        if item.bytes is not None and total not in (None, item.bytes):
            raise FetchError(
                f"the server offers {total:,} bytes, and {item.bytes:,} are expected: another file"
            )
        most = item.bytes or total or _LARGEST_UNKNOWN
        if most - start + _SPARE_DISK > shutil.disk_usage(item.path.parent).free and total:
            raise FetchError(f"{most - start:,} bytes are to come, over the free disk; free some")
        if not start:  # what tells this version of the file from another
            tag = response.headers.get("ETag", "")
            strong = tag if tag.startswith('"') else response.headers.get("Last-Modified", "")
            write_bytes(item.validator, strong.encode() if strong.isascii() else b"")
        units = {"unit": "B", "unit_scale": True, "unit_divisor": 1000}
        with (
            item.partial.open("ab" if start else "wb") as file,
            tqdm(total=total, initial=start, desc=item.name, **units) as bar,
        ):
            for block in response.iter_raw(2**16):
                file.write(block)
                bar.update(len(block))
                if bar.n > most:
                    raise FetchError(f"the server sends more than the {most:,} bytes expected")
    if total is not None and item.received != total:
        raise FetchError(f"{item.received:,} bytes are here, and {total:,} are due")


@contextmanager
def _open(client: "httpx.Client", address: str, headers: dict) -> Iterator["httpx.Response"]:
    """An answer with a body, after redirects; never from https to anything less."""
    for _ in range(MOST_REDIRECTS + 1):
        with client.stream("GET", address, headers=headers) as response:
            if not response.has_redirect_location:
                _check_status(response)
                yield response
                return
            target = str(response.url.join(response.headers["Location"]))
        if not target.startswith("https:" if address.startswith("https:") else ("http:", "https:")):
            raise FetchError(f"refused: redirected from {address.split(':')[0]} to {target}")
        address = target
    raise FetchError(f"refused: redirected more than {MOST_REDIRECTS} times")


def _check_status(response: "httpx.Response") -> None:
    status = response.status_code
    if status in (200, 206, 416):
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise FetchError("the server sends the file in another encoding than was asked for")
        return
    reason = f"HTTP {status} {response.reason_phrase}".strip()
    if status in (408, 429) or status >= 500:
        asked = response.headers.get("Retry-After", "")
        raise _Temporary(reason, float(asked) if asked.isdecimal() else None)
    raise FetchError(reason + _HINTS.get(status, ""))


def _extent(response: "httpx.Response", asked: int) -> tuple[int, int | None]:
    """From which byte on the answer goes, and how long the whole file is, if the server says so."""
    if response.status_code == 206:
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
        if found is None or int(found[1]) != asked:
            raise FetchError("the server sends another part of the file than was asked for")
        return asked, None if found[2] == "*" else int(found[2])
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if length.isdecimal() else None
