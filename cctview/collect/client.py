"""Collecting: poll many public cameras at a steady cadence, and keep every picture once.

Each camera has its own beat, ``start + phase + k * interval``, so that lateness never adds up. A
camera that fails is left alone for longer and longer, or for as long as its server says; the others
do not notice. The run ends with its budget of minutes or bytes; the same call goes on in the same
folder.
"""

import asyncio
import gc
import math
import random
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx

from cctview import __version__
from cctview.collect.archive import Archive, Taken
from cctview.collect.cameras import CityApi, PublicCamera, is_loopback
from cctview.collect.stamp import prepare, read_stamp
from cctview.dataset.images import read_image
from cctview.dataset.storage import alone_in

PICTURE_BYTES = 20_000
"""What a picture is taken to weigh before any has come; the twin's and New York's of 2020 (352x240) weigh 18,000 to 19,000."""

LARGEST = 5_000_000  # bytes of a picture or a list of cameras
LONGEST_PAUSE = 60.0  # s that backing off reaches by itself
FROZEN_AFTER = 10  # answers in a row without a new picture after which a camera is called frozen
HOST_IS_BUSY = (
    3  # cameras of one host told to wait at the same time, from which on all its cameras wait
)
SKEW = 5.0  # s between two clocks that are worth a line
_AGENT = f"cctview/{__version__} (a course on surveillance; httpx)"


@dataclass(frozen=True)
class Plan:
    """How to collect.

    Attributes
    ----------
    minutes : float
        After so long the run ends.
    interval : float
        Seconds from one poll of a camera to the next.
    megabytes : float
        The run ends when so many million bytes have been received; pictures on their way then are
        still taken.
    rate : float or None
        Most requests a second to one host; None: 5, or no limit on this computer.
    at_once : int or None
        Most requests to one host at the same time; None: 8, or 256 on this computer.
    patience : float
        Seconds until an answer must be complete.
    zone : tzinfo
        Of the cameras' wall clock, for pictures whose time comes from the response.
    seed : int, optional
        Of the jitter.
    """

    minutes: float = 10
    interval: float = 2.0
    megabytes: float = 500
    rate: float | None = None
    at_once: int | None = None
    patience: float = 10.0
    zone: tzinfo = UTC
    seed: int | None = None

    def describe(self, cameras: int) -> str:
        """What this plan would cost, for so many cameras."""
        polls = cameras * math.ceil(60 * self.minutes / self.interval)
        size = min(polls * PICTURE_BYTES, self.megabytes * 1e6)
        return (
            f"{cameras} cameras, each every {self.interval:g} s for {self.minutes:g} min: at most"
            f" {polls:,} requests, {cameras / self.interval:.1f} a second.\nAt {PICTURE_BYTES:,}"
            f" bytes a picture, and all of them new: {size / 1e6:,.0f} MB received and as much on"
            f" the disk; the run ends at {self.megabytes:,.0f} MB."
        )

    def check(self, cameras: list[PublicCamera]) -> None:
        """Refuse a plan that makes no sense or asks too much of one host.

        Raises
        ------
        ValueError
            Says what to change.
        """
        for name in ("minutes", "interval", "megabytes", "patience", "rate", "at_once"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f"{name} is {value}, and must be above 0")
        if not cameras:
            raise ValueError(
                "no camera to poll: the list is empty, or none of it is online; name some with"
                " --cameras"
            )
        rate = self.rate or (math.inf if is_loopback(cameras[0].url) else 5.0)
        if len(cameras) / self.interval > rate:
            raise ValueError(
                f"{len(cameras)} cameras every {self.interval:g} s are"
                f" {len(cameras) / self.interval:.1f} requests a second to one host, over the limit"
                f" of {rate:g}; take an interval of {math.ceil(10 * len(cameras) / rate) / 10:g} s"
                " or fewer cameras"
            )


@dataclass
class Tally:
    """What has happened so far.

    Attributes
    ----------
    new, duplicates, bytes : int
        Duplicates count both pictures that came again and answers that nothing has changed.
    failures : Counter of str
        By kind, as the simulated city names them where it knows them.
    skipped : int
        Beats that passed while a camera was slow or left alone.
    late : deque of float
        Seconds by which the last 100,000 polls began after their beat.
    states : dict of str to str
        Each camera's last news.
    polls : deque of tuple
        Seconds since the start, camera's label and news of the last 100,000 polls.
    """

    new: int = 0
    duplicates: int = 0
    bytes: int = 0
    skipped: int = 0
    seconds: float = 0.0
    failures: Counter = field(default_factory=Counter)
    late: deque = field(default_factory=lambda: deque(maxlen=100_000))
    states: dict[str, str] = field(default_factory=dict)
    polls: deque = field(default_factory=lambda: deque(maxlen=100_000))
    ended: str = ""


