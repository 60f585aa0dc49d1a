from __future__ import annotations

from cli.running import Run


def test_the_list_has_living_models_only(limner: Run) -> None:
    ended = limner("models")
    assert ended.code == 0
    names = [line.split()[0] for line in ended.lines[1:]]
    assert "gemini-3-pro-image" in names
    assert "sandbox-1" in names
    assert "gemini-2.0-flash-exp-image-generation" not in names
    assert "limner models --all" in ended.err


def test_all_models_are_listed_on_request(limner: Run) -> None:
    ended = limner("models", "--all")
    assert any(line.startswith("gemini-3-pro-image-preview ") and " gone " in line for line in ended.lines)


def test_a_row_has_nickname_sizes_and_the_price_at_1k(limner: Run) -> None:
    row = next(line for line in limner("models", "list").lines if line.startswith("gemini-3-pro-image "))
    assert row.split("  ")[0] == "gemini-3-pro-image"
    assert "Nano Banana Pro" in row
    assert "1K-4K" in row
    assert row.endswith("$0.1344")


def test_the_sandbox_is_free(limner: Run) -> None:
    row = next(line for line in limner("models").lines if line.startswith("sandbox-1 "))
    assert row.endswith("free")


def test_the_list_as_json_has_dates_and_certainty(limner: Run) -> None:
    document = limner("models", "--json").document
    by_id = {model["id"]: model for model in document["models"]}
    assert by_id["sandbox-1"]["price1K"] == 0.0
    assert by_id["gemini-3-pro-image"]["price1K"] == 0.1344
    assert by_id["gemini-2.5-flash-image"]["certainty"] == "conflicting"
    assert set(by_id["sandbox-1"]["sizes"]) == {"512", "1K", "2K", "4K"}


def test_one_model_is_shown_with_its_pixels_and_the_source_of_its_dates(limner: Run) -> None:
    ended = limner("models", "show", "gemini-3-pro-image")
    assert ended.code == 0
    assert "16:9    1376x768   2752x1536  5504x3072" in ended.lines
    assert any(line.startswith("dates") for line in ended.lines)
    assert any(line.startswith("price a picture") and "4K" in line for line in ended.lines)


def test_a_gone_model_names_what_replaces_it(limner: Run) -> None:
    ended = limner("models", "show", "nano-banana-pro-preview")
    assert any(line.startswith("replaced by") and "gemini-3-pro-image" in line for line in ended.lines)


def test_an_unknown_model_is_answered_with_near_names(limner: Run) -> None:
    ended = limner("models", "show", "gemini-3-pro-imag")
    assert ended.code == 2
    assert "gemini-3-pro-image" in ended.err
    assert "limner models" in ended.err
