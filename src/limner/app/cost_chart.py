"""A cost report as a bar chart in SVG: one file, no script, readable on light and on dark."""

from __future__ import annotations

from html import escape

from limner.app.costs import CostReport
from limner.core.money import from_micro

_WIDTH, _ROW_HEIGHT, _BAR_HEIGHT, _TOP, _LABEL_WIDTH, _AMOUNT_WIDTH = 720, 28, 16, 64, 220, 96
_MAX_LABEL = 30

_STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1d1d1f; }
  .title { font-size: 17px; font-weight: 600; }
  .quiet { fill: #6b6b70; }
  .amount { text-anchor: end; font-variant-numeric: tabular-nums; }
  .cost { fill: #3b6ea5; }
  .reserved { fill: #d9a441; }
  .ground { fill: #ffffff; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f2f2f4; }
    .quiet { fill: #a1a1a8; }
    .cost { fill: #7fb0e6; }
    .ground { fill: #1b1b1d; }
  }"""


def cost_svg(report: CostReport) -> str:
    """The rows of `report` as bars, what is spent beside what is reserved, with the total in the title."""
    largest = max((row.cost + row.reserved for row in report.rows), default=0) or 1
    room = _WIDTH - _LABEL_WIDTH - _AMOUNT_WIDTH - 24
    height = _TOP + _ROW_HEIGHT * max(len(report.rows), 1) + 16
    total = report.total
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'role="img" aria-label="Cost by {report.by}">',
        f"<style>{_STYLE}\n</style>",
        f'<rect class="ground" width="{_WIDTH}" height="{height}"/>',
        f'<text class="title" x="20" y="32">${from_micro(total.cost):.2f} by {report.by}</text>',
        f'<text class="quiet" x="20" y="52">{escape(_summary(report))}</text>',
    ]
    for number, row in enumerate(report.rows):
        top = _TOP + number * _ROW_HEIGHT
        spent, reserved = room * row.cost / largest, room * row.reserved / largest
        label = row.key if len(row.key) <= _MAX_LABEL else row.key[: _MAX_LABEL - 1] + "…"
        middle = top + _BAR_HEIGHT - 3
        lines += [
            f'<text x="20" y="{middle}">{escape(label)}</text>',
            f'<rect class="cost" x="{_LABEL_WIDTH}" y="{top}" width="{spent:.1f}" height="{_BAR_HEIGHT}" rx="2"/>',
            f'<rect class="reserved" x="{_LABEL_WIDTH + spent:.1f}" y="{top}" width="{reserved:.1f}" '
            f'height="{_BAR_HEIGHT}" rx="2"/>',
            f'<text class="amount" x="{_WIDTH - 20}" y="{middle}">${from_micro(row.cost):.4f}</text>',
        ]
    return "\n".join([*lines, "</svg>\n"])


def _summary(report: CostReport) -> str:
    total = report.total
    words = [f"{total.calls} calls", f"{total.pictures} pictures"]
    if total.reserved:
        words.append(f"${from_micro(total.reserved):.4f} reserved or in doubt")
    if total.unknown:
        words.append(f"{total.unknown} calls of unknown price")
    return " · ".join(words)
