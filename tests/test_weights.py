"""Weight files: whole or refused, tensors or refused."""

import hashlib
import json
import pickle

import pytest
import torch

from cctview import weights


@pytest.fixture
def models(tmp_path, monkeypatch):
    """A models folder with one small weight file in its manifest."""
    path = tmp_path / "net.pt"
    torch.save({"a": torch.arange(3.0)}, path)
    entry = {"bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    (tmp_path / "manifest.json").write_text(json.dumps({"net.pt": entry}))
    monkeypatch.setattr(weights, "MODELS", tmp_path)
    monkeypatch.setattr(weights, "MANIFEST", tmp_path / "manifest.json")
    weights.manifest.cache_clear()
    yield path
    weights.manifest.cache_clear()


def test_a_whole_file_is_found_and_loaded(models):
    assert weights.load_state(weights.find("net.pt"))["a"].tolist() == [0, 1, 2]


def test_a_missing_file_is_named_with_a_remedy(models):
    models.unlink()
    with pytest.raises(
        FileNotFoundError, match="net.pt: this weight file is missing; get the file again"
    ):
        weights.find("net.pt")


def test_a_short_file_is_refused(models):
    models.write_bytes(models.read_bytes()[:-1])
    with pytest.raises(ValueError, match="net.pt: .* bytes, and .* are expected"):
        weights.find("net.pt")


def test_one_changed_bit_is_refused(models):
    content = bytearray(models.read_bytes())
    content[len(content) // 2] ^= 1
    models.write_bytes(content)
    with pytest.raises(ValueError, match="net.pt: the content is damaged"):
        weights.find("net.pt")


class Payload:
    def __reduce__(self):
        return (print, ("code was run",))


@pytest.mark.parametrize("content", ["pickle", "text", "empty", "list", "nested"])
def test_anything_but_tensors_is_refused(tmp_path, content, capsys):
    path = tmp_path / "bad.pt"
    if content == "pickle":
        path.write_bytes(pickle.dumps(Payload()))
    elif content == "text":
        path.write_text("no weights")
    elif content == "empty":
        path.write_bytes(b"")
    else:
        torch.save([torch.zeros(1)] if content == "list" else {"a": {"b": torch.zeros(1)}}, path)
    with pytest.raises(ValueError, match="bad.pt: "):
        weights.load_state(path)
    assert "code was run" not in capsys.readouterr().out


def test_weights_of_another_network_are_named(tmp_path):
    torch.save({"weight": torch.zeros(3, 3)}, tmp_path / "other.pt")
    with pytest.raises(ValueError, match="other.pt: these weights are of another network"):
        weights.load_into(torch.nn.Linear(2, 2), tmp_path / "other.pt")


def test_every_file_of_the_manifest_is_whole():
    for name in weights.manifest():
        assert weights.load_state(weights.find(name))
