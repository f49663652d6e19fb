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
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx

from cctview.collect.answers import (
    Failure,
    check_answer,
    clock_of,
    http_client,
    odd_type,
    open_answer,
    read_body,
    wall_clock,
)
from cctview.collect.archive import Archive, Taken
from cctview.collect.camera_api import CameraApi, PublicCamera, is_loopback
from cctview.collect.placeholders import Placeholders
from cctview.collect.plan import Plan, Tally
from cctview.dataset import alone_in, read_image

_LONGEST_PAUSE = 60.0  # s that backing off reaches by itself
_FROZEN_AFTER = 10  # answers in a row without a new picture after which a camera is called frozen
_BUSY_HOST = 3  # cameras of one host told to wait at the same time: then all its cameras wait
_SKEW = 5.0  # s between two clocks that are worth a line
_STANDS_AFTER = 3  # new pictures with one Last-Modified, after which it stands still


async def list_cameras(
    api: CameraApi, tell: Callable[[str], object] = warnings.warn
) -> list[PublicCamera]:
    """Ask an API for its cameras.

    Parameters
    ----------
    api : CameraApi
    tell : callable, optional
        Is given a line for each entry of the list that was skipped; by default it warns.

    Raises
    ------
    ValueError
        If the API does not answer with a list of cameras.
    """
    async with http_client(api.list_url, 10.0) as client:
        try:
            async with asyncio.timeout(30), open_answer(client, api.list_url) as response:
                if response.status_code != 200:
                    raise ValueError(
                        f"{api.list_url}: answered {response.status_code}, not with a list of"
                        " cameras"
                    )
                content = await read_body(response)
        except (httpx.HTTPError, TimeoutError, Failure) as error:
            reason = str(error) or type(error).__name__
            raise ValueError(
                f"{api.list_url}: no list of cameras ({reason}); is the address right?"
            ) from None
    cameras, problems = api.read_list(content)
    for problem in problems:
        tell(problem)
    return cameras


