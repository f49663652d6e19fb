"""The code that a stage of the studio depends on: its module's, and that of every module of ours
that it imports, directly or not.

Names that hold cached work are made of it, so that nothing stale is used and nothing is made anew
without need: comments, docstrings and layout do not count. A package's door is not followed as a
whole but name by name, since it imports far more than any one stage needs.
"""

import ast
import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
_OURS = ("cctview", "studio")


def code_fingerprint(*modules: str, root: Path = ROOT) -> str:
    """A hash over the code that modules depend on.

    Parameters
    ----------
    modules : str
        Such as "studio.build".
    root : Path
        The folder in which `cctview` and `studio` lie.
    """
    digest = hashlib.sha256()
    for name, path in sorted(import_closure(*modules, root=root).items()):
        digest.update(f"{name}\n{ast.dump(_code(path))}\n".encode())
    return digest.hexdigest()


def import_closure(*modules: str, root: Path = ROOT) -> dict[str, Path]:
    """Modules and all of ours that they import, inside functions too: name to file."""
    closure: dict[str, Path] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in closure:
            closure[name] = _file(root, name)
            waiting += _imported(_code(closure[name]), root)
    return closure


def _file(root: Path, module: str) -> Path:
    place = root.joinpath(*module.split("."))
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")


@functools.cache
def _parsed(source: bytes) -> ast.Module:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [line for line in body if not _is_text(line)]
    return tree


def _code(path: Path) -> ast.Module:
    """A module's syntax tree without docstrings and other strings that stand alone."""
    return _parsed(path.read_bytes())


def _is_text(line: ast.stmt) -> bool:
    return (
        isinstance(line, ast.Expr)
        and isinstance(line.value, ast.Constant)
        and isinstance(line.value.value, str)
    )


def _imported(tree: ast.Module, root: Path) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name.split(".")[0] in _OURS)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in _OURS:
            if node.level:
                raise ValueError(f"relative import of {node.module!r}: write it out")
            yield from (_home(node.module, one.name, root) for one in node.names)


def _home(package: str, name: str, root: Path) -> str:
    """The module that ``from package import name`` reads the name from."""
    door = _file(root, package)
    if door.name != "__init__.py":
        return package
    if _file(root, f"{package}.{name}").exists():
        return f"{package}.{name}"
    for node in ast.walk(_code(door)):
        if isinstance(node, ast.ImportFrom) and any(
            name == (one.asname or one.name) for one in node.names
        ):
            return _home(node.module, name, root)
    return package
