"""The simulated city's HTTP: a list of cameras, pictures, and every way in which an answer can be
bad.
"""

import asyncio
import hashlib
import logging
from datetime import datetime, timedelta

from tornado.httpserver import HTTPServer
from tornado.iostream import StreamClosedError
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError, RequestHandler

from cctview.collect import camera_server as world


def listen(city: "world.SimulatedCity", token: str) -> tuple[HTTPServer, int]:
    """Serve a city on a free port of 127.0.0.1, to who knows the token; returns the server and its
    port.
    """
    routes = [
        (rf"/{token}/api/cameras/?", _List, {"city": city}),
        (rf"/{token}/api/cameras/([^/]+)/image", _Picture, {"city": city}),
    ]
    logging.getLogger("tornado.access").setLevel(logging.CRITICAL)
    sockets = bind_sockets(0, "127.0.0.1")
    server = HTTPServer(Application(routes))
    server.add_sockets(sockets)
    return server, sockets[0].getsockname()[1]


class _Handler(RequestHandler):
    def initialize(self, city):
        self.city = city

    def set_default_headers(self):
        self.set_header("Server", "simulated")


class _List(_Handler):
    def get(self):
        self.set_header("Content-Type", "application/json")
        self.write(self.city.camera_list())


class _Picture(_Handler):
    sent, gone = None, False

    async def get(self, camera):
        if camera not in self.city.given:
            raise HTTPError(404)
        fault = self.city.next_fault(camera)
        if fault == "slow":
            await asyncio.sleep(world.SLOWNESS / self.city.speed_up)
        content, taken = self.city.picture(camera, frozen=fault == "frozen")
        now = self.city.now + (world.SKEW if fault == "clock skew" else timedelta())
        self.set_header("Date", world.http_date(now))
        if fault == "429":
            self.set_header("Retry-After", str(world.RETRY_AFTER))
            self.set_status(429)
        elif fault == "5xx":
            self.set_status(503)
        elif fault == "wrong type":
            self.finish("<html><body>Service notice</body></html>")
        elif fault == "not an image":
            self._picture(b"camera temporarily unavailable", taken)
        elif fault == "wrong size":
            self._give(camera, world.shrunk(content), taken)
        elif fault == "cut off":
            await self._cut_off(content)
        else:
            self._give(camera, content, taken)

    def compute_etag(self):
        return None

    def _give(self, camera: str, content: bytes, taken: datetime) -> None:
        tag = world.etag(content)
        self.set_header("ETag", tag)
        if self.request.headers.get("If-None-Match") == tag:
            self.set_status(304)
            return
        self._picture(content, taken)
        self.sent = camera, hashlib.sha256(content).hexdigest()

    def _picture(self, content: bytes, taken: datetime) -> None:
        self.set_header("Content-Type", "image/jpeg")
        self.set_header("Last-Modified", world.http_date(taken))
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

    def on_connection_close(self):
        self.gone = True

    def on_finish(self):
        if self.sent and not self.gone:
            camera, digest = self.sent
            self.city.given[camera].add(digest)
