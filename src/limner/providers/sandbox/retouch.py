"""Imagen's edits and upscaling: a picture, a mask that says where, and a prompt that says what."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageFilter

from limner.core.blob import BlobRef
from limner.errors import InvalidRequestError
from limner.imaging.decode import open_checked, shrink
from limner.providers.sandbox import picture_file
from limner.providers.sandbox.edit import mask as masks
from limner.providers.sandbox.edit.edit import edit
from limner.providers.sandbox.edit.ops import Tint, Unknown
from limner.providers.sandbox.edit.plan import plan
from limner.providers.sandbox.paint import pixels
from limner.providers.sandbox.paint.draw import mark
from limner.providers.sandbox.protocol.signature import Signer
from limner.providers.sandbox.protocol.strict import ReadBlob, unusable_picture
from limner.wire.gemini.refusals import invalid
from limner.wire.imagen.request import PredictRequest, Reference

MAX_SIDE_PX = 2048
"""A larger picture is made smaller before it is edited, to bound time and memory."""

MAX_UPSCALED_PIXELS = 17_000_000
"""Largest upscaled picture. Source: Vertex AI's page on upscaling, 17 megapixels."""

_FEATHER = 0.004
"""How soft the edge of an edit is, as a share of the longer side."""

_GUESSED_DILATION = 0.012
"""Least growth of a mask that was guessed and is to be emptied: what is left of an edge shows."""

_INSIDE_OUT = ("OUTPAINT", "INPAINT_REMOVAL")


class Retoucher:
    """Changes pictures; reads them with `read_blob`."""

    def __init__(self, read_blob: ReadBlob, signer: Signer) -> None:
        self._read_blob = read_blob
        self._signer = signer

    def retouched(self, request: PredictRequest, *, seed: int, mime_type: str) -> bytes:
        """The file. Raises `RefusedError` for a picture that cannot be decoded, or would become too large."""
        image = self._upscaled(request) if request.kind == "upscale" else self._edited(request, seed)
        return picture_file.encode(mark(image), mime_type, None, self._signer, quality=request.quality)

    def _upscaled(self, request: PredictRequest) -> Image.Image:
        assert request.image is not None
        image = self._opened(request.image).convert("RGB")
        width, height = image.width * request.upscale, image.height * request.upscale
        if width * height > MAX_UPSCALED_PIXELS:
            raise invalid(
                f"The upscaled picture would have {width}x{height} pixels; up to {MAX_UPSCALED_PIXELS} are made.",
                field="parameters.upscale_config.upscale_factor",
            )
        return image.resize((width, height), Image.Resampling.LANCZOS)

    def _edited(self, request: PredictRequest, seed: int) -> Image.Image:
        raw = [each for each in request.references if each.kind == "RAW" and each.blob is not None]
        others = [each for each in request.references if each.kind not in ("RAW", "MASK") and each.blob is not None]
        pictures = [self._small(each.blob) for each in (*raw, *others) if each.blob is not None]
        base = pictures[0]
        mask = self._mask(request, base)
        instruction = _instruction(request, has_mask=mask is not None)
        result = edit(pictures, None, instruction, width=base.width, height=base.height, seed=seed, mask=mask)
        changed = result.image.convert("RGB")
        return changed if mask is None else Image.composite(changed, base, mask)

    def _mask(self, request: PredictRequest, base: Image.Image) -> Image.Image | None:
        """Where the picture may change, white; `None` for everywhere."""
        found = next((each for each in request.references if each.kind == "MASK"), None)
        if found is None:
            if request.edit_mode != "BGSWAP":
                return None
            found = Reference(kind="MASK", mask_mode="BACKGROUND")
        mask = self._drawn_mask(found, base)
        guessed = found.blob is None and request.edit_mode == "INPAINT_REMOVAL"
        dilation = max(found.dilation, _GUESSED_DILATION) if guessed else found.dilation
        if dilation:
            mask = mask.filter(ImageFilter.MaxFilter(2 * max(1, round(dilation * base.width)) + 1))
        return mask.filter(ImageFilter.GaussianBlur(_FEATHER * max(base.size)))

    def _drawn_mask(self, found: Reference, base: Image.Image) -> Image.Image:
        if found.blob is not None:
            return self._opened(found.blob).convert("L").resize(base.size, Image.Resampling.BILINEAR)
        subject = pixels.to_mask(masks.subject(base))
        return subject if found.mask_mode != "BACKGROUND" else Image.fromarray(255 - np.asarray(subject))

    def _small(self, blob: BlobRef) -> Image.Image:
        return shrink(self._opened(blob), max_side_px=MAX_SIDE_PX).convert("RGB")

    def _opened(self, blob: BlobRef) -> Image.Image:
        try:
            return open_checked(io.BytesIO(self._read_blob(blob)), name="The input picture")
        except InvalidRequestError as problem:
            raise unusable_picture(problem.message) from problem


def _instruction(request: PredictRequest, *, has_mask: bool) -> str:
    """What the edit's mode makes of the prompt: Imagen's prompts describe, the sandbox's edits are told to do."""
    prompt = request.prompt
    if request.edit_mode in _INSIDE_OUT and has_mask:
        return "remove it"
    if request.edit_mode == "BGSWAP":
        return f"change the background to {prompt}"
    if all(isinstance(op, Unknown | Tint) for op in plan(prompt, None)):
        return f"add {prompt}" if has_mask or request.edit_mode == "INPAINT_INSERTION" else prompt
    return prompt
