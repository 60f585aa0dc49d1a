"""Runs the contract tests against Google with your key, after saying what that will cost."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal

from limner.app import App, Ask

PICTURES = 3
"""Pictures the contract makes: one in text-to-image, two in the edit; its other tests are refused without cost."""


def main() -> int:
    key = next((name for name in ("GEMINI_API_KEY", "GOOGLE_API_KEY") if os.environ.get(name)), None)
    if key is None:
        print("There is no key: set GEMINI_API_KEY to run the contract against Google. Nothing was sent.")
        return 0
    with App.open() as app:
        plan = app.plan(Ask(prompt="a fox", connection="google", model="gemini-nano-banana-2.1", count=PICTURES))
    expected, upper = plan.quote.expected_usd or Decimal(0), plan.quote.upper_usd or Decimal(0)
    print(f"This makes {PICTURES} pictures with {plan.model_id}: about {expected:.2f} USD, at most about {upper:.2f}.")
    if os.environ.get("YES") != "1" and input("Go on? [y/N] ").strip().lower() not in ("y", "yes"):
        print("Nothing was sent.")
        return 0
    return subprocess.call([sys.executable, "-m", "pytest", "-q", "tests/contract", "--live"])


if __name__ == "__main__":
    sys.exit(main())
