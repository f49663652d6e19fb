"""Public camera APIs: New York's (a list, and a picture by id), and one address for each camera."""

import hashlib
import ipaddress
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from cctview.dataset import is_camera

NEW_YORK = "https://webcams.nyctmc.org"
"""New York's cameras: ``/api/cameras`` lists them, ``/api/cameras/ID/image`` is a picture.

This is how other public projects call it as of November 2026; it was not tried from here."""

_LONGEST_NAME = 80
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)")  # names that Windows keeps for itself


@dataclass(frozen=True)
class PublicCamera:
    """One public camera."""

    id: str  # as its operator writes it
    label: str  # the id in the grammar of `cctview.dataset.ids`, after which its frames are named
    name: str
    latitude: float | None
    longitude: float | None
    online: bool  # says the operator
    url: str  # of its picture


class CameraApi:
    """An API of the shape of New York's; `base` is the address before ``/api/cameras``."""

    def __init__(self, base: str):
        self.base = base.rstrip("/").removesuffix("/api/cameras")
        self.list_url = f"{self.base}/api/cameras"

    def read_list(self, content: bytes) -> tuple[list[PublicCamera], list[str]]:
        """Read the answer to `list_url`: the cameras, and a line for each entry that was skipped.

        Raises a ValueError if it is no such list.
        """
        try:
            entries = json.loads(content)
        except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
            raise ValueError(
                f"{self.list_url}: the list of cameras is not JSON ({error})"
            ) from None
        if isinstance(entries, dict):  # some operators wrap the list: {"cameras": [...]}
            lists = [value for value in entries.values() if isinstance(value, list)]
            entries = lists[0] if len(lists) == 1 else entries
        if not isinstance(entries, list):
            raise ValueError(
                f"{self.list_url}: expected a JSON list of cameras, found a"
                f" {type(entries).__name__}"
            )
        known: dict[str, dict] = {}
        problems = []
        for entry in entries:
            name = _id_of(entry)
            if not name or name in known:
                what = ascii(entry)[:80]
                problems.append(
                    f"{self.list_url}: skipped an entry without an id of its own: {what}"
                )
                continue
            known[name] = entry
        labels = label_cameras(list(known))
        return [self._camera(name, labels[name], entry) for name, entry in known.items()], problems

    def _camera(self, name: str, label: str, entry: dict) -> PublicCamera:
        return PublicCamera(
            id=name,
            label=label,
            name=str(entry.get("name", name)),
            latitude=_degrees(entry.get("latitude"), 90),
            longitude=_degrees(entry.get("longitude"), 180),
            online=str(entry.get("isOnline", True)).lower() == "true",
            url=f"{self.list_url}/{quote(name, safe='')}/image",
        )


def pattern_cameras(pattern: str, ids: list[str]) -> list[PublicCamera]:
    """The cameras of an operator that has one address for each: ids replace its ``{camera}``.

    A slash in an id stays a slash.

    Examples
    --------
    >>> [c.url for c in pattern_cameras("https://roads.example/{camera}.jpg", ["A1", "nw/B 2"])]
    ['https://roads.example/A1.jpg', 'https://roads.example/nw/B%202.jpg']
    """
    labels = label_cameras(ids)
    return [
        PublicCamera(i, labels[i], i, None, None, True, pattern.replace("{camera}", quote(i)))
        for i in dict.fromkeys(ids)
    ]


def label_cameras(ids: list[str]) -> dict[str, str]:
    """Map ids of any shape to the grammar of `cctview.dataset.ids`, no two to the same.

    An id that fits the grammar stays as it is. Any other keeps its letters and digits and gets six
    digits of its sha256. So does one that Windows would confuse, since labels name folders: it
    differs from an earlier one only by capitals, or is the name of a device.

    Examples
    --------
    >>> label_cameras(["733-681-N", "FDR @ E 53 St"])
    {'733-681-N': '733-681-N', 'FDR @ E 53 St': 'FDR-E-53-St-09c16e'}
    """
    labels: dict[str, str] = {}
    taken: set[str] = set()
    for name in dict.fromkeys(ids):
        label = name
        if (
            not is_camera(name)
            or len(name) > _LONGEST_NAME
            or name.lower() in taken
            or _DEVICES.fullmatch(name)
        ):
            digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:6]
            label = "-".join([*re.findall(r"[0-9A-Za-z]+", name[:_LONGEST_NAME]), digest])
        taken.add(label.lower())
        labels[name] = label
    return labels


def is_loopback(url: str) -> bool:
    """Whether an address leads to this computer and nowhere else.

    Examples
    --------
    >>> urls = "http://127.0.0.1:80/a", "http://[::1]/", "http://127.0.0.1.example.org/", "https://a@b/"
    >>> [is_loopback(url) for url in urls]
    [True, True, False, False]
    """
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def host_of(url: str) -> str:
    """Scheme, host and port of an address; a ValueError without http:// or https://."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        shown = re.sub(r"//[^/]*@", "//", url)  # without a name and a password
        raise ValueError(
            f"{shown!r} is no address: expected http://… or https://…, or the word simulated"
        )
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def notice(host: str) -> str:
    """What a person is told before anything beyond this computer is polled for the first time."""
    return (
        f"This will ask {host} for pictures, again and again, and keep them in the folder that you"
        f" named, nowhere else.\ncctview does not know what the operator of {host} allows."
        f" Read the operator's terms first:\nlook for them on the pages of {host} and of the"
        " organisation that runs it (for New York's cameras also https://www.nyc.gov).\nPictures of"
        " streets show people. What you may collect and keep depends on those terms and on the law"
        " where you are\n(as of 2026-11-23; no legal advice)."
    )


def _id_of(entry: Any) -> str:
    """The id of an entry of a list: text that can be sent, or a whole number; else nothing."""
    name = entry.get("id") if isinstance(entry, dict) else None
    if isinstance(name, int) and not isinstance(name, bool):
        return str(name)
    if not isinstance(name, str):
        return ""
    try:
        name.encode()  # half a surrogate pair cannot be sent
    except UnicodeEncodeError:
        return ""
    return name


def _degrees(value: Any, limit: float) -> float | None:
    try:
        degrees = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return degrees if abs(degrees) <= limit else None
