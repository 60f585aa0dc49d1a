"""What a user installs: the wheel holds what it must, nothing else, and works outside the checkout."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from limner import __version__
from test_structure import ROOT, SOURCE

ASSETS = SOURCE / "providers" / "sandbox" / "assets"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the working tree without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], ROOT, dict(os.environ))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel installed into a folder of its own, without its dependencies."""
    target = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-index", "--no-deps"]
    run([*pip, "--no-compile", "--target", str(target), str(wheel)], target, dict(os.environ))
    return target


def run(command: list[str], folder: Path, variables: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def outside(installed: Path, folder: Path) -> dict[str, str]:
    """An environment in which `limner` can only be the installed one."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(installed), "LIMNER_HOME": str(folder / "home")}


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(wheel: Path) -> None:
    sources = {
        str(path.relative_to(SOURCE.parent))
        for path in SOURCE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in names(wheel) if ".dist-info/" not in name}
    assert packed == sources


def test_the_wheel_holds_types_catalog_assets_and_licences(wheel: Path) -> None:
    found = names(wheel)
    info = f"limner-{__version__}.dist-info"
    assert {
        "limner/py.typed",
        "limner/catalog/models.toml",
        "limner/providers/sandbox/assets/glyphs.bin",
        "limner/providers/sandbox/assets/LICENSES.md",
        f"{info}/licenses/LICENSE",
        f"{info}/licenses/src/limner/providers/sandbox/assets/LICENSES.md",
    } <= found
    assert {path.name for path in (ASSETS / "fonts").glob("*.woff2")} == {
        Path(name).name for name in found if name.endswith(".woff2")
    }


def test_the_wheel_holds_no_tests_and_nothing_that_runs_at_start_up(wheel: Path) -> None:
    suspects = [name for name in names(wheel) if name.endswith(".pth") or "sitecustomize" in name or "test_" in name]
    assert suspects == []


def test_every_asset_has_its_licence(wheel: Path) -> None:
    notice = (ASSETS / "LICENSES.md").read_text(encoding="utf-8")
    fonts = {path.stem for path in (ASSETS / "fonts").glob("*.woff2")}
    assert [name for name in sorted({*fonts, "glyphs.bin", "glyphs.json"}) if name not in notice] == []


def test_the_documented_dependencies_are_the_declared_ones() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[^\w-]", text)[0] for text in project["dependencies"]}
    page = (ROOT / "docs" / "decisions" / "0007-dependencies.md").read_text(encoding="utf-8")
    documented = {line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| ")} - {"package"}
    assert documented == declared


def test_the_installed_command_tells_its_version_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    told = run([sys.executable, "-P", "-m", "limner", "--version"], tmp_path, outside(installed, tmp_path))
    assert told == f"limner {__version__}\n"


def test_the_installed_package_draws_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    variables = outside(installed, tmp_path)
    where = run([sys.executable, "-c", "import limner; print(limner.__file__)"], tmp_path, variables)
    assert Path(where.strip()).is_relative_to(installed)
    command = [sys.executable, "-P", "-m", "limner", "generate", "a red fox in snow", "--size", "512", "--seed", "1"]
    assert run(command, tmp_path, variables) == "a-red-fox-in-snow.png\n"
    assert (tmp_path / "a-red-fox-in-snow.png").read_bytes().startswith(b"\x89PNG")
