"""The doctor finds what is wrong with a project made for the purpose, and says what to do."""

import builtins
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
from importlib import metadata
from types import SimpleNamespace

import pytest

from cctview import doctor
from cctview.doctor import BAD, OK, OPTIONAL


@pytest.fixture
def root(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["a-needed>=1.0,<2"]\n[project.optional-dependencies]\n'
        'test = ["a-tester>=2.0"]\nscale = ["old ; python_version < \'3\'"]\n'
    )
    (tmp_path / "requirements.txt").write_text("a-needed==1.0 \\\n    --hash=sha256:00\nold==1\n")
    (tmp_path / "requirements-test.txt").write_text("a-tester==2.0 ; python_version > '3'\n")
    (tmp_path / "models").mkdir()
    return tmp_path


def marks(checks):
    return [check.mark for check in checks]


@pytest.mark.parametrize(
    ("installed", "expected"),
    [
        ({"a-needed": "1.0", "a-tester": "2.0"}, [OK, OK, OPTIONAL]),
        ({"a-needed": "1.0+cpu"}, [OK, OPTIONAL, OPTIONAL]),
        ({"a-needed-cpu": "1.0"}, [OK, OPTIONAL, OPTIONAL]),
        ({"a-needed": "1.0.1", "a-tester": "2.1"}, [BAD, BAD, OPTIONAL]),
        ({}, [BAD, OPTIONAL, OPTIONAL]),
    ],
)
def test_packages_are_held_against_their_pins(root, monkeypatch, installed, expected):
    def version(name):
        if name not in installed:
            raise metadata.PackageNotFoundError(name)
        return installed[name]

    monkeypatch.setattr(metadata, "version", version)
    checks = doctor.check_packages(root)
    assert marks(checks) == expected
    assert all("workshop.py --fresh" in check.remedy for check in checks if check.mark == BAD)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", None),
        ("import nothing", "ModuleNotFoundError: No module named 'nothing'"),
        ("raise ImportError('DLL load failed while importing it')", "DLL load failed"),
        ("raise SystemExit(1)", "SystemExit"),
        ("import os; os.abort()", "ends Python with status"),
    ],
)
def test_what_is_judged_is_imported(root, monkeypatch, body, words):
    (root / "a_needed.py").write_text(body)
    monkeypatch.setattr(metadata, "version", lambda name: "1.0")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    (check,) = doctor.check_imports(root)
    assert check.mark == (BAD if words else OK), check.text
    if words:
        assert "a_needed" in check.text
        assert words in check.text
        assert ("Redistributable" if "DLL" in words else "--fresh") in check.remedy


def test_packages_that_a_setting_lets_in_are_named(root, monkeypatch, tmp_path_factory):
    strange = tmp_path_factory.mktemp("strange")
    (strange / "a_needed.py").write_text("raise ImportError('another package')")
    monkeypatch.setattr(metadata, "version", lambda name: "1.0")
    monkeypatch.setenv("PYTHONPATH", str(strange))
    (check,) = doctor.check_imports(root)
    assert check.mark == BAD
    assert check.remedy.startswith("unset PYTHONPATH")


@pytest.mark.parametrize(
    ("folder", "on", "expected"),
    [
        (r"C:\Users\attendee\Documents\cctview-main", False, [OK]),
        (r"C:\Users\attendee" + r"\a long name of a folder" * 4, False, [BAD]),
        (r"C:\Users\attendee" + r"\a long name of a folder" * 4, True, []),
    ],
)
def test_on_windows_a_folder_with_a_long_path_is_told(monkeypatch, folder, on, expected):
    monkeypatch.setattr(doctor.os, "name", "nt")
    monkeypatch.setattr(doctor, "_long_paths_are_on", lambda: on)
    assert marks(doctor.check_path(folder)) == expected


def write_weights(root, content, size=None, sha256=None):
    (root / "models" / "tiny.pt").write_bytes(content)
    entry = {
        "bytes": size or len(content),
        "sha256": sha256 or hashlib.sha256(content).hexdigest(),
        "licence": "MIT",
    }
    (root / "models" / "manifest.json").write_text(json.dumps({"tiny.pt": entry}))


