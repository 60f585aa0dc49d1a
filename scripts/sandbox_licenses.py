"""The notice that goes with the sandbox model's assets."""

from __future__ import annotations

from pathlib import Path

FLUENT_LICENSE = """MIT License

Copyright (c) Microsoft Corporation.

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""
FONTS = (
    # files, package, copyright line of the package's licence file, what was changed
    (
        "bebas-neue",
        "bebas-neue",
        "Copyright 2019 The Bebas Neue Project Authors (https://github.com/dharmatype/Bebas-Neue)",
        "as published",
    ),
    (
        "caveat",
        "caveat",
        "Copyright 2014 The Caveat Project Authors (https://github.com/googlefonts/caveat)",
        "as published",
    ),
    (
        "inter-bold, inter-regular",
        "inter",
        "Copyright 2016 The Inter Project Authors (https://github.com/rsms/inter)",
        "slices merged, layout tables dropped",
    ),
    (
        "limelight",
        "limelight",
        "Copyright (c) 2010 by Sorkin Type Co (eben@eyebytes.com) with Reserved Font Name Limelight",
        "as published",
    ),
    (
        "monoton",
        "monoton",
        "Copyright (c) 2011, Vernon Adams (vern@newtypography.co.uk) with Reserved Font Name Monoton",
        "as published",
    ),
    (
        "noto-sans-sc",
        "noto-sans-sc",
        "Copyright 2014-2021 Adobe (http://www.adobe.com/), with Reserved Font Name Source",
        "slices merged, everyday characters kept, layout tables dropped",
    ),
    (
        "pacifico",
        "pacifico",
        "Copyright 2018 The Pacifico Project Authors (https://github.com/googlefonts/Pacifico)",
        "as published",
    ),
    (
        "playfair-display",
        "playfair-display",
        "Copyright 2017 The Playfair Display Project Authors "
        "(https://github.com/clauseggers/Playfair-Display), with Reserved Font Name Playfair "
        "Display",
        "as published",
    ),
    (
        "press-start-2p",
        "press-start-2p",
        "Copyright 2012 The Press Start 2P Project Authors (cody@zone38.net), with Reserved Font Name Press Start 2P",
        "as published",
    ),
)


def write_licenses(node_modules: Path, target: Path, versions: dict[str, str]) -> None:
    """Write the notice: every set with its version, licence, copyright line, and the licence texts."""
    lines = ["# Licences of the sandbox model's assets", "", "Built by `scripts/build_sandbox_assets.py`.", ""]
    lines += ["## Icons and keywords", ""]
    icons, base, lib = "@iconify-json/fluent-emoji-flat", "emojibase-data", "emojilib"
    lines += [
        f"- `glyphs.bin`, names in `glyphs.json`: Fluent Emoji Flat, npm `{icons}` {versions[icons]}, MIT, "
        "Copyright (c) Microsoft Corporation. Changed: flattened to packed curves.",
        "- `ball`, `hot-air-balloon`, `sofa`, `table-lamp`, `coffee-beans` in `glyphs.bin`: drawn for this project "
        "(`scripts/sandbox_own_icons.py`), under its own licence.",
        f"- keywords in `glyphs.json`: npm `{base}` {versions[base]}, MIT, Copyright (c) 2017-2019 Miles Johnson.",
        f"- keywords in `glyphs.json`: npm `{lib}` {versions[lib]}, MIT, Copyright (c) 2014 Mu-An Chiou.",
        "",
        "## Fonts (SIL Open Font License 1.1)",
        "",
    ]
    for files, package, owner, change in FONTS:
        lines.append(
            f"- `fonts/{files}`: npm `@fontsource/{package}` {versions[f'@fontsource/{package}']}. {owner}. {change}."
        )
    ofl = (node_modules / "@fontsource/bebas-neue/LICENSE").read_text(encoding="utf-8")
    texts = (
        ("MIT License (Fluent Emoji)", FLUENT_LICENSE),
        ("MIT License (emojibase-data)", (node_modules / base / "LICENSE").read_text(encoding="utf-8")),
        ("MIT License (emojilib)", (node_modules / lib / "LICENSE").read_text(encoding="utf-8")),
        ("SIL Open Font License 1.1", ofl[ofl.index("-----") :]),
    )
    for title, text in texts:
        lines += ["", f"## {title}", "", "```text", text.strip(), "```"]
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
