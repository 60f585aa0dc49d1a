from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from limner.app.result import CallResult, Image, Result, with_extension
from limner.core.outcome import Outcome, OutcomeKind
from limner.core.parts import TextPart
from limner.core.result import Usage
from limner.errors import InvalidRequestError, NoImageError
from limner.store.blobs import BlobStore
from loopback import PNG_1X1


@pytest.fixture
def image(tmp_path: Path) -> Image:
    (tmp_path / "scratch").mkdir()
    blobs = BlobStore(tmp_path / "blobs", tmp_path / "scratch")
    blob = blobs.put(PNG_1X1)
    place = blobs.path(blob)
    return Image(
        blob=blob, stored=place, path=place, mime_type="image/png", extension=".png", width=1, height=1, call_id="c"
    )


def call(kind: OutcomeKind, *, image: Image | None = None, cost: str | None = "0.01") -> CallResult:
    outcome = Outcome(kind=kind)
    return CallResult(
        call_id="c",
        outcome=outcome,
        parts=(TextPart(text="hm", thought=True), TextPart(text="words"), *((image,) if image else ())),
        usage=Usage(total_tokens=5),
        cost=None if cost is None else Decimal(cost),
        billed=outcome.billed,
        warnings=("same",),
    )


def result(*calls: CallResult) -> Result:
    return Result(model="m", connection="google", calls=calls, notices=("before",))


def test_save_gives_the_right_extension(image: Image, tmp_path: Path) -> None:
    assert image.save(tmp_path / "pig") == tmp_path / "pig.png"
    assert image.save(tmp_path / "fox.jpg") == tmp_path / "fox.png"
    assert (tmp_path / "pig.png").read_bytes() == PNG_1X1


def test_save_never_replaces_unasked(image: Image, tmp_path: Path) -> None:
    image.save(tmp_path / "pig")
    with pytest.raises(InvalidRequestError, match="is there already"):
        image.save(tmp_path / "pig")
    assert image.save(tmp_path / "pig", overwrite=True) == tmp_path / "pig.png"


def test_save_into_a_folder_names_the_file_by_its_hash(image: Image, tmp_path: Path) -> None:
    assert image.save(tmp_path) == tmp_path / f"{image.sha256[:12]}.png"


def test_a_name_with_a_dot_keeps_it() -> None:
    assert with_extension(Path("v1.5"), ".jpg") == Path("v1.5.jpg")
    assert with_extension(Path("a.JPEG"), ".jpg") == Path("a.JPEG")


def test_a_result_adds_up_its_calls(image: Image) -> None:
    both = result(call(OutcomeKind.IMAGE, image=image), call(OutcomeKind.IMAGE, image=image))
    assert (both.ok, both.cost, both.text, both.exit_code) == (True, Decimal("0.02"), "words\n\nwords", 0)
    assert both.usage is not None
    assert both.usage.total_tokens == 10
    assert both.warnings == ["before", "same"]
    assert both.error() is None


def test_one_unknown_cost_makes_the_sum_unknown(image: Image) -> None:
    assert result(call(OutcomeKind.IMAGE, image=image), call(OutcomeKind.EMPTY, cost=None)).cost is None


def test_a_partial_result_fails_as_its_first_failure_and_keeps_its_pictures(image: Image) -> None:
    partial = result(call(OutcomeKind.IMAGE, image=image), call(OutcomeKind.TEXT_ONLY), call(OutcomeKind.BLOCKED))
    assert (partial.ok, len(partial.images), partial.exit_code, partial.billed) == (False, 1, 10, "yes")
    problem = partial.error()
    assert isinstance(problem, NoImageError)
    assert problem.call_id == "c"


def test_the_json_has_the_promised_names(image: Image) -> None:
    document = result(call(OutcomeKind.IMAGE, image=image)).to_json()
    assert set(document) == {
        "outcome", "images", "text", "parts", "model", "connection", "usage", "cost", "billed", "warnings", "calls",
        "finished",
    }  # fmt: skip
    assert document["images"] == [
        {
            "path": str(image.path),
            "mimeType": "image/png",
            "width": 1,
            "height": 1,
            "bytes": len(PNG_1X1),
            "sha256": image.sha256,
        }
    ]
    assert [part["type"] for part in document["parts"]] == ["text", "text", "image"]
    assert "reply" not in document["calls"][0]
    assert "reply" in result(call(OutcomeKind.IMAGE, image=image)).to_json(full=True)["calls"][0]