def test_weights_as_listed_pass(root):
    write_weights(root, b"weights")
    assert marks(doctor.check_weights(root)) == [OK]


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"size": 99}, "7 bytes, expected 99"), ({"sha256": "0" * 64}, "tiny.pt is damaged")],
)
def test_weights_of_another_size_or_content_are_found(root, changes, words):
    write_weights(root, b"weights", **changes)
    (check,) = doctor.check_weights(root)
    assert check.mark == BAD
    assert words in check.text
    assert check.remedy


def test_missing_weights_and_a_broken_manifest_are_found(root):
    write_weights(root, b"weights")
    (root / "models" / "tiny.pt").unlink()
    assert marks(doctor.check_weights(root)) == [BAD]
    for broken in ("{", "[1]", '{"tiny.pt": 3}', '{"tiny.pt": {}}'):
        (root / "models" / "tiny.pt").touch()
        (root / "models" / "manifest.json").write_text(broken)
        (check,) = doctor.check_weights(root)
        assert check.mark == BAD
        assert "manifest.json" in check.text


def test_a_full_disk_and_a_full_memory_are_found(root, monkeypatch):
    psutil = pytest.importorskip("psutil")
    assert marks(doctor.check_disk(root)) == [OK]
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=10**8))
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=10**9))
    assert "0.1 GB" in doctor.check_disk(root)[0].text
    assert marks(doctor.check_disk(root) + doctor.check_memory(root)) == [BAD, BAD]


def test_memory_is_unknown_without_psutil(root, monkeypatch):
    real = builtins.__import__

    def without_psutil(name, *rest):
        if name == "psutil":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_psutil)
    assert marks(doctor.check_memory(root)) == [OPTIONAL]


def test_a_taken_port_is_passed_over():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        taken = server.getsockname()[1]
        assert doctor.free_port(taken, tried=1) is None
        assert doctor.free_port(taken, tried=50) in range(taken + 1, taken + 50)


def test_data_are_counted_and_a_wrong_setting_is_found(root, monkeypatch):
    monkeypatch.delenv("CCTVIEW_DATA", raising=False)
    assert marks(doctor.check_data(root)) == [BAD, BAD, OPTIONAL]
    frame = root / "sample" / "733-681-N" / "2031" / "05" / "05--original.jpeg"
    frame.parent.mkdir(parents=True)
    frame.touch()
    (root / "data").mkdir()
    (root / "data" / "one.zip").touch()
    monkeypatch.setenv("CCTVIEW_DATA", str(root / "nowhere"))
    sample, zips, own = doctor.check_data(root)
    assert (sample.mark, zips.mark, own.mark) == (OK, OK, BAD)
    assert "frames: 1" in sample.text
    assert "nowhere" in own.text
    assert "CCTVIEW_DATA" in own.remedy


def test_a_remedy_stands_on_the_line_and_an_old_console_can_show_it():
    check = doctor.Check(BAD, "disk: Å", "free 1 GB")
    assert doctor.format_check(check, "utf-8") == "✗ disk: Å -> free 1 GB"
    assert doctor.format_check(check, "ascii") == "XX disk: ? -> free 1 GB"


@pytest.mark.parametrize(("mark", "status"), [(OK, 0), (OPTIONAL, 0), (BAD, 1)])
def test_exit_status_tells_whether_something_needed_is_missing(mark, status, monkeypatch, capsys):
    monkeypatch.setattr(doctor, "CHECKS", (lambda root: [doctor.Check(mark, "something")],))
    assert doctor.report([]) == status
    assert f"{mark} something" in capsys.readouterr().out


def test_in_brief_only_what_is_missing_is_named(monkeypatch, capsys):
    checks = [doctor.Check(OK, "here"), doctor.Check(OPTIONAL, "spare"), doctor.Check(BAD, "gone")]
    monkeypatch.setattr(doctor, "CHECKS", (lambda root: checks,))
    assert doctor.report([doctor.BRIEF]) == 1
    assert capsys.readouterr().out == "✗ gone\n\n1 of 3 checks need your attention.\n"
    checks.pop()
    assert doctor.report([doctor.BRIEF]) == 0
    assert capsys.readouterr().out == "This computer is ready: 2 checks.\n"


def test_unknown_arguments_are_refused(capsys):
    assert doctor.report(["--fast"]) == 2
    assert "--fast" in capsys.readouterr().err


def test_the_report_runs_on_a_console_without_unicode_and_loads_no_torch():
    code = (
        "import sys, cctview.doctor as d; d.report([d.NO_IMPORTS]);"
        " sys.exit('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=doctor.ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("ok Python 3.")