class Failure(Exception):
    """A poll that brought no picture: its kind, what to write into the log, and how long the server
    asks to wait (s).
    """

    def __init__(self, kind: str, text: str, wait: float = 0.0):
        super().__init__(text)
        self.kind, self.wait = kind, wait


async def list_cameras(api: CityApi) -> list[PublicCamera]:
    """Ask an API for its cameras.

    Raises
    ------
    ValueError
        If it does not answer with a list of cameras.
    """
    async with _client(api.list_url, 10.0) as client:
        try:
            async with asyncio.timeout(30), client.stream("GET", api.list_url) as response:
                if response.status_code != 200:
                    raise ValueError(
                        f"{api.list_url}: answered {response.status_code}, not with a list of"
                        " cameras"
                    )
                content = await _body(response)
        except (httpx.HTTPError, TimeoutError, Failure) as error:
            reason = str(error) or type(error).__name__
            raise ValueError(
                f"{api.list_url}: no list of cameras ({reason}); is the address right?"
            ) from None
    return api.read_list(content)[0]


async def collect(
    cameras: list[PublicCamera],
    folder: Path,
    plan: Plan,
    show: Callable[[Tally], None] | None = None,
) -> Tally:
    """Poll cameras until the plan's budget is spent.

    Nothing is asked of a person here: `cctview.collect.cameras.notice` is what a person should have
    read before cameras beyond this computer are polled.

    Parameters
    ----------
    cameras : list of PublicCamera
        All of one host.
    folder : Path
        Gets the frames and their index, see `cctview.collect.archive`; what is there already is
        kept.
    plan : Plan
    show : callable, optional
        Is given the tally once a second.

    Returns
    -------
    Tally

    Raises
    ------
    ValueError
        If the plan makes no sense, or another process writes into the folder.
    OSError
        If the folder cannot be written, as when the disk is full. What was kept until then is
        whole.
    """
    plan.check(cameras)
    with alone_in(folder):
        archive = Archive(folder)
        try:
            archive.write_cameras(cameras)
            for frame in archive.dropped:
                archive.log.info(
                    "%s was cut off by the end of an earlier run; not in the index", frame
                )
            return await _Run(cameras, archive, plan).go(show)
        finally:
            archive.close()


@dataclass
class _Watch:
    """One camera, and what is known of it."""

    camera: PublicCamera
    phase: float
    validators: dict[str, str] = field(default_factory=dict)
    content: bytes = b""
    failures: int = 0
    same: int = 0
    size: tuple[int, int] | None = None
    skew: float = 0.0
    waits_until: float = 0.0
    told_to_wait_until: float = 0.0


