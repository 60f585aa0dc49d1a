"""Recipes, lineage, archives and contact sheets."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image as Pillow

from limner import Client, Image
from limner.app.archive import read_archive, write_archive
from limner.app.lineage import lineage, lines
from limner.app.recipe import SIDE_SUFFIX, save_copy, xmp_of
from limner.app.report import write_report
from limner.core.provenance import find_credentials
from limner.errors import InvalidRequestError
from limner.store.history import Query
from limner.store.journal import CallRecord
from loopback import PNG_1X1

CANARY = "AIzaSyCanary4711Canary4711Canary4711Can"


@pytest.fixture
def client(environment: dict[str, str]) -> Iterator[Client]:
    with Client(connection="sandbox", environment=environment) as client:
        yield client


def drawn(client: Client, prompt: str = "a red fox") -> Image:
    return client.generate(prompt, seed=1, resolution="512").images[0]


def record_of(client: Client, image: Image) -> CallRecord:
    found = client.app.store.journal.find(image.call_id)
    assert found is not None
    return found


def pixels(data: bytes) -> bytes:
    with Pillow.open(io.BytesIO(data)) as image:
        return image.convert("RGB").tobytes()


def test_a_recipe_goes_beside_an_exact_copy(client: Client, tmp_path: Path) -> None:
    image = drawn(client)
    (copy, side), notice = save_copy(
        client.app.store, record_of(client, image), image.blob, tmp_path / "gift", place="side"
    )
    assert (copy.name, side.name, notice) == ("gift.png", "gift.png" + SIDE_SUFFIX, None)
    assert copy.read_bytes() == image.read()
    recipe = json.loads(side.read_text("utf-8"))
    assert (recipe["prompt"], recipe["model"], recipe["sha256"]) == ("a red fox", "sandbox-1", image.sha256)
    assert recipe["digitalSourceType"].endswith("/trainedAlgorithmicMedia")


@pytest.mark.parametrize("card", ["", " [[wrong-mime]]"])
def test_a_recipe_goes_inside_without_touching_a_pixel(client: Client, tmp_path: Path, card: str) -> None:
    image = drawn(client, "a red fox & <hare>" + card)
    (copy,), _ = save_copy(client.app.store, record_of(client, image), image.blob, tmp_path / "gift", place="inside")
    assert copy.suffix == image.extension
    assert copy.read_bytes() != image.read()
    assert pixels(copy.read_bytes()) == pixels(image.read())
    with Pillow.open(copy) as opened:
        packet = opened.info["xmp"]
        text = getattr(opened, "text", {}).get("limner")
    root = ElementTree.fromstring(packet if isinstance(packet, bytes) else packet.encode())
    assert "trainedAlgorithmicMedia" in str(packet)
    assert any("a red fox & <hare>" in (each or "") for each in root.itertext())
    assert image.extension == ".jpg" or json.loads(text or "{}")["sha256"] == image.sha256


def test_an_edit_of_a_foreign_picture_is_a_composite(client: Client, tmp_path: Path) -> None:
    foreign = client.edit("make it night", images=[PNG_1X1], resolution="512").images[0]
    own = client.edit("make it night", images=[drawn(client)], resolution="512").images[0]
    kinds = []
    for number, image in enumerate((foreign, own)):
        (_, side), _ = save_copy(
            client.app.store, record_of(client, image), image.blob, tmp_path / f"{number}", place="side"
        )
        kinds.append(json.loads(side.read_text("utf-8"))["digitalSourceType"].rpartition("/")[2])
    assert kinds == ["compositeWithTrainedAlgorithmicMedia", "trainedAlgorithmicMedia"]


def test_a_key_in_a_prompt_reaches_no_recipe_and_no_sheet(client: Client, tmp_path: Path) -> None:
    image = drawn(client, f"a fox {CANARY}")
    store, record = client.app.store, record_of(client, image)
    written = save_copy(store, record, image.blob, tmp_path / "a", place="inside")[0]
    written += save_copy(store, record, image.blob, tmp_path / "b", place="side")[0][1:]
    written.append(write_report(store, [record], tmp_path / "sheet.html"))
    for path in written:
        inside = path.read_bytes()
        own = image.read() if path.suffix == ".png" else b""
        assert inside.count(CANARY.encode()) == own.count(CANARY.encode())


def with_png_credentials(data: bytes) -> bytes:
    import struct
    import zlib

    body = b"caBX" + b"jumb" * 10
    return data[:33] + struct.pack(">I", 40) + body + struct.pack(">I", zlib.crc32(body)) + data[33:]


def with_jpeg_credentials(data: bytes) -> bytes:
    segment = (
        b"JP\x00\x01\x00\x00\x00\x01" + b"jumb" + b"c2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71" + b"x" * 50
    )
    return data[:2] + b"\xff\xeb" + (len(segment) + 2).to_bytes(2, "big") + segment + data[2:]


def test_content_credentials_are_found_and_never_broken(client: Client, tmp_path: Path) -> None:
    image = drawn(client)
    signed = with_png_credentials(image.read())
    blob = client.app.store.blobs.put(signed)
    written, notice = save_copy(client.app.store, record_of(client, image), blob, tmp_path / "gift", place="inside")
    assert written[0].read_bytes() == signed
    assert [path.name for path in written] == ["gift.png", "gift.png" + SIDE_SUFFIX]
    assert notice is not None
    assert "would break" in notice


def test_credentials_are_found_in_each_kind_of_file(client: Client) -> None:
    png = drawn(client).read()
    jpeg = io.BytesIO()
    webp = io.BytesIO()
    with Pillow.open(io.BytesIO(png)) as opened:
        opened.convert("RGB").save(jpeg, "JPEG")
        opened.save(webp, "WEBP")
    chunk = b"C2PA" + (10).to_bytes(4, "little") + b"0123456789"
    for plain, signed in (
        (png, with_png_credentials(png)),
        (jpeg.getvalue(), with_jpeg_credentials(jpeg.getvalue())),
        (webp.getvalue(), webp.getvalue() + chunk),
    ):
        assert find_credentials(io.BytesIO(plain)) is None
        assert find_credentials(io.BytesIO(signed)) is not None
        for cut in range(0, min(len(signed), 400), 7):
            find_credentials(io.BytesIO(signed[:cut]))


def test_a_packet_of_hostile_words_is_wellformed() -> None:
    recipe = {"prompt": "]]>&<\0\x1b\ufffe\"'", "program": "limner", "model": "\"m'", "digitalSourceType": "x"}
    ElementTree.fromstring(xmp_of(recipe))


def test_the_tree_shows_edits_turns_and_cut_outs(client: Client) -> None:
    fox = drawn(client)
    night = client.edit("make it night", images=[fox], resolution="512").images[0]
    chat = client.chat(resolution="512", after=night.call_id)
    chat.send("add a moon")
    sticker = client.generate("a sticker of a frog", resolution="512", transparent="key")
    made = sticker.finished[0].made
    assert made is not None
    client.edit("make it night", images=[made], resolution="512")
    tree = lineage(client.app.store, record_of(client, night))
    drawn_lines = [(indent, node.record.prompt, node.focus) for indent, node in lines(tree)]
    assert drawn_lines == [("", "a red fox", False), ("└─ ", "make it night", True), ("   └─ ", "add a moon", False)]
    other = lineage(client.app.store, record_of(client, sticker.images[0]))
    assert [node.record.prompt for _, node in lines(other)][1:] == ["make it night"]


def test_a_picture_that_was_made_of_itself_ends_the_tree(client: Client) -> None:
    fox = drawn(client)
    again = client.edit("do nothing", images=[fox], resolution="512")
    lineage(client.app.store, record_of(client, again.images[0]))


def test_an_archive_makes_the_round_trip(client: Client, tmp_path: Path) -> None:
    fox = drawn(client)
    night = client.edit("make it night", images=[fox], resolution="512").images[0]
    chat = client.chat(resolution="512", after=night.call_id)
    chat.send("add a moon")
    client.generate("a sticker of a fox", resolution="512", transparent="key")
    store = client.app.store
    ids = [record.call_id for record in store.history.find(Query(), limit=99)]
    moved = write_archive(store, ids, tmp_path / "all.zip")
    (tmp_path / "other").mkdir()
    key = (store.home / "sandbox.key").read_bytes()
    (tmp_path / "other" / "sandbox.key").write_bytes(key)  # its sandbox is the same model, as Google's is
    with Client(environment={"LIMNER_HOME": str(tmp_path / "other")}) as other:
        taken = read_archive(other.app.store, tmp_path / "all.zip")
        assert (taken.calls, taken.blobs, taken.bytes, taken.known) == (moved.calls, moved.blobs, moved.bytes, 0)
        for call_id in ids:
            assert other.app.store.journal.request(call_id) == store.journal.request(call_id)
            assert other.app.store.journal.reply(call_id) == store.journal.reply(call_id)
        assert [turn.said for turn in other.chat(id=chat.id).turns] == ["make it night", "add a moon"]
        assert other.chat(id=chat.id).send("make it snow").ok
        assert other.app.store.history.find(Query(words="sticker"), limit=1)
        again = read_archive(other.app.store, tmp_path / "all.zip")
        assert (again.calls, again.known) == (0, len(ids))
        assert other.app.recover().found_anything is False


@pytest.mark.parametrize("damage", ["cut", "text", "format", "blob", "row", "outside"])
def test_a_damaged_archive_is_refused_and_nothing_taken_in(client: Client, tmp_path: Path, damage: str) -> None:
    fox = drawn(client)
    path = tmp_path / "all.zip"
    write_archive(client.app.store, [fox.call_id], path)
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    if damage == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif damage == "text":
        path.write_text("hello")
    else:
        row = json.loads(parts["calls.jsonl"].splitlines()[0])
        row["values"]["asked"] = json.dumps({"out": {"path": "/etc", "isFolder": True, "overwrite": True}})
        row["values"]["delivered"] = 0
        changes = {
            "format": {"limner.json": b'{"format": 99}'},
            "blob": {name: b"other" for name in parts if name.startswith("blobs/")},
            "row": {"calls.jsonl": b'{"table": "sqlite_master", "values": {}}\n'},
            "outside": {"calls.jsonl": json.dumps(row).encode() + b"\n"},
        }[damage]
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in {**parts, **changes}.items():
                archive.writestr(name, content)
    with Client(environment={"LIMNER_HOME": str(tmp_path / "other")}) as other:
        if damage == "outside":
            read_archive(other.app.store, path)
            assert other.app.store.journal.undelivered() == []
            return
        with pytest.raises(InvalidRequestError) as caught:
            read_archive(other.app.store, path)
        assert caught.value.code == "invalid.archive"
        assert other.app.store.journal.list_calls(limit=9) == []


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]


def test_the_sheet_holds_everything_and_asks_for_nothing(client: Client, tmp_path: Path) -> None:
    fox = drawn(client, "a red fox <script>alert(1)</script>")
    client.edit("make it night", images=[fox], resolution="512")
    client.generate("a fox [[finish:IMAGE_SAFETY]]", check=False)
    records = client.app.store.history.find(Query(), limit=9)
    path = write_report(client.app.store, records, tmp_path / "sheet.html")
    page = Page(path.read_text("utf-8"))
    assert "script" not in page.tags
    assert sum(source.startswith("data:image/jpeg;base64,") for source in page.sources) == 2
    assert [source for source in page.sources if source.startswith("#")] == [f"#{fox.call_id}"]
    assert "2 pictures of 3 calls" in path.read_text("utf-8")
    with pytest.raises(InvalidRequestError, match="is there already"):
        write_report(client.app.store, records, path)
