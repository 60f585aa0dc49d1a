"""Fonts of the sandbox model: copied where the licence reserves the name, merged from slices where it does not."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from fontTools.merge import Merger, Options
from fontTools.subset import Options as SubsetOptions
from fontTools.subset import Subsetter
from fontTools.ttLib import TTFont

COPIED = {
    "bebas-neue": "bebas-neue/files/bebas-neue-latin-400-normal.woff2",
    "playfair-display": "playfair-display/files/playfair-display-latin-700-normal.woff2",
    "pacifico": "pacifico/files/pacifico-latin-400-normal.woff2",
    "caveat": "caveat/files/caveat-latin-700-normal.woff2",
    "limelight": "limelight/files/limelight-latin-400-normal.woff2",
    "monoton": "monoton/files/monoton-latin-400-normal.woff2",
    "press-start-2p": "press-start-2p/files/press-start-2p-latin-400-normal.woff2",
}
EUROPE = ("latin", "latin-ext", "cyrillic", "greek", "vietnamese")
NOTO_SLICES = ("latin", *(str(number) for number in range(4, 120)))
MERGED = {
    "inter-bold": [f"inter/files/inter-{part}-700-normal.woff2" for part in EUROPE],
    "inter-regular": [f"inter/files/inter-{part}-400-normal.woff2" for part in EUROPE],
    "noto-sans-sc": [f"noto-sans-sc/files/noto-sans-sc-{part}-700-normal.woff2" for part in NOTO_SLICES],
}
DROPPED_TABLES = ("GSUB", "GPOS", "GDEF", "STAT", "DSIG", "vhea", "vmtx", "VORG", "BASE", "gasp", "meta")
MUST_HAVE = {"inter-bold": "AzéŻЯΩ", "noto-sans-sc": "夏日海报春节快乐新年咖啡店夢桜駅あアんー，。！《》"}


def build_fonts(node_modules: Path, target: Path) -> str:
    """Write every font to `target` and say how large each is; exits when a needed character is missing."""
    source = node_modules / "@fontsource"
    target.mkdir(parents=True, exist_ok=True)
    for name, file in COPIED.items():
        shutil.copyfile(source / file, target / f"{name}.woff2")
    for name, files in MERGED.items():
        wanted = everyday_han() if name == "noto-sans-sc" else None
        merge([source / file for file in files if (source / file).is_file()], target / f"{name}.woff2", wanted)
    for name, characters in MUST_HAVE.items():
        covered = TTFont(target / f"{name}.woff2").getBestCmap()
        missing = [character for character in characters if ord(character) not in covered]
        if missing:
            sys.exit(f"{name} lacks {''.join(missing)}")
    return "\n".join(f"{path.name} {path.stat().st_size}" for path in sorted(target.iterdir()))


def everyday_han() -> frozenset[int]:
    """Code points worth 900 kB: first levels of GB 2312 and JIS X 0208, kana, Latin, full-width forms."""
    pairs = [bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF)]
    chinese = [pair.decode("gb2312", "ignore") for pair in pairs]
    japanese = [pair.decode("euc_jp", "ignore") for pair in pairs if pair[0] < 0xD0]
    plain = [*range(0x20, 0x17F), *range(0x2010, 0x2030), *range(0x3000, 0x3100), *range(0xFF01, 0xFF60)]
    return frozenset(ord(character) for character in "".join((*chinese, *japanese))) | frozenset(plain)


def merge(parts: list[Path], target: Path, wanted: frozenset[int] | None) -> None:
    """Join the slices of one face into one file, without layout tables (Pillow sets plain lines)."""
    with tempfile.TemporaryDirectory() as folder:
        plain = [unpack(part, Path(folder) / f"{place}.ttf", wanted) for place, part in enumerate(parts)]
        options = Options(drop_tables=list(DROPPED_TABLES))
        font = Merger(options=options).merge([str(path) for path in plain if path is not None])
    font.flavor = "woff2"
    font.save(target)


def unpack(part: Path, target: Path, wanted: frozenset[int] | None) -> Path | None:
    """One slice as plain TrueType with the wanted characters, or None if it holds none of them."""
    font = TTFont(part)
    for table in DROPPED_TABLES:
        if table in font:
            del font[table]
    if wanted is not None:
        kept = wanted.intersection(font.getBestCmap())
        if not kept:
            return None
        subsetter = Subsetter(SubsetOptions(hinting=False, notdef_outline=True))
        subsetter.populate(unicodes=kept)
        subsetter.subset(font)
    font.flavor = None
    font.save(target)
    return target
