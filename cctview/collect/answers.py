"""HTTP as the collector needs it: a careful client, which answers are refused, and their dates."""

from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime

import httpx

from cctview import __version__
from cctview.collect.camera_api import is_loopback

_LARGEST = 5_000_000  # bytes of a picture or a list of cameras
_AGENT = f"cctview/{__version__} (a course on surveillance; httpx)"


class Failure(Exception):
    """A poll that brought no picture: its kind, a text for the log, and the wait asked for (s)."""

    def __init__(self, kind: str, text: str, wait: float = 0.0):
        super().__init__(text)
        self.kind = kind
        self.wait = wait


def http_client(url: str, patience: float) -> httpx.AsyncClient:
    """A client that waits `patience` seconds.

    It follows no redirect, which might lead to another host, and uses no proxy for this computer's
    own addresses.
    """
    unlimited = httpx.Limits(
        max_connections=None, max_keepalive_connections=256, keepalive_expiry=60
    )
    return httpx.AsyncClient(
        timeout=patience,
        limits=unlimited,
        trust_env=not is_loopback(url),
        headers={"User-Agent": _AGENT},
        follow_redirects=False,
    )


def check_answer(response: httpx.Response) -> None:
    """Raise `Failure` for an answer that is no picture."""
    status, kind = response.status_code, response.headers.get("Content-Type", "")
    dated = wall_clock(response.headers.get("Date"), UTC) or datetime.now(UTC).replace(tzinfo=None)
    wait = retry_after(response.headers.get("Retry-After"), dated.replace(tzinfo=UTC))
    if status == 429:
        raise Failure("429", "too many requests, says the server", wait)
    if status >= 500:
        raise Failure("5xx", f"server error {status}", wait)
    if 300 <= status < 400:
        where = response.headers.get("Location")
        raise Failure(
            "redirect", f"leads on to {where}; start again with that address if you trust it", wait
        )
    if status != 200:
        raise Failure("refused", f"answered {status}", wait)
    if not kind.lower().startswith(("image/jpeg", "image/jpg", "image/png")):
        raise Failure(
            "wrong type", f"sent {kind or 'something without a type'}, not a JPEG or PNG picture"
        )


async def read_body(response: httpx.Response) -> bytes:
    """The content of an answer; raises `Failure` if it is too large."""
    content = bytearray()
    async for piece in response.aiter_bytes():
        content += piece
        if len(content) > _LARGEST:
            raise Failure("too large", f"more than {_LARGEST:,} bytes")
    return bytes(content)


def clock_of(headers: httpx.Headers, received: datetime, zone: tzinfo) -> tuple[datetime, str]:
    """When a picture was taken, in the camera's wall clock, and by which clock.

    The best there is: the server's ``Last-Modified``, its ``Date``, this computer's clock.

    Examples
    --------
    >>> headers = httpx.Headers({"Date": "Mon, 05 May 2031 12:40:17 GMT"})
    >>> clock_of(headers, datetime.now(UTC), UTC)
    (datetime.datetime(2031, 5, 5, 12, 40, 17), 'date')
    """
    for name in ("Last-Modified", "Date"):
        time = wall_clock(headers.get(name), zone)
        if time is not None:
            return time, name.lower()
    return received.astimezone(zone).replace(tzinfo=None, microsecond=0), "local"


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
        return float(text[:9])
    until = wall_clock(text, UTC)
    return max(0.0, (until.replace(tzinfo=UTC) - now).total_seconds()) if until else 0.0


def wall_clock(text: str | None, zone: tzinfo) -> datetime | None:
    """An HTTP date as wall clock in a zone; None where it cannot be read."""
    try:
        time = parsedate_to_datetime(text or "")
        aware = time if time.tzinfo else time.replace(tzinfo=UTC)
        return aware.astimezone(zone).replace(tzinfo=None)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
