"""`python -m limner.cli.help_page` prints `docs/cli.md`."""

from __future__ import annotations

from limner import config
from limner.cli.main import help_page
from limner.cli.output import Output

if __name__ == "__main__":
    Output(config.environment()).path(help_page().rstrip("\n"))