class _Run:
    def __init__(self, cameras: list[PublicCamera], archive: Archive, plan: Plan):
        self.archive, self.plan, self.log = archive, plan, archive.log
        self.tally, self.random = Tally(), random.Random(plan.seed)
        spacing = plan.interval / len(cameras)
        self.watches = [_Watch(camera, k * spacing) for k, camera in enumerate(cameras)]
        self.slots = asyncio.Semaphore(plan.at_once or (256 if is_loopback(cameras[0].url) else 8))
        self.stopped = asyncio.Event()
        self.host_waits_until = 0.0

    async def go(self, show: Callable[[Tally], None] | None) -> Tally:
        loop = asyncio.get_running_loop()
        with _uncollected(), ThreadPoolExecutor(1, "archive") as self.writer:
            await loop.run_in_executor(self.writer, prepare)
            async with _client(self.watches[0].camera.url, self.plan.patience) as self.client:
                self.start = (
                    loop.time() + 0.1
                )  # only now: making the client takes up to a tenth of a second
                self.end = self.start + 60 * self.plan.minutes
                tasks = [asyncio.create_task(self._follow(watch)) for watch in self.watches]
                shower = asyncio.create_task(self._show(show)) if show else None
                try:
                    await _all_or_first_error(tasks)
                finally:
                    if shower:
                        shower.cancel()
        self._clock()
        self.tally.ended = self.tally.ended or f"{self.plan.minutes:g} minutes are over"
        self.log.info("ended: %s; %d new frames", self.tally.ended, self.tally.new)
        if show:
            show(self.tally)
        return self.tally

    async def _show(self, show: Callable[[Tally], None]) -> None:
        while True:
            self._clock()
            show(self.tally)
            await asyncio.sleep(1)

    def _clock(self) -> None:
        self.tally.seconds = max(0.0, asyncio.get_running_loop().time() - self.start)

    async def _follow(self, watch: _Watch) -> None:
        """Poll one camera on its beat until the end."""
        loop, beat = asyncio.get_running_loop(), 0
        first = self.start + watch.phase
        while True:
            due = first + beat * self.plan.interval
            if due >= self.end or not await self._sleep_until(due):
                return
            if self.tally.bytes >= 1e6 * self.plan.megabytes:
                self.tally.ended = f"{self.plan.megabytes:g} megabytes are spent"
                self.stopped.set()
                return
            self.tally.late.append(loop.time() - due)
            await self._poll(watch)
            ready = max(loop.time(), watch.waits_until, self.host_waits_until)
            following = max(beat + 1, math.ceil((ready - first) / self.plan.interval))
            self.tally.skipped += following - beat - 1
            beat = following

    async def _sleep_until(self, due: float) -> bool:
        """False if the run has been stopped meanwhile."""
        try:
            await asyncio.wait_for(
                self.stopped.wait(), max(0.0, due - asyncio.get_running_loop().time())
            )
        except TimeoutError:
            return True
        return False

    async def _poll(self, watch: _Watch) -> None:
        label = watch.camera.label
        try:
            news = await self._take(watch)
        except Failure as failure:
            self._leave_alone(watch, failure)
            news = failure.kind
        else:
            if watch.failures:
                self.log.info("%s works again after %d failures", label, watch.failures)
            watch.failures, watch.waits_until = 0, 0.0
        self.tally.states[label] = news
        self.tally.polls.append((asyncio.get_running_loop().time() - self.start, label, news))

    async def _take(self, watch: _Watch) -> str:
        """Ask for a picture and keep it; returns ``new``, ``duplicate`` or ``frozen``."""
        async with self.slots:
            response, content = await self._ask(watch)
        if content is None:
            return self._same(watch)
        label, loop = watch.camera.label, asyncio.get_running_loop()
        try:
            frame, taken = await loop.run_in_executor(
                self.writer, self._keep, label, content, response.headers
            )
        except ValueError as error:
            raise Failure("not kept", str(error)) from None
        watch.validators = {
            ours: response.headers[theirs]
            for ours, theirs in (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified"))
            if theirs in response.headers
        }
        self._compare(watch, taken, response.headers)
        unchanged, watch.content = content == watch.content, content
        if unchanged:
            return self._same(watch)
        if watch.same >= FROZEN_AFTER:
            self.log.info("%s moves again after %d times the same picture", label, watch.same)
        watch.same = 0
        if frame is None:
            self.tally.duplicates += 1
            return "duplicate"
        self.tally.new += 1
        return "new"

    async def _ask(self, watch: _Watch) -> tuple[httpx.Response, bytes | None]:
        """The answer and its picture; None where nothing has changed."""
        try:
            async with (
                asyncio.timeout(self.plan.patience),
                self.client.stream("GET", watch.camera.url, headers=watch.validators) as response,
            ):
                if response.status_code == 304:
                    return response, None
                _refuse(response)
                content = await _body(response)
                self.tally.bytes += len(content)
                return response, content
        except TimeoutError:
            raise Failure("slow", f"no whole answer within {self.plan.patience:g} s") from None
        except httpx.RemoteProtocolError as error:
            raise Failure("cut off", f"the answer was cut off ({error})") from None
        except httpx.HTTPError as error:
            raise Failure(
                "connection", f"no connection ({str(error) or type(error).__name__})"
            ) from None

    def _keep(self, label: str, content: bytes, headers: httpx.Headers) -> tuple:
        received = datetime.now(UTC)
        try:
            image = read_image(content, "the picture")
        except ValueError as error:
            raise Failure("not an image", str(error)) from None
        time, clock = clock_of(read_stamp(image), headers, received, self.plan.zone)
        taken = Taken(time, clock, received, image.shape[1], image.shape[0])
        return self.archive.keep(label, content, taken), taken

    def _same(self, watch: _Watch) -> str:
        watch.same += 1
        self.tally.duplicates += 1
        if watch.same == FROZEN_AFTER:
            self.log.info(
                "%s is frozen: the same picture %d times in a row", watch.camera.label, watch.same
            )
        return "frozen" if watch.same >= FROZEN_AFTER else "duplicate"

    def _compare(self, watch: _Watch, taken: Taken, headers: httpx.Headers) -> None:
        """Note in the log when a camera's picture has another size than before, or its server
        another time than its picture.
        """
        size = taken.width, taken.height
        if watch.size and size != watch.size:
            self.log.info(
                "%s wrong size: %dx%d, until now %dx%d; kept",
                watch.camera.label,
                *size,
                *watch.size,
            )
        watch.size = size
        dated = _wall_clock(headers.get("Date"), self.plan.zone)
        if dated is None:
            return
        reference = (
            taken.time
            if taken.clock == "stamp"
            else taken.received.astimezone(self.plan.zone).replace(tzinfo=None)
        )
        skew = (dated - reference).total_seconds()
        if abs(skew - watch.skew) > SKEW:
            against = "its picture's stamp" if taken.clock == "stamp" else "this computer's clock"
            self.log.info(
                "%s clock skew: the server's date is %+.0f s from %s",
                watch.camera.label,
                skew,
                against,
            )
            watch.skew = skew

    def _leave_alone(self, watch: _Watch, failure: Failure) -> None:
        """Back off: the longer the more often it failed, with jitter, and never shorter than the
        server asks.
        """
        now = asyncio.get_running_loop().time()
        watch.failures += 1
        watch.validators = {}
        self.tally.failures[failure.kind] += 1
        pause = min(
            LONGEST_PAUSE, self.plan.interval * 2 ** min(watch.failures - 1, 16)
        ) * self.random.uniform(0.5, 1)
        watch.waits_until = now + max(pause, failure.wait)
        self.log.info(
            "%s %s: %s; next try in %.1f s",
            watch.camera.label,
            failure.kind,
            failure,
            watch.waits_until - now,
        )
        if failure.kind == "429":
            watch.told_to_wait_until = watch.waits_until
            told = [w.told_to_wait_until for w in self.watches if w.told_to_wait_until > now]
            if len(told) >= HOST_IS_BUSY:
                self.host_waits_until = max(told)
                self.log.info(
                    "%d cameras were told to wait: all wait %.1f s",
                    len(told),
                    self.host_waits_until - now,
                )


def clock_of(
    stamp: datetime | None, headers: httpx.Headers, received: datetime, zone: tzinfo
) -> tuple[datetime, str]:
    """When a picture was taken, in the camera's wall clock, and by which clock.

    The best there is: the picture's stamp, the server's ``Last-Modified``, its ``Date``, this
    computer's clock.

    Examples
    --------
    >>> clock_of(None, httpx.Headers({"Date": "Mon, 05 May 2031 12:40:17 GMT"}), datetime.now(UTC), UTC)
    (datetime.datetime(2031, 5, 5, 12, 40, 17), 'date')
    """
    if stamp is not None:
        return stamp, "stamp"
    for name in ("Last-Modified", "Date"):
        time = _wall_clock(headers.get(name), zone)
        if time is not None:
            return time, name.lower()
    return received.astimezone(zone).replace(tzinfo=None, microsecond=0), "local"


def retry_after(text: str | None, now: datetime) -> float:
    """Seconds that a ``Retry-After`` asks to wait (RFC 9110, 10.2.3); 0 where it says nothing that
    can be read.

    Examples
    --------
    >>> [retry_after(text, datetime(2031, 5, 5, tzinfo=UTC)) for text in ("7", "Mon, 05 May 2031 00:01:00 GMT", "soon", None)]
    [7.0, 60.0, 0.0, 0.0]
    """
    if text is None:
        return 0.0
    if text.strip().isascii() and text.strip().isdigit():
        return float(text[:9])
    until = _wall_clock(text, UTC)
    return max(0.0, (until.replace(tzinfo=UTC) - now).total_seconds()) if until else 0.0


def _wall_clock(text: str | None, zone: tzinfo) -> datetime | None:
    """An HTTP date as wall clock in a zone; None where it cannot be read."""
    try:
        time = parsedate_to_datetime(text or "")
        return (
            (time if time.tzinfo else time.replace(tzinfo=UTC))
            .astimezone(zone)
            .replace(tzinfo=None)
        )
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


@contextmanager
def _uncollected() -> Iterator[None]:
    """Leave what is loaded by now out of garbage collections: a full one would stop everything for
    50 ms.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _client(url: str, patience: float) -> httpx.AsyncClient:
    """A client that follows no redirect (it might lead to another host), and uses no proxy for this
    computer's own addresses.
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


def _refuse(response: httpx.Response) -> None:
    status, kind = response.status_code, response.headers.get("Content-Type", "")
    dated = _wall_clock(response.headers.get("Date"), UTC) or datetime.now(UTC).replace(tzinfo=None)
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


async def _body(response: httpx.Response) -> bytes:
    content = bytearray()
    async for piece in response.aiter_bytes():
        content += piece
        if len(content) > LARGEST:
            raise Failure("too large", f"more than {LARGEST:,} bytes")
    return bytes(content)


async def _all_or_first_error(tasks: list[asyncio.Task]) -> None:
    """Wait for all; at the first that raises, or when cancelled, cancel the others."""
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
