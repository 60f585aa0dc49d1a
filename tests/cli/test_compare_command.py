from __future__ import annotations

from pathlib import Path

from cli.running import Run


def test_two_pictures_are_compared_and_the_change_is_drawn(limner: Run, here: Path) -> None:
    limner("generate", "a red fox in a meadow", "-c", "sandbox", "--seed", "5", "--size", "512", "--out", "a.png")
    edited = limner(
        "edit", "a.png", "make it night", "-c", "sandbox", "--size", "512", "--box", "50%,0%,50%,50%", "--lock",
        "--out", "b.png",
    )  # fmt: skip
    assert edited.lines == ["b.png", "b-locked.png"]
    assert "outside the region; the frame is as before." in edited.err
    told = limner("compare", "a.png", "b-locked.png", "--box", "50%,0%,50%,50%", "--heatmap", "heat.png")
    assert told.code == 0
    assert "nothing outside the region; the frame is as before." in told.out
    assert (here / "heat.png").read_bytes().startswith(b"\x89PNG")
    document = limner("compare", "a.png", "b-locked.png", "--json").document
    assert 0.1 < document["changed"] < 0.4
    assert document["frame"]["moved"] is False
    shown = limner("show", "b-locked.png").out
    assert "locked" in shown


def test_what_is_no_picture_is_refused(limner: Run, here: Path) -> None:
    (here / "notes.txt").write_text("hello")
    refused = limner("compare", "notes.txt", "notes.txt")
    assert (refused.code, "cannot be used" in refused.err) == (2, True)
    assert limner("compare", "notes.txt", "missing.png").code == 2
    assert limner("compare", "notes.txt", "notes.txt", "--box", "1,1,1,1", "--mask", "notes.txt").code == 2
