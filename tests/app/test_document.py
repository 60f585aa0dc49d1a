from __future__ import annotations

import base64
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from limner import Client, Image
from limner.app.document import Document, Speaker
from limner.errors import InvalidRequestError, StorageError


@pytest.fixture
def image(environment: dict[str, str]) -> Image:
    with Client(environment=environment) as client:
        return client.generate("a red fox", seed=1).images[0]


class Found(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_a_recipe_is_kept_in_its_order(environment: dict[str, str], tmp_path: Path) -> None:
    with Client(environment=environment) as client:
        result = client.generate("An illustrated recipe for a paella [[story]]")
        document = result.document("An illustrated recipe for a paella")
    kinds = [type(item).__name__ for item in document.items]
    assert kinds == ["str", "Image", "str", "Image", "str"]
    written = document.save(f"{tmp_path}/paella/")
    assert written == tmp_path / "paella" / "index.md"
    names = re.findall(r"!\[Picture\]\((.+)\)", written.read_text("utf-8"))
    assert [(tmp_path / "paella" / name).read_bytes() for name in names] == [each.read() for each in result.images]


def test_a_page_holds_everything_and_asks_for_nothing(image: Image, tmp_path: Path) -> None:
    hostile = "# Hi\n<script>alert(1)</script> **bold** ![p](http://x/y.png) [l](javascript:alert(1))"
    items = (Speaker(name="<You>"), hostile, image)
    page = Document(title='A "<b>" title', items=items).save(tmp_path / "page.html").read_text("utf-8")
    tags = Found(page).tags
    (picture,) = [attributes for tag, attributes in tags if tag == "img"]
    assert base64.b64decode((picture["src"] or "").partition(",")[2]) == image.read()
    assert {tag for tag, _ in tags} <= {
        "html", "meta", "title", "style", "h1", "p", "strong", "figure", "img", "a", "em", "ul", "li"
    }  # fmt: skip
    assert not [attributes for _, attributes in tags if any(name.startswith("on") for name in attributes)]
    assert "javascript:" not in "".join(attributes.get("href") or "" for _, attributes in tags)
    assert "default-src 'none'" in page


def test_json_names_the_pictures(image: Image, tmp_path: Path) -> None:
    path = Document(title="t", items=("words", image)).save(tmp_path / "t.json")
    document = json.loads(path.read_text("utf-8"))
    assert document["items"][0] == {"text": "words"}
    assert document["items"][1]["image"]["sha256"] == image.sha256


def test_nothing_is_written_over_unasked(image: Image, tmp_path: Path) -> None:
    document = Document(title="t", items=(image,))
    document.save(tmp_path / "t.md")
    with pytest.raises(InvalidRequestError, match="is there already"):
        document.save(tmp_path / "t.md")
    (tmp_path / "t.md").unlink()
    with pytest.raises(InvalidRequestError, match=r"t-1\.png' is there already"):
        document.save(tmp_path / "t.md")
    document.save(tmp_path / "t.md", overwrite=True)


@pytest.mark.parametrize("name", ["t", "t.docx", "t.png"])
def test_the_ending_says_what_to_write(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        Document(title="t", items=()).save(tmp_path / name)
    assert caught.value.code == "invalid.document"


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError):
        Document(title="t", items=()).save(tmp_path / "file" / "t.md")
