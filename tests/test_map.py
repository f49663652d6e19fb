"""The map of the package names every module, once, and nothing that is not there; and the package
keeps to what it says.
"""

import ast
import re
from pathlib import Path

import cctview

PACKAGE = Path(cctview.__file__).parent
MODULES = {
    path.stem if path.is_file() else path.name
    for path in PACKAGE.iterdir()
    if (path.suffix == ".py" and not path.stem.startswith("__")) or (path / "__init__.py").is_file()
}


def imports(path):
    """The modules of cctview that a file imports when it is itself imported, by their names in
    full.
    """
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in (
            "cctview",
            "studio",
        ):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield node.module


def test_the_map_names_every_module_once():
    table = cctview.__doc__.split("===\n")[1]
    named = re.findall(r"`(\w+)`", table)
    assert sorted(named) == sorted(MODULES)


def test_no_module_imports_the_studio():
    assert [
        path
        for path in PACKAGE.rglob("*.py")
        if re.search(r"^\s*(from|import) studio\b", path.read_text(), re.MULTILINE)
    ] == []


def test_imports_make_no_circle():
    files = {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(
            ".__init__"
        ): path
        for path in PACKAGE.rglob("*.py")
    }
    needs = {
        name: {target for target in imports(path) if target in files and target != name}
        for name, path in files.items()
    }
    while free := {name for name, targets in needs.items() if not targets & needs.keys()}:
        needs = {name: targets for name, targets in needs.items() if name not in free}
    assert not needs, f"these import each other: {sorted(needs)}"
