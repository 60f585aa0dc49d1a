"""`limner compare`: what differs between two pictures, and whether the frame moved."""

from __future__ import annotations

from pathlib import Path

import click

from limner.cli.command import Command, Session
from limner.cli.options import json_option

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    cls=Command,
    examples=(
        "limner compare before.png after.png",
        "limner compare before.png after.png --box 10%,20%,30%,40% --heatmap changes.png",
    ),
)
@click.argument("before", type=_FILE)
@click.argument("after", type=_FILE)
@click.option("--box", metavar="X,Y,W,H", help="Where change was wanted, in percent (10%,20%,30%,40%) or pixels.")
@click.option("--mask", type=_FILE, help="The same as a picture: white in it.")
@click.option("--heatmap", type=click.Path(dir_okay=False, path_type=Path), help="Write what changed as a picture.")
@json_option
@click.pass_obj
def compare(
    session: Session,
    /,
    before: Path,
    after: Path,
    box: str | None,
    mask: Path | None,
    heatmap: Path | None,
    as_json: bool,
) -> int:
    """What differs between two pictures.

    How much of the picture changed, how much outside the box, and whether the frame was moved, cropped or zoomed.
    Nothing is sent.
    """
    from limner.imaging.decode import open_checked
    from limner.imaging.drift import measure_drift
    from limner.imaging.region import Box, box_mask, file_mask
    from limner.store.disk import storage_error

    if box is not None and mask is not None:
        raise click.UsageError("Give a box or a mask, not both.")
    with before.open("rb") as first, after.open("rb") as second:
        pictures = open_checked(first, name=str(before)), open_checked(second, name=str(after))
    region = None
    if box is not None:
        region = box_mask(Box.parse(box, pictures[0].size), pictures[0].size)
    elif mask is not None:
        with mask.open("rb") as file:
            region = file_mask(open_checked(file, name=str(mask)), pictures[0].size)
    drift = measure_drift(*pictures, region)
    if heatmap is not None:
        try:
            drift.heat.save(heatmap, "PNG")
        except OSError as problem:
            raise storage_error(problem, heatmap) from problem
    if as_json:
        session.output.json(drift.to_json())
    else:
        words = drift.words()
        session.output.result(f"{words[0].upper()}{words[1:]}.")
    return 0
