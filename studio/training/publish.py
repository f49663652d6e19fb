"""Put trained weights into `models/` and write down their size and sha256."""

import hashlib
import json
from pathlib import Path

from cctview import weights
from cctview.dataset import MODELS, write_bytes

LICENCE = "teaching and research only"


def publish(trained: Path, purpose: str) -> Path:
    """Copy a weight file into `models/` and enter it in the manifest; returns its place there."""
    content = trained.read_bytes()
    entries = json.loads(weights.MANIFEST.read_text()) if weights.MANIFEST.exists() else {}
    entries[trained.name] = {
        "purpose": purpose,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "licence": LICENCE,
        "card": f"{trained.stem}.md",
    }
    place = MODELS / trained.name
    write_bytes(place, content)
    write_bytes(weights.MANIFEST, (json.dumps(entries, indent=2, sort_keys=True) + "\n").encode())
    return place
