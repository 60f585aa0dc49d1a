import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner.core.blob import BlobRef
from limner.core.parts import ImagePart, TextPart
from limner.wire.gemini.markdown import Link, picture_links, split

FOX = ImagePart(blob=BlobRef(sha256="f0" * 32, size=77))
HAT = ImagePart(blob=BlobRef(sha256="4a" * 32, size=1300))


@pytest.mark.parametrize(
    ("text", "kind", "url"),
    [
        ("![fox](data:image/png;base64,iVBO/+w==)", "data", "data:image/png;base64,iVBO/+w=="),
        ("![](data:image/webp;base64,_9j_-w)", "data", "data:image/webp;base64,_9j_-w"),
        ("![fox](data:image/png;base64,iVBO\n/+w==\n)", "data", "data:image/png;base64,iVBO/+w=="),
        ("![fox](data:image/jpeg;name=a.jpg;base64,AAAA)", "data", "data:image/jpeg;name=a.jpg;base64,AAAA"),
        ("![fox](https://example.com/fox.png)", "https", "https://example.com/fox.png"),
        ("![a 'fox'](<https://example.com/fox.png?a=1&b=2>)", "https", "https://example.com/fox.png?a=1&b=2"),
        ('![fox](https://example.com/fox.png "A fox")', "https", "https://example.com/fox.png"),
        ("![fox](https://example.com/fox_(red).png)", "https", "https://example.com/fox_(red).png"),
        ('<img alt="a fox" src="https://example.com/fox.png" width=9/>', "https", "https://example.com/fox.png"),
        ("<IMG SRC='data:image/png;base64,AAAA'>", "data", "data:image/png;base64,AAAA"),
        ("data:image/png;base64,iVBO/+w==", "data", "data:image/png;base64,iVBO/+w=="),
    ],
)
def test_a_picture_in_text_is_found_with_its_whole_markup(text: str, kind: str, url: str) -> None:
    (link,) = picture_links(f"Look: {text} there")
    assert (link.kind, link.url, link.span) == (kind, url, (6, 6 + len(text)))


@pytest.mark.parametrize(
    "text",
    [
        "![fox](http://example.com/fox.png)",
        "![fox](file:///etc/passwd)",
        "![fox](fox.png)",
        "See https://example.com/fox.png for a fox.",
        "[a page](https://example.com)",
        "data:text/html;base64,AAAA",
        "data:image/svg+xml,<svg/>",
        "<img alt='none'>",
        "![fox",
    ],
)
def test_what_is_no_embedded_picture_is_left_alone(text: str) -> None:
    assert picture_links(text) == ()


def test_several_pictures_come_in_order() -> None:
    text = "![a](data:image/png;base64,AAAA) and ![b](https://example.com/b.png)"
    assert picture_links(text) == (
        Link(kind="data", url="data:image/png;base64,AAAA", span=(0, 32)),
        Link(kind="https", url="https://example.com/b.png", span=(37, 68)),
    )


def test_a_text_is_split_where_its_pictures_stood() -> None:
    text = "First ![a](data:image/png;base64,AAAA) then ![b](https://example.com/b.png)\n"
    first, second = (link.span for link in picture_links(text))
    assert split(text, {second: HAT, first: FOX}) == (TextPart(text="First "), FOX, TextPart(text=" then "), HAT)


def test_a_picture_that_could_not_be_fetched_stays_text() -> None:
    text = "![a](data:image/png;base64,AAAA)![b](https://example.com/b.png)"
    first, _ = (link.span for link in picture_links(text))
    assert split(text, {first: FOX}) == (FOX, TextPart(text="![b](https://example.com/b.png)"))


@pytest.mark.parametrize("spans", [[(0, 3), (2, 4)], [(3, 9)], [(3, 2)]])
def test_spans_that_overlap_or_lie_outside_are_refused(spans: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="overlaps another or lies outside a text of 5 characters"):
        split("abcde", dict.fromkeys(spans, FOX))


@pytest.mark.parametrize(
    "piece",
    ["![", "<img ", "![](https://", "data:image/png;base64,", "![](data:image/png;base64,AAAA ", "![a](<", "]("],
)
def test_hostile_text_is_scanned_to_its_end(piece: str) -> None:
    text = piece * 20_000 + "![a](data:image/png;base64,AAAA)"
    assert picture_links(text)[-1].url.endswith("AAAA")


@given(st.text(), st.text())
@settings(max_examples=100, deadline=None)
def test_splitting_at_found_links_loses_no_words(before: str, after: str) -> None:
    text = f"{before}![a](data:image/png;base64,AAAA){after}"
    links = picture_links(text)
    parts = split(text, {link.span: FOX for link in links})
    assert sum(part is FOX for part in parts) == len(links) > 0
