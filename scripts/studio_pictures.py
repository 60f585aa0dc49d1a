"""Pictures of the studio, for the docs and for looking at: `python scripts/studio_pictures.py FOLDER [--all]`.

Without `--all` those that the docs show; with it every screen in both themes at 360, 768 and 1440 pixels.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from browser.conftest import FLAGS, Served  # noqa: E402
from browser.test_studio_screens import SCREENS  # noqa: E402

PROMPTS = (
    "a hot air balloon over mountains",
    "a cat on a red sofa",
    "a bowl of ramen",
    "a lighthouse in a storm",
    "a sailing boat at sunset",
    "a snowy village at night",
    "a red fox in a field of lavender in front of a mountain lake at sunset",
)
DOCS = (("studio-create", "/create"), ("studio-library", "/library"), ("studio-picture", "/i/{picture}"))


def filled(served: Served) -> str:
    """Make pictures to look at; gives the name of one that has versions."""
    made = served.home / "made"
    for number, prompt in enumerate(PROMPTS):
        ratio = ("16:9", "4:3", "1:1")[number % 3]
        served.command("generate", prompt, "--aspect", ratio, "--seed", "5", "--out", f"{made}/{number}.png")
    served.command("edit", f"{made}/3.png", "make it night", "--seed", "5", "--out", f"{made}/night.png")
    served.command("edit", f"{made}/night.png", "add a red boat", "--seed", "5", "--out", f"{made}/boat.png")
    served.command("generate", "a castle on a hill", "--count", "3", "--aspect", "4:3", "--out", f"{made}/")
    shown = subprocess.run(
        [sys.executable, "-m", "limner", "history", "--json", "--limit", "9"],
        env=served.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return next(str(call["id"]) for call in json.loads(shown.stdout) if call["prompt"] == "add a red boat")


def shot(browser: Browser, served: Served, address: str, target: Path, width: int, theme: str) -> None:
    """One screen as a file; JPEG for the docs."""
    height = 900 if width > 500 else 780
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)  # type: ignore[arg-type]
    page.goto(served.opening_url)
    page.goto(served.url + address)
    page.wait_for_timeout(600)
    data = page.screenshot()
    page.close()
    if target.suffix == ".jpg":
        Image.open(io.BytesIO(data)).convert("RGB").save(target, quality=80, optimize=True)
    else:
        target.write_bytes(data)


def main() -> None:
    folder, every = Path(sys.argv[1]), "--all" in sys.argv
    folder.mkdir(parents=True, exist_ok=True)
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        served = Served(home=Path(home))
        served.start()
        try:
            browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
            name = filled(served)
            for stem, address, width, theme in wanted(every):
                place = address.replace("{picture}", name).replace("{other}", name)
                shot(browser, served, place, folder / stem, width, theme)
            browser.close()
        finally:
            served.stop()


def wanted(every: bool) -> list[tuple[str, str, int, str]]:
    """File, address, width and theme of each picture."""
    if not every:
        return [(f"{stem}.jpg", address, 1440, "light") for stem, address in DOCS]
    return [
        (f"{file_name(address)}-{width}-{theme}.png", address, width, theme)
        for address in SCREENS
        for width in (360, 768, 1440)
        for theme in ("light", "dark")
    ]


def file_name(address: str) -> str:
    """A file's name for an address."""
    return "".join(letter if letter.isalnum() else "-" for letter in address).strip("-")


if __name__ == "__main__":
    main()
