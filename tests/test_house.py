"""The house keeps its rules: one door a package, one name for one thing, nothing too long, and
nothing that only tests use.

That imports go one way is held by import-linter (`scripts/check`).
"""

import ast
import importlib
import re
from collections import Counter, defaultdict
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "cctview"
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")}
PACKAGES = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
LESSONS = sorted((ROOT / "lessons").glob("*.py"))
STUDIO = sorted((ROOT / "studio").rglob("*.py"))
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
FROM_ELSEWHERE = {"all_sliders", "read_part"}
"""A walk through the site calls the one in a notebook's kernel (`benchmarks/site.py`); people read
with the other what `cctview scale` leaves.
"""
LONGEST_MODULE, LONGEST_FUNCTION, MOST_IMPORTS = 400, 50, 8


def names_defined(tree):
    """The public functions, classes and constants of a module."""
    for node in tree.body:
        if isinstance(node, DEFINITIONS):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [
                name.id
                for target in node.targets
                for name in ast.walk(target)
                if isinstance(name, ast.Name)
            ]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        else:
            continue
        yield from (name for name in names if not name.startswith("_"))


def length(function):
    """Lines of a function without its docstring."""
    docstring = ast.get_docstring(function, clean=False)
    told = 0 if docstring is None else function.body[0].end_lineno - function.body[0].lineno + 1
    return function.end_lineno - function.lineno + 1 - told


def place(path):
    return str(path.relative_to(ROOT))


def test_no_public_name_stands_twice():
    where = defaultdict(set)
    for path, tree in TREES.items():
        for name in names_defined(tree):
            where[name].add(place(path))
    assert {name: sorted(places) for name, places in where.items() if len(places) > 1} == {}


def test_no_module_is_too_long():
    lengths = {place(path): len(path.read_text(encoding="utf-8").splitlines()) for path in TREES}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_MODULE} == {}


def test_no_function_is_too_long():
    functions = [
        (place(path), node.name, length(node))
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    ]
    assert [function for function in functions if function[2] > LONGEST_FUNCTION] == []


@pytest.mark.parametrize("name", PACKAGES)
def test_every_package_has_a_door(name):
    """What others may use is listed, once, and is there; ruff holds the order."""
    package = importlib.import_module(f"cctview.{name}")
    assert package.__doc__
    assert len(package.__all__) == len(set(package.__all__))
    assert len(package.__all__) == len(set(package.__all__))
    for public in package.__all__:
        assert getattr(package, public) is not None


def names_used(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.name.rpartition(".")[2]
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from re.findall(r"\w+", node.value) if len(node.value) < 100 else ()


def parts(path, tree):
    """Functions, classes and public methods: where, name, the names that each uses."""
    for node in tree.body:
        if not isinstance(node, DEFINITIONS):
            continue
        public = []
        if isinstance(node, ast.ClassDef) and not inherits_from_outside(node):
            public = [
                part
                for part in node.body
                if isinstance(part, ast.FunctionDef) and not part.name.startswith("_")
            ]
        own = set(names_used(node)) - set(chain.from_iterable(map(names_used, public)))
        yield f"{place(path)}: {node.name}", node.name, own
        for part in public:
            yield f"{place(path)}: {node.name}.{part.name}", part.name, set(names_used(part))


def inherits_from_outside(node):
    """Its methods may be called by a base class that is not ours, such as a request handler."""
    ours = set(chain.from_iterable(map(names_defined, TREES.values())))
    return any(
        isinstance(base, ast.Attribute) or base.id not in ours
        for base in node.bases
        if not isinstance(base, ast.Subscript)
    )


def is_door(node):
    """Whether it lists what others may use, which uses nothing yet."""
    return isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"


def test_nothing_is_reached_by_tests_alone():
    """Lessons, command line and studio reach all functions, by the names used on the way."""
    uses = defaultdict(set)
    found = []
    for path, tree in TREES.items():
        for where, name, used in parts(path, tree):
            uses[name] |= used
            found.append((where, name))
    outside = [
        node
        for tree in TREES.values()
        for node in tree.body
        if not isinstance(node, (*DEFINITIONS, ast.Import, ast.ImportFrom)) and not is_door(node)
    ]
    starts = [
        ast.parse(path.read_text(encoding="utf-8"))
        for path in [*LESSONS, PACKAGE / "cli.py", PACKAGE / "__main__.py", *STUDIO]
    ]
    waiting = set(chain.from_iterable(map(names_used, [*starts, *outside])))
    waiting |= {name for name in uses if name.startswith("__")} | FROM_ELSEWHERE
    reached = set()
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= uses.get(name, set()) - reached
    assert [where for where, name in found if name not in reached] == []


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_imports_by_few_doors(lesson):
    tree = ast.parse(lesson.read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert len(imports) <= MOST_IMPORTS
    deep = Counter(
        node.module
        for node in imports
        if isinstance(node, ast.ImportFrom) and (node.module or "").count(".") > 1
    )
    assert [module for module in deep if not module.startswith("cctview.course.")] == []


def imports_of(path):
    """What a module of the package imports from the package: module, and names."""
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cctview."):
            yield node.module, [alias.name for alias in node.names]


@pytest.mark.parametrize("path", sorted(TREES), ids=place)
def test_other_packages_are_entered_by_their_door(path):
    """Names come from the door. What loads much is imported as a module, where it is used."""
    home = path.relative_to(PACKAGE).parts[0]
    for module, names in imports_of(path):
        package, _, inside = module.removeprefix("cctview.").partition(".")
        if package == home or package not in PACKAGES:
            continue
        assert not inside, f"{place(path)} goes past the door of {package}: {module}"
        door = importlib.import_module(module)
        modules = {other.stem for other in (PACKAGE / package).iterdir()}
        assert set(names) <= {*door.__all__, *modules}


TEXTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("[a-z]*/*.md"), *TREES, *(ROOT / "studio").rglob("*.py")]
)


def is_there(reference):
    """Whether a dotted name is a module of ours, or in one."""
    parts = reference.split(".")
    for k in range(len(parts), 0, -1):
        try:
            thing = importlib.import_module(".".join(parts[:k]))
        except ModuleNotFoundError:
            continue
        for name in parts[k:]:
            fields = getattr(thing, "__annotations__", {})
            thing = getattr(thing, name, fields.get(name))
        return thing is not None
    return False


@pytest.mark.parametrize("path", TEXTS, ids=place)
def test_names_that_texts_refer_to_are_there(path):
    text = path.read_text(encoding="utf-8")
    references = set(re.findall(r"`+(cctview(?:\.\w+)+|studio(?:\.\w+)+)`", text))
    assert [reference for reference in references if not is_there(reference)] == []