async def collect(
    cameras: list[PublicCamera],
    folder: Path,
    plan: Plan,
    show: Callable[[Tally], None] | None = None,
) -> Tally:
    """Poll cameras until the plan's budget is spent.

    This asks nobody. Before it polls cameras beyond this computer, a person should have read
    `cctview.collect.camera_api.notice`.

    Parameters
    ----------
    cameras : list of PublicCamera
        All of one host.
    folder : Path
        For the frames and their index (`cctview.collect.archive`); what is there is kept.
    plan : Plan
    show : callable, optional
        Is given the tally once a second.

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
                text = "%s was cut off by the end of an earlier run; not in the index"
                archive.log.info(text, frame)
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
    changed: str = ""
    stands: int = 0
    odd: str = ""
    doubtful: tuple[bytes, Taken] | None = None
    waits_until: float = 0.0
    told_to_wait_until: float = 0.0


class _Run:
    def __init__(self, cameras: list[PublicCamera], archive: Archive, plan: Plan):
        self.archive = archive
        self.plan = plan
        self.log = archive.log
        self.tally = Tally(cameras=[camera.label for camera in cameras])
        self.placeholders = Placeholders()
        self.random = random.Random(plan.seed)
        self.local = is_loopback(cameras[0].url)
        spacing = plan.interval / len(cameras)
        self.watches = [_Watch(camera, k * spacing) for k, camera in enumerate(cameras)]
        self.slots = asyncio.Semaphore(plan.at_once or (256 if self.local else 8))
        self.stopped = asyncio.Event()
        self.host_waits_until = 0.0

    async def go(self, show: Callable[[Tally], None] | None) -> Tally:
        with _uncollected(), ThreadPoolExecutor(1, "archive") as self.writer:
            async with http_client(self.watches[0].camera.url, self.plan.patience) as self.client:
                # Only now: making the client takes up to a tenth of a second.
                self.start = asyncio.get_running_loop().time() + 0.1
                self.end = self.start + 60 * self.plan.minutes
                tasks = [asyncio.create_task(self._follow(watch)) for watch in self.watches]
                shower = asyncio.create_task(self._show(show)) if show else None
                try:
                    await _all_or_first_error(tasks)
                    self.tally.new += sum(self._keep_doubtful(watch) for watch in self.watches)
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
        wait = max(0.0, due - asyncio.get_running_loop().time())
        try:
            await asyncio.wait_for(self.stopped.wait(), wait)
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
            self.tally.delivered.add(label)
        self.tally.states[label] = news
        self.tally.polls.append((asyncio.get_running_loop().time() - self.start, label, news))

    async def _take(self, watch: _Watch) -> str:
        """Ask for a picture and keep it: ``new``, ``duplicate`` or ``frozen``."""
        async with self.slots:
            response, content = await self._ask(watch)
        if content is None:
            if not watch.doubtful:
                return self._same(watch)
            watch.doubtful = None
            raise Failure("placeholder", "another camera's picture, unchanged")
        label = watch.camera.label
        try:
            kept, taken = await asyncio.get_running_loop().run_in_executor(
                self.writer, self._keep, watch, content, response.headers
            )
        except ValueError as error:
            raise Failure("not kept", str(error)) from None
        watch.validators = {
            ours: response.headers[theirs]
            for ours, theirs in (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified"))
            if theirs in response.headers
        }
        self._compare(watch, taken, response.headers)
        self._look_at_headers(watch, content, response.headers)
        unchanged, watch.content = content == watch.content, content
        if unchanged:
            return self._same(watch)
        if watch.same >= _FROZEN_AFTER:
            self.log.info("%s moves again after %d times the same picture", label, watch.same)
        watch.same = 0
        self.tally.new += kept
        if kept or watch.doubtful:
            return "new"
        self.tally.duplicates += 1
        return "duplicate"

    async def _ask(self, watch: _Watch) -> tuple[httpx.Response, bytes | None]:
        """The answer and its picture; None where nothing has changed."""
        try:
            async with (
                asyncio.timeout(self.plan.patience),
                open_answer(self.client, watch.camera.url, watch.validators) as response,
            ):
                if response.status_code == 304:
                    return response, None
                check_answer(response)
                return response, await read_body(response, self._count)
        except TimeoutError:
            raise Failure("slow", f"no whole answer within {self.plan.patience:g} s") from None
        except httpx.RemoteProtocolError as error:
            raise Failure("cut off", f"the answer was cut off ({error})") from None
        except httpx.HTTPError as error:
            raise Failure(
                "connection", f"no connection ({str(error) or type(error).__name__})"
            ) from None

    def _count(self, size: int) -> None:
        self.tally.bytes += size

    def _look_at_headers(self, watch: _Watch, content: bytes, headers: httpx.Headers) -> None:
        """Note a picture with an odd type, and a Last-Modified that stands still, once each."""
        label, odd = watch.camera.label, odd_type(headers)
        if odd and odd != watch.odd:
            self.log.info("%s odd type: a picture that is called %s", label, ascii(odd)[:80])
        watch.odd, changed = odd, headers.get("Last-Modified", "")
        if content == watch.content:
            return
        watch.stands = watch.stands + 1 if changed and changed == watch.changed else 0
        watch.changed = changed
        if watch.stands == _STANDS_AFTER:
            self.log.info("%s clock stands still: Last-Modified is not believed any more", label)

    def _keep(self, watch: _Watch, content: bytes, headers: httpx.Headers) -> tuple:
        received, label = datetime.now(UTC), watch.camera.label
        try:
            image = read_image(content, "the picture")
        except ValueError as error:
            if odd := odd_type(headers):
                raise Failure("wrong type", f"sent {odd}, not a JPEG or PNG picture") from None
            raise Failure("not an image", str(error)) from None
        other, still = self.placeholders.look(label, image)
        if other and still:
            watch.doubtful = None
            raise Failure("placeholder", f"the same picture as at {other}: a card, no street")
        stands = watch.stands >= _STANDS_AFTER
        time, clock = clock_of(headers, received, self.plan.zone, stands)
        taken = Taken(time, clock, received, image.shape[1], image.shape[0])
        kept = self._keep_doubtful(watch)
        if other:
            watch.doubtful = content, taken
        else:
            kept += self.archive.keep(label, content, taken) is not None
        return kept, taken

    def _keep_doubtful(self, watch: _Watch) -> int:
        """Keep the picture that might have been a card, if there is one; how many."""
        doubtful, watch.doubtful = watch.doubtful, None
        return doubtful is not None and self.archive.keep(watch.camera.label, *doubtful) is not None

    def _same(self, watch: _Watch) -> str:
        watch.same += 1
        self.tally.duplicates += 1
        if watch.same == _FROZEN_AFTER:
            text = "%s is frozen: the same picture %d times in a row"
            self.log.info(text, watch.camera.label, watch.same)
        return "frozen" if watch.same >= _FROZEN_AFTER else "duplicate"

    def _compare(self, watch: _Watch, taken: Taken, headers: httpx.Headers) -> None:
        """Note in the log a picture of another size than before, or a server with a wrong clock."""
        size = taken.width, taken.height
        label = watch.camera.label
        if watch.size and size != watch.size:
            text = "%s wrong size: %dx%d, until now %dx%d; kept"
            self.log.info(text, label, *size, *watch.size)
        watch.size = size
        dated = wall_clock(headers.get("Date"), self.plan.zone)
        if dated is None:
            return
        if self.local and taken.clock == "last-modified":  # a simulated road has a time of its own
            reference, against = taken.time, "its picture's Last-Modified"
        else:
            reference = taken.received.astimezone(self.plan.zone).replace(tzinfo=None)
            against = "this computer's clock"
        skew = (dated - reference).total_seconds()
        if abs(skew - watch.skew) > _SKEW:
            text = "%s clock skew: the server's date is %+.0f s from %s"
            self.log.info(text, label, skew, against)
            watch.skew = skew

    def _leave_alone(self, watch: _Watch, failure: Failure) -> None:
        """Back off: longer after each failure, with jitter, and as long as the server asks."""
        now = asyncio.get_running_loop().time()
        watch.failures += 1
        watch.validators = {}
        self.tally.failures[failure.kind] += 1
        pause = min(_LONGEST_PAUSE, self.plan.interval * 2 ** min(watch.failures - 1, 16))
        wait = max(pause * self.random.uniform(0.5, 1), failure.wait)
        watch.waits_until = now + wait
        text = "%s %s: %s; next try in %.1f s"
        self.log.info(text, watch.camera.label, failure.kind, failure, wait)
        if failure.kind == "429":
            watch.told_to_wait_until = watch.waits_until
            told = [w.told_to_wait_until for w in self.watches if w.told_to_wait_until > now]
            if len(told) >= _BUSY_HOST:
                self.host_waits_until = max(told)
                text = "%d cameras were told to wait: all wait %.1f s"
                self.log.info(text, len(told), self.host_waits_until - now)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Leave what is loaded out of garbage collections: a full one stops everything for 50 ms."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


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
