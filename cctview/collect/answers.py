"""HTTP as the collector needs it: a careful client, which answers are refused, and their dates."""

import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from cctview import __version__
from cctview.collect.camera_api import is_loopback
from cctview.collect.plan import MOST_REDIRECTS

_LARGEST = 5_000_000  # bytes of a picture or a list of cameras, packed or unpacked
_BELIEVED = timedelta(days=1)  # between a picture's Last-Modified and the time of its answer
_YEARS = 1970, 2999  # no clock of a camera shows another, and sums with these cannot overflow
_KINDS = ("image/jpeg", "image/jpg", "image/png")
_AGENT = f"cctview/{__version__} (a course on surveillance; httpx)"


class Failure(Exception):
    """A poll that brought no picture: its kind, a text for the log, and the wait asked for (s)."""

    def __init__(self, kind: str, text: str, wait: float = 0.0):
        super().__init__(text)
        self.kind = kind
        self.wait = wait


def http_client(url: str, patience: float) -> httpx.AsyncClient:
    """A client that waits `patience` seconds.

    It follows no redirect, which might lead to another host, keeps no cookie, and uses no proxy for
    this computer's own addresses.
    """
    unlimited = httpx.Limits(
        max_connections=None, max_keepalive_connections=256, keepalive_expiry=60
    )
    return httpx.AsyncClient(
        timeout=patience,
        limits=unlimited,
        trust_env=not is_loopback(url),
        headers={"User-Agent": _AGENT, "Accept-Encoding": "identity"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        follow_redirects=False,
    )


@asynccontextmanager
async def open_answer(
    client: httpx.AsyncClient, url: str, headers: dict[str, str] | None = None
) -> AsyncIterator[httpx.Response]:
    """An answer, after redirects that stay with scheme, host and port of `url`.

    Other redirects are not followed: the caller gets the redirecting answer itself. Headers that
    are not ASCII cannot be sent and are left out: what a server sent once, may be so.
    """
    headers = {name: value for name, value in (headers or {}).items() if value.isascii()}
    try:
        for left in reversed(range(MOST_REDIRECTS + 1)):
            async with client.stream("GET", url, headers=headers) as response:
                target = response.next_request.url if response.next_request else None
                if target is None or not left or not _same_origin(target, response.url):
                    yield response
                    return
            url = str(target)
    except httpx.InvalidURL as error:
        raise Failure("redirect", f"leads to no valid address ({error})") from None


def _same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    return (one.scheme, one.host, one.port) == (other.scheme, other.host, other.port)


def check_answer(response: httpx.Response) -> None:
    """Raise `Failure` for an answer that is no picture."""
    status = response.status_code
    dated = wall_clock(response.headers.get("Date"), UTC) or datetime.now(UTC).replace(tzinfo=None)
    wait = retry_after(response.headers.get("Retry-After"), dated.replace(tzinfo=UTC))
    if status == 429:
        raise Failure("429", "the server says: too many requests", wait)
    if status >= 500:
        raise Failure("5xx", f"server error {status}", wait)
    if 300 <= status < 400:
        where = response.headers.get("Location")
        raise Failure(
            "redirect", f"leads to {where}; start again with that address if you trust it", wait
        )
    if status != 200:
        raise Failure("refused", f"answered {status}", wait)


def odd_type(headers: httpx.Headers) -> str:
    """The type that a server gives its picture, if it is none of a picture; else nothing.

    The content decides what is kept. The type is worth a line in the log.
    """
    kind = headers.get("Content-Type", "")
    return "" if kind.lower().startswith(_KINDS) else kind or "no type"


async def read_body(
    response: httpx.Response, count: Callable[[int], None] = lambda size: None
) -> bytes:
    """The content of an answer.

    Parameters
    ----------
    response : httpx.Response
        Its body is sent as it is, or packed once by gzip or deflate.
    count : callable, optional
        Is given the size of each piece in bytes, as it came over the network.

    Raises
    ------
    Failure
        If the content is too large, packed or unpacked, or packed in another way.
    """
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "deflate", ""):
        raise Failure("encoded", f"sent the content as {encoding}, which was not asked for")
    packed = bytearray()
    async for piece in response.aiter_raw():
        count(len(piece))
        packed += piece
        if len(packed) > _LARGEST:
            raise Failure("too large", f"more than {_LARGEST:,} bytes")
    return bytes(packed) if encoding in ("identity", "") else _unpack(bytes(packed), encoding)


def _unpack(packed: bytes, encoding: str) -> bytes:
    # 32 + 15: zlib's or gzip's header, with the largest window
    unpacker = zlib.decompressobj(47)
    try:
        content = unpacker.decompress(packed, _LARGEST + 1)
    except zlib.error as error:
        raise Failure("encoded", f"sent {encoding} that cannot be unpacked ({error})") from None
    if len(content) > _LARGEST:
        raise Failure("too large", f"more than {_LARGEST:,} bytes when it is unpacked")
    if not unpacker.eof:
        raise Failure("cut off", f"the {encoding} content ends too early")
    return content


def clock_of(
    headers: httpx.Headers, received: datetime, zone: tzinfo, stands: bool = False
) -> tuple[datetime, str]:
    """When a picture was taken, in the camera's wall clock, and by which clock.

    The best that can be believed: the server's ``Last-Modified``, its ``Date``, this computer's
    clock. A ``Last-Modified`` more than a day from the time of its answer is not believed.

    Parameters
    ----------
    headers : httpx.Headers
        Of the answer.
    received : datetime
        This computer's clock, with a time zone.
    zone : tzinfo
        The camera's.
    stands : bool
        Whether this camera's ``Last-Modified`` stands still while its pictures change.

    Examples
    --------
    >>> headers = httpx.Headers({"Date": "Mon, 05 May 2031 12:40:17 GMT"})
    >>> clock_of(headers, datetime.now(UTC), UTC)
    (datetime.datetime(2031, 5, 5, 12, 40, 17), 'date')
    """
    local = received.astimezone(zone).replace(tzinfo=None, microsecond=0)
    dated = wall_clock(headers.get("Date"), zone)
    changed = None if stands else wall_clock(headers.get("Last-Modified"), zone)
    if changed is not None and abs(changed - (dated or local)) <= _BELIEVED:
        return changed, "last-modified"
    return (dated, "date") if dated is not None else (local, "local")


def retry_after(text: str | None, now: datetime) -> float:
    """Seconds that a ``Retry-After`` asks to wait (RFC 9110, 10.2.3); 0 if it cannot be read.

    Examples
    --------
    >>> now = datetime(2031, 5, 5, tzinfo=UTC)
    >>> [retry_after(text, now) for text in ("7", "Mon, 05 May 2031 00:01:00 GMT", "soon", None)]
    [7.0, 60.0, 0.0, 0.0]
    """
    if text is None:
        return 0.0
    if text.strip().isascii() and text.strip().isdigit():
        return float(text.strip()[:9])
    until = wall_clock(text, UTC)
    return max(0.0, (until.replace(tzinfo=UTC) - now).total_seconds()) if until else 0.0


def wall_clock(text: str | None, zone: tzinfo) -> datetime | None:
    """An HTTP date as wall clock in a zone; None where it cannot be read."""
    try:
        time = parsedate_to_datetime(text or "")
        aware = time if time.tzinfo else time.replace(tzinfo=UTC)
        wall = aware.astimezone(zone).replace(tzinfo=None)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    return wall if _YEARS[0] <= wall.year <= _YEARS[1] else None
