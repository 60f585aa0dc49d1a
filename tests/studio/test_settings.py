from __future__ import annotations

from studio.visiting import Visited, Visitor


def test_what_is_chosen_is_in_the_first_byte_of_the_next_page(visitor: Visitor) -> None:
    page = visitor.post("/settings/appearance", {"theme": "dark", "density": "l", "motion": "reduced"})
    assert '<html lang="en" data-theme="dark" data-motion="reduced">' in page.text
    assert "data-single-keys" not in page.text
    page = visitor.post("/settings/appearance", {"theme": "system", "density": "m", "singleKeys": "yes"})
    assert '<html lang="en">' in page.text


def test_a_broken_cookie_is_passed_over(visitor: Visitor) -> None:
    for value in ("%7B", "7", "%5B%5D", '{"theme":"<b>"}'):
        assert visitor.get("/help", {"cookie": f"limner_preferences={value}; " + cookies(visitor)}).status == 200


def test_storage_says_where_everything_lies(studio: Visited, visitor: Visitor) -> None:
    assert visitor.get("/settings/storage").says(str(studio.app.store.home))


def cookies(visitor: Visitor) -> str:
    return "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
