"""Who may import what, and how long things may be: CONTRIBUTING.md, read off the code."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("zhipu_client", "langchain_zhipu", "llama_index_zhipu", "zhipu_emulator")

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50  # its docstring not counted

#: Where Python files are.
FOLDERS = (".ci", "benchmarks", "cookbook", "tests", *PACKAGES)

#: What does I/O, waits or locks. In zhipu_client only `_io` may touch it.
IO = frozenset(
    "aiohttp anyio asyncio concurrent httpcore httpx httpx2 multiprocessing queue requests select "
    "selectors sniffio socket ssl subprocess threading trio urllib3 websockets".split()
)

#: Package -> third-party packages that it may import anywhere. What an extra brings is listed too:
#: `LAZY` says what must not be imported just because the package is.
ALLOWED = {
    "zhipu_client": {"pydantic", "pydantic_core"},
    # trio is never needed: code there looks whether a caller's loop is one.
    # Only where it is asked for: --emulator, --compare.
    "zhipu_client.doctor": {"zhipu_emulator"},
    "zhipu_client.telemetry": {"opentelemetry"},
    "zhipu_client._io": {
        "PIL", "anyio", "av", "h11", "httpcore", "httpx", "pikepdf", "pypdfium2", "trio",
        "websockets",
    },
    "langchain_zhipu": {
        "langchain", "langchain_core", "pydantic", "pydantic_core", "typing_extensions",
        "zhipu_client",
    },
    "llama_index_zhipu": {"llama_index", "pydantic", "pydantic_core", "zhipu_client"},
    "zhipu_emulator": {
        "bs4", "httpx", "markdownify", "mcp", "PIL", "pydantic_core", "pypdfium2", "pytest",
        "starlette", "uvicorn",
    },
}  # fmt: skip

#: Part of every install: no rule is idle because a package does not use them just now.
CORE = frozenset({"pydantic", "pydantic_core", "zhipu_client"})

#: Not a dependency of a plain install with the package's extra: imported in functions only.
LAZY = frozenset(
    "PIL av langchain mcp opentelemetry pikepdf pypdfium2 trio websockets zhipu_emulator".split()
)

#: Modules that are built around a package which others import only in functions.
NEEDS = {
    "langchain_zhipu._agent_middleware": {"langchain"},  # has a stand-in for its base class
    "zhipu_client.telemetry._session_spans": {"opentelemetry"},  # by the next
    "zhipu_client.telemetry._spans": {"opentelemetry"},  # imported where it is switched on
    "zhipu_client.telemetry.instrumentor": {"opentelemetry"},  # by OpenTelemetry's own command
    "zhipu_emulator.pytest_plugin": {"pytest"},
}


@dataclass(frozen=True)
class Import:
    module: str  # who imports
    name: str  # what, with all dots
    top: bool  # when the module itself is imported, type checking included
    line: int

    @property
    def package(self) -> str:
        return self.name.split(".")[0]

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.name}"


def _sources() -> dict[str, Path]:
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


SOURCES = _sources()
TREES = {module: ast.parse(path.read_text("utf-8")) for module, path in SOURCES.items()}
#: Public modules of the client that are no endpoint: tables and what stands above the endpoints.
NOT_ENDPOINTS = {
    f"zhipu_client.{name}"
    for name in (
        "__main__",
        "adapting",
        "catalog",
        "conversation",
        "dialects",
        "doctor",
        "errors",
        "models",
        "telemetry",
        "work",
    )
}
#: One module or folder an endpoint; what starts with an underscore is shared between them.
ENDPOINTS = {
    module
    for module in SOURCES
    if module.startswith("zhipu_client.") and "._" not in module and module.count(".") == 1
} - NOT_ENDPOINTS
#: The conversation core is above the chat endpoint, whose requests and chunks it makes and reads;
#: the check-up calls a few, a batch is made of files and batches, and a realtime session is a
#: connection of its own kind.
ABOVE_AN_ENDPOINT = {
    "zhipu_client.conversation": ("zhipu_client.chat",),
    "zhipu_client.telemetry": ("zhipu_client.chat",),
    "zhipu_client.work._batch": ("zhipu_client.batches", "zhipu_client.files"),
    "zhipu_client.work._collected": ("zhipu_client.batches",),
    "zhipu_client._io.batch_runs": ("zhipu_client.batches",),
    "zhipu_client._io.managed_files": ("zhipu_client.files",),
    "zhipu_client._io.realtime": ("zhipu_client.realtime",),
    "zhipu_client._io.token_counts": ("zhipu_client.tokenizer",),
    "zhipu_client.doctor": tuple(
        f"zhipu_client.{name}"
        for name in ("chat", "embeddings", "quota", "rerank", "served_models", "tokenizer")
    ),
}


def _imports(module: str) -> Iterator[Import]:
    # Walks by hand: `ast.walk` does not tell whether a node is inside a function.
    waiting: list[tuple[ast.AST, bool]] = [(TREES[module], True)]
    while waiting:
        node, top = waiting.pop()
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(module, alias.name, top, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(module, node)
            for alias in node.names:
                full = f"{base}.{alias.name}"
                yield Import(module, full if full in SOURCES else base, top, node.lineno)
        inside = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        waiting.extend((child, top and not inside) for child in ast.iter_child_nodes(node))


def _absolute(module: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    package = parts if SOURCES[module].name == "__init__.py" else parts[:-1]
    return ".".join([*package[: len(package) - node.level + 1], *filter(None, [node.module])])


def _below(module: str, *parents: str) -> bool:
    return any(module == parent or module.startswith(parent + ".") for parent in parents)


IMPORTS = [found for module in SOURCES for found in _imports(module)]


def _refuse(broken: list[Import], rule: str) -> None:
    assert not broken, rule + ":\n  " + "\n  ".join(map(str, broken))


def test_the_reading_of_imports_finds_something():
    assert {found.package for found in IMPORTS} >= {"json", "pydantic", "zhipu_client"}
    assert {"zhipu_client.chat"} <= ENDPOINTS


def test_only_io_does_io():
    _refuse(
        [
            found
            for found in IMPORTS
            if _below(found.module, "zhipu_client")
            and not _below(found.module, "zhipu_client._io")
            and found.package in IO
        ],
        "only zhipu_client._io may do I/O, wait or lock",
    )


def test_only_the_package_itself_knows_its_io():
    _refuse(
        [
            found
            for found in IMPORTS
            if _below(found.name, "zhipu_client._io")
            and not _below(found.module, "zhipu_client._io")
            and found.module != "zhipu_client"
            and not _below(found.module, "zhipu_client.adapting", "zhipu_client.doctor")
        ],
        "zhipu_client._io is imported by zhipu_client/__init__.py, by adapting, which makes "
        "the clients of adapters, and by the doctor, which makes calls",
    )


def _imported_names(module: str) -> Iterator[Import]:
    """Everything that is imported, `from a import b` as ``a.b`` also where b is no module."""
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(module, alias.name, True, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield Import(module, f"{_absolute(module, node)}.{alias.name}", True, node.lineno)


def _is_private(name: str) -> bool:
    return any(part.startswith("_") and not part.endswith("__") for part in name.split("."))


def test_adapters_and_emulator_know_public_names_of_the_client_only():
    _refuse(
        [
            found
            for module in SOURCES
            if not _below(module, "zhipu_client")
            for found in _imported_names(module)
            if _below(found.name, "zhipu_client") and _is_private(found.name)
        ],
        "an adapter imports public names of zhipu_client only; what is for adapters and not for "
        "users is in zhipu_client.adapting",
    )


def test_endpoints_do_not_import_each_other():
    _refuse(
        [
            found
            for found in IMPORTS
            if _below(found.module, *ENDPOINTS)
            and any(
                _below(found.name, other) and not _below(found.module, other) for other in ENDPOINTS
            )
        ],
        "what two endpoints share belongs into a module with an underscore",
    )


def test_what_is_shared_knows_no_endpoint():
    _refuse(
        [
            found
            for found in IMPORTS
            if _below(found.module, "zhipu_client")
            and not _below(found.module, *ENDPOINTS)
            and found.module != "zhipu_client"
            and _below(found.name, *ENDPOINTS)
            and not any(
                _below(found.module, above) and _below(found.name, *endpoints)
                for above, endpoints in ABOVE_AN_ENDPOINT.items()
            )
        ],
        "shared modules of zhipu_client import no endpoint",
    )


def test_packages_import_only_what_they_declare():
    def allowed(found: Import) -> set[str]:
        own = found.module.split(".")[0]
        names = {own} | ALLOWED[own]
        return names.union(*(more for at, more in ALLOWED.items() if _below(found.module, at)))

    _refuse(
        [
            found
            for found in IMPORTS
            if found.package not in sys.stdlib_module_names and found.package not in allowed(found)
        ],
        "adapters, client and emulator know only their own framework and declared dependencies",
    )


def test_no_rule_is_left_over():
    used = {(found.module.split(".")[0], found.package) for found in IMPORTS}
    idle = [
        f"{where} may import {package}"
        for where, packages in ALLOWED.items()
        for package in sorted(packages - CORE)
        if (where.split(".")[0], package) not in used
    ]
    idle += [f"{module} needs something" for module in NEEDS if module not in SOURCES]
    idle += sorted(LAZY - {package for _, package in used})
    assert not idle, "rules about what nobody imports: take them out"


def test_extras_are_imported_late():
    def needed(found: Import) -> bool:
        return any(_below(found.module, name) and found.package in NEEDS[name] for name in NEEDS)

    # PIL, pypdfium2 and the web framework are what the emulator's own extra brings.
    _refuse(
        [
            found
            for found in IMPORTS
            if found.top
            and found.package in (LAZY | {"pytest"})
            and not _below(found.module, "zhipu_emulator")
            and not needed(found)
        ],
        "a package that only an extra brings is imported inside the function that needs it",
    )


@pytest.mark.parametrize("module", SOURCES)
def test_exported_names_exist_once(module):
    tree = TREES[module]
    names = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets)
    ]
    if not names:
        public = "._" not in module and ".__" not in module
        defines = any(
            isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
            for node in tree.body
        )
        is_adapter_or_client = not _below(module, "zhipu_emulator")
        if public and defines and is_adapter_or_client:
            # `zhipu_client` makes its own at each look.
            assert hasattr(importlib.import_module(module), "__all__"), f"{module} has no __all__"
        return
    (exported,) = names
    assert len(exported) == len(set(exported))
    loaded = importlib.import_module(module)
    missing = [name for name in exported if not hasattr(loaded, name)]
    assert not missing


def _python_files(folder: str) -> dict[Path, str]:
    paths = list((ROOT / folder).rglob("*.py"))
    if folder == ".ci":  # its programs have no ending
        paths += [path for path in (ROOT / folder).iterdir() if path.is_file()]
    read = {path: path.read_text("utf-8") for path in sorted(paths)}
    return {
        path: text
        for path, text in read.items()
        if path.suffix == ".py" or "python" in text.partition("\n")[0]
    }


def _too_long(text: str) -> list[str]:
    lines = len(text.splitlines())
    found = [f"{lines} lines"] if lines > MAX_FILE_LINES else []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = _last_line(node) - node.lineno + 1 - _docstring_lines(node)
            if length > MAX_FUNCTION_LINES:
                found.append(f"{node.name} (line {node.lineno}): {length} lines")
    return found


def _docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    if ast.get_docstring(node, clean=False) is None:
        return 0
    return _last_line(node.body[0]) - node.body[0].lineno + 1


def _last_line(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


@pytest.mark.parametrize("folder", FOLDERS)
def test_nothing_is_too_long(folder: str) -> None:
    sources = _python_files(folder)
    assert sources
    too_long = [
        f"{path.relative_to(ROOT)}: {'; '.join(found)}"
        for path, text in sources.items()
        if (found := _too_long(text))
    ]
    assert not too_long, "a second concern has moved in:\n  " + "\n  ".join(too_long)


def test_all_folders_with_python_files_are_looked_at() -> None:
    hidden = {path.name for path in ROOT.iterdir() if path.name.startswith((".", "_"))}
    found = {path.parent.name for path in ROOT.glob("*/*.py")} - hidden
    assert found <= set(FOLDERS)
    assert not list(ROOT.glob("*.py"))


def test_what_is_too_long_is_found() -> None:
    lines = "\n".join(["    pass"] * MAX_FUNCTION_LINES)
    assert _too_long(f"def f():\n{lines}") == [f"f (line 1): {MAX_FUNCTION_LINES + 1} lines"]
    assert not _too_long(f'def f():\n    """F."""\n{lines[:-9]}')
    assert _too_long("\n" * (MAX_FILE_LINES + 1)) == [f"{MAX_FILE_LINES + 1} lines"]
