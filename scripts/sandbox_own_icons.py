"""Icons drawn for this project, for everyday things the emoji set lacks; SVG bodies on a field of 32 x 32."""

from __future__ import annotations

_BEANS = ((9.5, 23.0, 24), (20.5, 24.2, -28), (15.0, 16.6, 62), (24.4, 16.4, 12), (7.2, 13.8, -42), (16.2, 8.2, -8))


def own_icons() -> dict[str, str]:
    """Name to SVG body."""
    return {
        "ball": _BALL,
        "hot-air-balloon": _BALLOON,
        "sofa": _SOFA,
        "table-lamp": _LAMP,
        "coffee-beans": "".join(_bean(x, y, turn) for x, y, turn in _BEANS),
    }


def _bean(x: float, y: float, turn: float) -> str:
    """One roasted bean: body, sheen, seam."""

    def oval(dy: float, rx: float, ry: float, fill: str) -> str:
        return (
            f'<ellipse cx="{x}" cy="{y + dy}" fill="#{fill}" rx="{rx}" ry="{ry}" transform="rotate({turn} {x} {y})"/>'
        )

    return oval(0, 6.1, 4.3, "63391f") + oval(-1.7, 4.3, 1.6, "8a5634") + oval(0.1, 5.7, 0.55, "331a0d")


_BALLOON = (
    '<path fill="#f8312f" d="M16 1.5c6 0 10.5 4.4 10.5 10c0 5.2-5 9.3-8 13.5h-5'
    'c-3-4.2-8-8.3-8-13.5c0-5.6 4.5-10 10.5-10z"/>'
    '<path fill="#ffb02e" d="M16 1.5c3.6 0 6.4 4.4 6.4 10c0 5.2-2.8 9.3-4.4 13.5h-4'
    'c-1.6-4.2-4.4-8.3-4.4-13.5c0-5.6 2.8-10 6.4-10z"/>'
    '<path fill="#f8312f" d="M16 1.5c1.4 0 2.5 4.4 2.5 10c0 5.2-1 9.3-1.5 13.5h-2'
    'c-.5-4.2-1.5-8.3-1.5-13.5c0-5.6 1.1-10 2.5-10z"/>'
    '<path fill="#6d4534" d="M13.5 25l.5 2h.6l-.5-2zM18.5 25l-.5 2h-.6l.5-2z"/>'
    '<rect fill="#a56953" x="13.4" y="27" width="5.2" height="3.6"/>'
    '<rect fill="#6d4534" x="13" y="26.6" width="6" height="1"/>'
)
_BALL = (
    '<circle fill="#f8312f" cx="16" cy="16" r="13.4"/>'
    '<path fill="#f4f4f4" d="M2.9 13.2c7.8 4.2 18.4 4.2 26.2 0l.3 3.6'
    'c-8.200 4.400-18.600 4.400-26.800 0z"/>'
    '<ellipse fill="#ff822d" cx="11" cy="8" rx="3.6" ry="2" transform="rotate(-36 11 8)"/>'
)
_SOFA = (
    '<rect fill="#6d4534" x="4" y="26" width="2.2" height="3.4"/>'
    '<rect fill="#6d4534" x="25.8" y="26" width="2.2" height="3.4"/>'
    '<path fill="#1356b8" d="M5 12c0-2.6 1.8-4.4 4.4-4.4h13.2c2.6 0 4.4 1.8 4.4 4.4v9H5z"/>'
    '<rect fill="#0f479b" x="15.7" y="8.4" width="0.6" height="10"/>'
    '<path fill="#2f7de0" d="M5 18.4h22v6H5z"/>'
    '<rect fill="#1356b8" x="15.7" y="18.4" width="0.6" height="6"/>'
    '<path fill="#0f479b" d="M3 24h26v2.8H3z"/>'
    '<path fill="#3f8cf0" d="M1.2 17.2c0-1.9 1.4-3.2 3.2-3.2s3.2 1.3 3.2 3.2v9.6H3.2c-1.2 0-2-.8-2-2z"/>'
    '<path fill="#3f8cf0" d="M30.800 17.2'
    'c0-1.9-1.400-3.2-3.200-3.2s-3.200 1.3-3.200 3.200v9.6h4.400c1.200 0 2-.8 2-2z"/>'
)
_LAMP = (
    '<rect fill="#8c5543" x="15.1" y="15" width="1.8" height="13"/>'
    '<ellipse fill="#6d4534" cx="16" cy="28.4" rx="6.4" ry="2"/>'
    '<path fill="#ffd67a" d="M10 3.500h12l4.600 12.500h-21.200z"/>'
    '<path fill="#ffb02e" d="M5.900 14.600h20.200l.5 1.400h-21.200z"/>'
)
