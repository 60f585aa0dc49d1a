"""Build the sandbox model's assets (icons, keywords, fonts) from a `node_modules` folder.

    python scripts/build_sandbox_assets.py path/to/node_modules

Needs fontTools with brotli and, in that folder, the npm packages named in `PACKAGES` (other versions work as well,
but change the result; the versions found are written to `LICENSES.md`). Nothing here runs in the product.
The script checks what it built and stops with a message when something is missing.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from sandbox_fonts import build_fonts
from sandbox_glyphs import build_glyphs
from sandbox_licenses import write_licenses

ASSETS = Path(__file__).resolve().parent.parent / "src/limner/providers/sandbox/assets"
MAX_TOTAL_BYTES = 3_000_000
PACKAGES = (
    "@iconify-json/fluent-emoji-flat",  # 1.2.6
    "emojibase-data",  # 17.0.0
    "emojilib",  # 4.0.3
    "@fontsource/bebas-neue",  # all fonts 5.3.0
    "@fontsource/caveat",
    "@fontsource/inter",
    "@fontsource/limelight",
    "@fontsource/monoton",
    "@fontsource/noto-sans-sc",
    "@fontsource/pacifico",
    "@fontsource/playfair-display",
    "@fontsource/press-start-2p",
)


def main() -> None:
    """Build everything, then check sizes and completeness."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("node_modules", type=Path)
    parser.add_argument("--only", choices=("fonts", "glyphs", "licenses"))
    options = parser.parse_args()
    versions = {name: package_version(options.node_modules, name) for name in PACKAGES}
    if options.only in (None, "fonts"):
        print(build_fonts(options.node_modules, ASSETS / "fonts"))
    if options.only in (None, "glyphs"):
        print(build_glyphs(options.node_modules, ASSETS))
    if options.only in (None, "licenses"):
        write_licenses(options.node_modules, ASSETS / "LICENSES.md", versions)
    check_total()


def package_version(node_modules: Path, name: str) -> str:
    """The installed version of one npm package; exits when it is not there."""
    manifest = node_modules / name / "package.json"
    if not manifest.is_file():
        sys.exit(f"{manifest} is missing. Try: npm install --ignore-scripts {' '.join(PACKAGES)}")
    version: str = json.loads(manifest.read_text(encoding="utf-8"))["version"]
    return version


def check_total() -> None:
    """Exit unless all assets together stay under the budget."""
    total_bytes = sum(path.stat().st_size for path in ASSETS.rglob("*") if path.is_file())
    print(f"assets: {total_bytes / 1e6:.2f} MB")
    if total_bytes > MAX_TOTAL_BYTES:
        sys.exit(f"assets take {total_bytes} bytes, more than the {MAX_TOTAL_BYTES} allowed")


if __name__ == "__main__":
    main()
