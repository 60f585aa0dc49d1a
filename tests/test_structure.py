"""The shape of the tree: who may import whom, and how large a file or function may grow."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "limner"

BASE = {"errors", "_clock", "_json", "_faults", "_version"}
MAY_IMPORT: dict[str, set[str]] = {
    **{name: {"errors"} for name in BASE},
    "core": BASE,
    "wire": BASE | {"core"},
    "catalog": BASE | {"core"},
    "workflow": BASE | {"core", "catalog", "redaction"},
    "imaging": BASE | {"core"},
    "_http": BASE | {"core"},
    "redaction": BASE,
    "config": BASE | {"core", "redaction"},
    "secrets": BASE | {"core", "redaction", "config"},
    "store": BASE | {"core"},
    "jobs": BASE | {"core"},
    "targets": BASE | {"core", "redaction", "_http", "store"},
    "providers": BASE | {"core", "wire", "catalog", "imaging", "_http", "config", "store"},
    "prompts": BASE | {"core", "catalog", "redaction"},
    "app": BASE
    | {
        "core",
        "wire",
        "catalog",
        "imaging",
        "_http",
        "redaction",
        "config",
        "secrets",
        "store",
        "providers",
        "prompts",
    },
    "runner": BASE | {"core", "catalog", "config", "store", "app", "workflow", "jobs", "targets"},
    "web": BASE | {"core", "wire", "redaction"},
    "client": BASE | {"core", "catalog", "config", "app", "workflow", "runner"},
    "server": BASE
    | {"core", "wire", "catalog", "redaction", "config", "store", "providers", "app", "workflow", "runner", "web"},
    "studio": BASE
    | {
        "core",
        "wire",
        "catalog",
        "imaging",
        "redaction",
        "config",
        "secrets",
        "store",
        "prompts",
        "app",
        "workflow",
        "runner",
        "web",
    },
    "testing": BASE | {"config", "server"},
    "cli": BASE
    | {
        "core",
        "catalog",
        "imaging",
        "redaction",
        "config",
        "secrets",
        "store",
        "app",
        "prompts",
        "workflow",
        "targets",
        "runner",
        "web",
        "server",
        "studio",
    },
    "__init__": {"_version", "errors", "core", "app", "workflow", "runner", "client"},
    "__main__": {"cli"},
}
"""A package imports only from those above it; a front end imports no other, but the command starts the server."""

THIRD_PARTY: dict[str, set[str]] = {
    "wire": {"pybase64"},
    "workflow": {"jsonschema"},
    "imaging": {"PIL", "numpy"},
    "_http": {"certifi"},
    "config": {"platformdirs", "tomlkit"},
    "secrets": {"keyring"},
    "jobs": {"dbos", "psycopg", "sqlalchemy"},
    "targets": {"obstore"},
    "providers": {"PIL", "numpy", "pybase64"},
    "app": {"markdown_it"},
    "web": {"starlette", "uvicorn", "h11"},
    "server": {"starlette", "prometheus_client", "python_multipart"},
    "studio": {"starlette", "jinja2", "markupsafe"},
    "testing": {"pytest"},
    "cli": {"click"},
}
"""Each library enters through one door. `providers` means the sandbox, which draws."""

NO_HTTP = {"http", "urllib3", "requests", "httpx", "httpx2", "aiohttp"}

FILE_LINES, FILE_LINES_P90 = 800, 500
FUNCTION_LINES, FUNCTION_LINES_P90 = 80, 35


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def package_of(path: Path) -> str:
    first = path.relative_to(SOURCE).parts[0]
    return first.removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """Every module imported anywhere in the file, also inside functions and for type checking."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            if node.module == "limner":
                yield from (f"limner.{alias.name}" for alias in node.names)
            else:
                yield node.module


def test_imports_follow_the_layer_table() -> None:
    edges = [
        (str(path.relative_to(SOURCE)), package_of(path), name.split(".")[1])
        for path in modules()
        for name in imports(path)
        if name.startswith("limner.")
    ]
    wrong = [
        edge for edge in edges if edge[2] != edge[1] and edge[2] not in MAY_IMPORT[edge[1]] and edge[2] != "__version__"
    ]
    assert len(edges) > 150
    assert wrong == []


def test_every_package_has_a_line_in_the_layer_table() -> None:
    assert {package_of(path) for path in modules()} == set(MAY_IMPORT)


def test_each_library_enters_through_its_own_door() -> None:
    import sys

    found = [
        (str(path.relative_to(SOURCE)), name)
        for path in modules()
        for name in imports(path)
        if (top := name.split(".")[0]) != "limner"
        and top not in sys.stdlib_module_names
        and top not in THIRD_PARTY.get(package_of(path), set())
    ]
    assert found == []


def test_only_the_transport_speaks_http() -> None:
    speakers = {
        str(path.relative_to(SOURCE)) for path in modules() for name in imports(path) if name.split(".")[0] in NO_HTTP
    }
    assert speakers == {"_http.py"}


def test_only_the_transport_and_the_auth_header_reveal_a_secret() -> None:
    allowed = {
        "_http.py",
        "core/secret.py",
        "providers/gemini.py",
        "providers/masking.py",
        "secrets.py",
        "server/auth.py",
        "targets/credentials.py",
    }
    revealing = {str(path.relative_to(SOURCE)) for path in modules() if ".reveal()" in path.read_text(encoding="utf-8")}
    assert revealing <= allowed


def test_files_stay_small() -> None:
    sizes = {str(path.relative_to(SOURCE)): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {name: size for name, size in sizes.items() if size > FILE_LINES} == {}
    assert quantiles([size for size in sizes.values() if size], n=10)[-1] <= FILE_LINES_P90


def test_functions_stay_small() -> None:
    sizes: dict[str, int] = {}
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno is not None:
                sizes[f"{path.relative_to(SOURCE)}:{node.name}"] = node.end_lineno - node.lineno + 1
    assert {name: size for name, size in sizes.items() if size > FUNCTION_LINES} == {}
    assert quantiles(sizes.values(), n=10)[-1] <= FUNCTION_LINES_P90


def test_tests_mirror_the_tree() -> None:
    known = {path.stem.removeprefix("_") for path in modules()} | {
        path.name for path in SOURCE.rglob("*") if path.is_dir()
    }
    own = {
        "contract",
        "python_sdk",
        "javascript_sdk",
        "structure",
        "package",
        "docs",
        "canary",
        "live_path",
        "typing_api",
        "audit",
    }
    strangers = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "tests").rglob("test_*.py")
        if "faults" not in path.parts
        and not any(word in known | own for word in _stems(path.stem.removeprefix("test_")))
    ]
    assert strangers == []


def _stems(name: str) -> Iterator[str]:
    """`edit_plan_table` mirrors `edit_plan`: a file may be tested by several."""
    words = name.split("_")
    for length in range(len(words), 0, -1):
        yield "_".join(words[:length])
