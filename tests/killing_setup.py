"""The set-up as a scenario of `tests.killing`: all of workshop.py but Python, pip and uv."""

from pathlib import Path

import workshop
from cctview.dataset import write_bytes

PINS = {version: f"six=={version} \\\n    --hash=sha256:{'0' * 64}\n" for version in ("1.0", "2.0")}


def _make_venv(venv: Path, base: object, *options: str) -> None:
    python = workshop.venv_python(venv)
    python.parent.mkdir(exist_ok=True, parents=True)
    for path in (python, venv / "pyvenv.cfg"):
        path.write_text(path.name)


def _install(venv: Path, environment: dict, *words: str) -> None:
    lib = venv / "lib"
    lib.mkdir(exist_ok=True)
    if "--editable" in words:  # also in place, when the folder was moved
        (lib / "cctview.pth").write_text("here")
        return
    for name in "abc":
        (lib / f"{name}.json").write_text("[" + "1, " * 100 + "1]")


def set_up_twice(folder: Path) -> None:
    """A set-up, then one with another version pinned, which takes the place of the first."""
    folder.mkdir(exist_ok=True)
    project = folder.with_name("project")
    project.mkdir(exist_ok=True)
    stand_ins = {
        "ROOT": project,
        "VENV": folder / ".venv",
        "NEW": folder / ".venv.new",
        "FORMER": folder / ".venv.former",
        "TRASH": folder / ".venv.trash",
        "say": lambda *lines: None,
        "is_whole": lambda venv: workshop.read_state(venv) is not None,
        "lacking": lambda python, entries: ["six"],
        "ask": lambda *words: "python",
        "installer_environment": lambda python: {},
        "project_fingerprint": lambda: "the same in each folder",
        "plan": lambda entries, cpu: ("", 0, "cpu", ""),
        "pinned_version": lambda name, entries: "0",
        "make_venv": _make_venv,
        "uv_install": _install,
        "call": lambda *words, **options: None,
        "free_scripts": lambda venv: None,
    }
    for name, stand_in in stand_ins.items():
        setattr(workshop, name, stand_in)
    for name in (workshop.EXTRA, workshop.CPU):
        write_bytes(project / name, b"")
    for version in PINS:
        write_bytes(project / workshop.NEEDED, f"{PINS[version]}uv==0\n".encode())
        assert workshop.set_up() == workshop.venv_python(workshop.VENV)
        assert workshop.read_state(workshop.VENV)
