"""Every screen, in both themes, on a desk and on a phone: nothing keeps anybody out, nothing stands over the edge."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from browser.conftest import Served, Visit

pytestmark = pytest.mark.browser

SCREENS = (
    "/welcome",
    "/create",
    "/create?prompt=this+image+without+trees&ratio=16:9",
    "/queue",
    "/library",
    "/library?q=zebra",
    "/library/trash",
    "/i/{picture}",
    "/i/{picture}?panel=lineage",
    "/i/{picture}?panel=request",
    "/i/{picture}/compare/{other}",
    "/workflows",
    "/workflows/logo",
    "/workflows/logo/file",
    "/runs",
    "/prompts",
    "/prompts?tab=templates",
    "/prompts?tab=looks",
    "/costs",
    "/settings/connections",
    "/settings/models",
    "/settings/appearance",
    "/settings/storage",
    "/help",
    "/nothing",
)


@pytest.fixture(scope="module", params=[("light", 1280), ("dark", 360)], ids=["desk", "phone"])
def visit(request: pytest.FixtureRequest, browser: Browser, served: Served) -> Iterator[Visit]:
    theme, width = request.param
    context = browser.new_context(viewport={"width": width, "height": 780}, color_scheme=theme, reduced_motion="reduce")
    page = context.new_page()
    page.goto(served.opening_url)
    yield Visit(page=page, served=served)
    context.close()


@pytest.fixture(scope="module")
def pictures(served: Served) -> list[str]:
    """Two pictures and a failure."""
    for words in ("a red fox", "a blue owl", "a castle [[text-only]]"):
        command = ("generate", words, "--aspect", "16:9", "--size", "512")
        if "text-only" in words:
            with pytest.raises(RuntimeError, match="words instead"):
                served.command(*command)
        else:
            served.command(*command)
    return []


@pytest.mark.parametrize("address", SCREENS)
def test_a_screen_keeps_nobody_out_and_stays_inside_its_edges(visit: Visit, pictures: list[str], address: str) -> None:
    page = visit.page
    if "{picture}" in address:
        visit.go("/library")
        links = page.locator("a.thumb")
        names = [(links.nth(number).get_attribute("href") or "").removeprefix("/i/") for number in range(2)]
        address = address.replace("{picture}", names[0]).replace("{other}", names[1])
    visit.go(address)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert visit.axe() == []
