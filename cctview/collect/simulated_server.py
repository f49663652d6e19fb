"""A server of the simulated cameras: answers as New York's does, on this computer only.

>>> with SimulatedServer() as server:                               # doctest: +SKIP
...     server.fail("733-681-N", "slow")
...     print(server.url)                                           # http://127.0.0.1:PORT/TOKEN
"""

import asyncio
import hashlib
import json
import logging
import secrets
import threading
import time
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Self

from PIL import Image
from tornado.httpserver import HTTPServer
from tornado.iostream import StreamClosedError
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError, RequestHandler

from cctview.collect.simulated_cameras import SimulatedCameras, to_jpeg
from cctview.dataset import read_image

SKEW = timedelta(seconds=-90)
"""Of the clock of a server with the fault "clock skew"."""

_SLOWNESS = 60.0  # s until a slow camera answers
_RETRY_AFTER = 3  # s that a 429 asks for


class SimulatedServer(SimulatedCameras):
    """Serves the simulated cameras on loopback while the `with` block runs.

    The port is open to this computer alone, and only to programs that know the token in `url`.
    Parameters are those of `cctview.collect.simulated_cameras.SimulatedCameras`.
    """

    @property
    def url(self) -> str:
        """The address before ``/api/cameras``, with its token."""
        return f"http://127.0.0.1:{self._port}/{self._token}"

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(ready)), name="simulated server", daemon=True
        )
        self._thread.start()
        ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _serve(self, ready: threading.Event) -> None:
        self._token = secrets.token_urlsafe(16)
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        logging.getLogger("tornado.access").setLevel(logging.CRITICAL)
        routes = [
            (rf"/{self._token}/api/cameras/?", _List, {"server": self}),
            (rf"/{self._token}/api/cameras/([^/]+)/image", _Picture, {"server": self}),
        ]
        sockets = bind_sockets(0, "127.0.0.1")
        self._port = sockets[0].getsockname()[1]
        server = HTTPServer(Application(routes))
        server.add_sockets(sockets)
        self._started = time.monotonic()
        ready.set()
        await self._stop.wait()
        server.stop()
        await server.close_all_connections()


class _Handler(RequestHandler):
    def initialize(self, server: SimulatedServer) -> None:
        self.server = server

    def set_default_headers(self) -> None:
        self.set_header("Server", "simulated")


class _List(_Handler):
    def get(self) -> None:
        self.set_header("Content-Type", "application/json")
        self.write(json.dumps(self.server.entries(f"{self.server.url}/api/cameras")))


class _Picture(_Handler):
    sent: tuple[str, str] | None = None
    gone = False

    async def get(self, camera: str) -> None:
        if camera not in self.server.given:
            raise HTTPError(404)
        fault = self.server.next_fault(camera)
        if fault == "slow":
            await asyncio.sleep(_SLOWNESS / self.server.speed_up)
        content, taken = self.server.picture(camera, frozen=fault == "frozen")
        now = self.server.now + (SKEW if fault == "clock skew" else timedelta())
        self.set_header("Date", _http_date(now))
        if fault == "429":
            self.set_header("Retry-After", str(_RETRY_AFTER))
            self.set_status(429)
        elif fault == "5xx":
            self.set_status(503)
        elif fault == "wrong type":
            self.finish("<html><body>Service notice</body></html>")
        elif fault == "not an image":
            self._picture(b"camera temporarily unavailable", taken)
        elif fault == "wrong size":
            self._give(camera, _shrunk(content), taken)
        elif fault == "cut off":
            await self._cut_off(content)
        else:
            self._give(camera, content, taken)

    def compute_etag(self) -> None:
        return None  # set by hand below

    def _give(self, camera: str, content: bytes, taken: datetime) -> None:
        digest = hashlib.sha256(content).hexdigest()
        tag = f'"{digest[:20]}"'
        self.set_header("ETag", tag)
        if self.request.headers.get("If-None-Match") == tag:
            self.set_status(304)
            return
        self._picture(content, taken)
        self.sent = camera, digest

    def _picture(self, content: bytes, taken: datetime) -> None:
        self.set_header("Content-Type", "image/jpeg")
        self.set_header("Last-Modified", _http_date(taken))
        self.write(content)

    async def _cut_off(self, content: bytes) -> None:
        """Promise the whole picture, send half, and hang up."""
        self.set_header("Content-Type", "image/jpeg")
        self.set_header("Content-Length", str(len(content)))
        self.write(content[: len(content) // 2])
        try:
            await self.flush()
        except StreamClosedError:
            return
        self.detach().close()

    def on_connection_close(self) -> None:
        self.gone = True

    def on_finish(self) -> None:
        if self.sent and not self.gone:
            camera, digest = self.sent
            self.server.given[camera].add(digest)


def _shrunk(content: bytes) -> bytes:
    """A picture at half its width and height."""
    image = Image.fromarray(read_image(content, "picture"))
    return to_jpeg(image.resize((image.width // 2, image.height // 2)))


def _http_date(wall_clock: datetime) -> str:
    """The cameras' wall clock as HTTP writes a date: its zone is UTC."""
    return format_datetime(wall_clock).replace("-0000", "GMT")
