"""Which fields an Imagen request may have.

Source: the reference of the Gemini API's and of Vertex AI's Imagen models, and what google-genai 2.19.0 and 3.3.0 send.
"""

from __future__ import annotations

ROOT = ("instances", "parameters", "labels")

INSTANCES = {
    "generate": ("prompt",),
    "edit": ("prompt", "referenceImages"),
    "upscale": ("prompt", "image"),
}

PARAMETERS = (
    *(
        "sampleCount",
        "aspectRatio",
        "sampleImageSize",
        "personGeneration",
        "guidanceScale",
        "safetySetting",
        "language",
    ),
    *("includeSafetyAttributes", "includeRaiReason", "outputOptions"),
)
VERTEX_PARAMETERS = ("negativePrompt", "seed", "addWatermark", "enhancePrompt", "storageUri")
"""Refused on the Gemini API."""

EDIT_PARAMETERS = ("editMode", "editConfig", "baseSteps")
UPSCALE_PARAMETERS = ("mode", "upscaleConfig")

RATIOS = ("1:1", "3:4", "4:3", "9:16", "16:9")
SIZES = ("1K", "2K")
PERSON_GENERATION = ("dont_allow", "allow_adult", "allow_all")
SAFETY_SETTINGS = (
    *("block_low_and_above", "block_medium_and_above", "block_only_high", "block_none"),
    *("block_most", "block_some", "block_few", "block_fewest"),
)
"""The second line is the older spelling of the first."""
LANGUAGES = ("auto", "en", "ja", "ko", "hi", "zh", "zh-cn", "zh-tw", "pt", "es")
OUTPUT_TYPES = ("image/png", "image/jpeg")

REFERENCE_TYPES = ("RAW", "MASK", "CONTROL", "STYLE", "SUBJECT", "CONTENT")
REFERENCE_FIELDS = (
    *("referenceType", "referenceId", "referenceImage", "maskImageConfig", "controlImageConfig"),
    *("styleImageConfig", "subjectImageConfig"),
)
MASK_FIELDS = ("maskMode", "maskClasses", "dilation")
MASK_MODES = ("DEFAULT", "USER_PROVIDED", "BACKGROUND", "FOREGROUND", "SEMANTIC")
EDIT_MODES = (
    *("DEFAULT", "INPAINT_REMOVAL", "INPAINT_INSERTION", "OUTPAINT", "CONTROLLED_EDITING", "STYLE", "BGSWAP"),
    "PRODUCT_IMAGE",
)
UPSCALE_FACTORS = ("x2", "x3", "x4")
UPSCALE_FIELDS = ("upscaleFactor", "enhanceInputImage", "imagePreservationFactor")
IMAGE_FIELDS = ("bytesBase64Encoded", "gcsUri", "mimeType")
OUTPUT_FIELDS = ("mimeType", "compressionQuality")
