from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

from limner.studio import static
from studio.visiting import Visitor

FOLDER = Path(static.__file__).parent / "static"
MAX_SCRIPT, MAX_STYLE = 45_000, 16_000
"""Bytes on the wire, compressed. Source: the targets of decision 13."""


def zipped(start: str) -> int:
    return sum(len(gzip.compress(data)) for name, (_, data) in static.contents().items() if name.endswith(start))


def test_scripts_and_styles_stay_small() -> None:
    assert zipped(".js") <= MAX_SCRIPT
    assert zipped(".css") <= MAX_STYLE


def test_the_vendored_files_are_those_that_were_checked() -> None:
    for line in (FOLDER / "vendor" / "SHA256SUMS").read_text().splitlines():
        digest, _, name = line.partition("  ")
        assert hashlib.sha256((FOLDER / "vendor" / name).read_bytes()).hexdigest() == digest


def test_every_file_is_kept_for_a_year_under_an_address_of_its_own(visitor: Visitor) -> None:
    page = visitor.get("/help").text
    for address in static.contents():
        reply = visitor.get(f"/static/{address}")
        assert reply.status == 200
        assert "immutable" in reply.headers["cache-control"]
    for script in static.modules():
        assert f'src="{script}"' in page
