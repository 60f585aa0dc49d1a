"""For each rule a prompt it must fire on, and one it must stay quiet on."""

from __future__ import annotations

from limner.core.size import AspectRatio, Resolution
from limner.prompts.finding import PromptContext
from limner.prompts.lint import DEFAULT_CONTEXT

Case = tuple[str, PromptContext]

VECTORS: tuple[tuple[str, Case, Case], ...] = (
    ("PL001", ("   ", DEFAULT_CONTEXT), ("A photo of a cat on a mat", DEFAULT_CONTEXT)),
    ("PL002", ("word " * 420, PromptContext(family="imagen")), ("word " * 300, PromptContext(family="imagen"))),
    ("PL003", ("a cat", DEFAULT_CONTEXT), ("a photo of a cat on a red sofa", DEFAULT_CONTEXT)),
    ("PL004", ("a cat on a red sofa", DEFAULT_CONTEXT), ("a watercolor of a cat on a red sofa", DEFAULT_CONTEXT)),
    ("PL005", ("a big red fluffy cat photo", DEFAULT_CONTEXT), ("a photo of a cat on a red sofa", DEFAULT_CONTEXT)),
    (
        "PL006",
        ("cat, red sofa, sunlight, cozy, detailed, warm tones", DEFAULT_CONTEXT),
        ("A photo of a cat sleeping on a red sofa, warm light.", DEFAULT_CONTEXT),
    ),
    (
        "PL007",
        ("A lighthouse above a stormy sea at night", DEFAULT_CONTEXT),
        ("A photo of a lighthouse above a stormy sea", DEFAULT_CONTEXT),
    ),
    (
        "PL008",
        ("A 16:9 photo of a lake", PromptContext(ratio=AspectRatio.parse("1:1"))),
        ("A photo of a lake at 10:30 am", PromptContext(ratio=AspectRatio.parse("1:1"))),
    ),
    (
        "PL009",
        ("A vertical poster for a jazz concert", DEFAULT_CONTEXT),
        ("A poster for a jazz concert", DEFAULT_CONTEXT),
    ),
    (
        "PL010",
        ("A photo of a lake", PromptContext(ratio=AspectRatio.parse("21:9"), family="imagen")),
        ("A photo of a lake", PromptContext(ratio=AspectRatio.parse("21:9"), family="gemini-3")),
    ),
    (
        "PL011",
        ('A poster with the slogan "Summer never felt so good, friends"', DEFAULT_CONTEXT),
        ('A poster with the text "Summerland"', DEFAULT_CONTEXT),
    ),
    (
        "PL012",
        ('A sign with "One" and "Two" and "Three" and "Four"', DEFAULT_CONTEXT),
        ('A poster with "Summerland" and "Summer never felt so good"', DEFAULT_CONTEXT),
    ),
    (
        "PL013",
        ("A modern logo with the text Journey", DEFAULT_CONTEXT),
        ('A modern logo with the text "Journey"', DEFAULT_CONTEXT),
    ),
    (
        "PL014",
        (
            'A menu with "Soup of the day, bread and olive oil" and "Roast chicken with lemon and thyme potatoes"',
            DEFAULT_CONTEXT,
        ),
        ('A menu with "Soup of the day"', DEFAULT_CONTEXT),
    ),
    (
        "PL015",
        ('A poster with the title "Noir" in Helvetica', DEFAULT_CONTEXT),
        ('A poster with the title "Noir" in a bold sans-serif font', DEFAULT_CONTEXT),
    ),
    (
        "PL016",
        ("A photo of a street with no cars", DEFAULT_CONTEXT),
        ("A photo of an empty, deserted street", DEFAULT_CONTEXT),
    ),
    (
        "PL017",
        ("A photo of a cat on a mat", PromptContext(negative="blurry", model="gemini-3.1-flash-image")),
        ("A photo of a cat on a mat", PromptContext(negative="blurry", model="imagen-3.0-generate-001")),
    ),
    (
        "PL018",
        ('A poster with the title "Noir"', PromptContext(negative="ugly, blurry, text")),
        ("A photo of a cat on a mat", PromptContext(negative="ugly, blurry, text")),
    ),
    (
        "PL019",
        ("A 4K HDR high-quality masterpiece photo of a corn stalk in a field, award-winning", DEFAULT_CONTEXT),
        ("A 4K HDR photo of a corn stalk in a field", DEFAULT_CONTEXT),
    ),
    (
        "PL020",
        ("A 4K photo of a corn stalk in a field", DEFAULT_CONTEXT),
        ("A 4K photo of a corn stalk in a field", PromptContext(size=Resolution("4K"))),
    ),
    (
        "PL021",
        ("A watercolor painting of a barn in a field, HDR", DEFAULT_CONTEXT),
        ("A photo of a barn in a field, HDR", DEFAULT_CONTEXT),
    ),
    (
        "PL022",
        ("A photo of a leaf on a table, macro lens, wide angle", DEFAULT_CONTEXT),
        ("A photo of a plate of pasta on a table, 100mm Macro lens", DEFAULT_CONTEXT),
    ),
    (
        "PL023",
        ("A charcoal drawing of a harbour at dusk, 85mm lens", DEFAULT_CONTEXT),
        ("A photo of a harbour at dusk, 85mm lens", DEFAULT_CONTEXT),
    ),
    (
        "PL024",
        ("A close-up aerial photo of a city with towers", DEFAULT_CONTEXT),
        ("An aerial photo of a city with towers", DEFAULT_CONTEXT),
    ),
    (
        "PL025",
        ("A photo of a beach at golden hour at night", DEFAULT_CONTEXT),
        ("A photo of a beach at golden hour", DEFAULT_CONTEXT),
    ),
    (
        "PL026",
        ("一只猫的照片", PromptContext(family="imagen")),
        ('A photo of a cat on a mat with the sign "猫"', PromptContext(family="imagen")),
    ),
    (
        "PL027",
        ("Ett foto av en katt på en matta", PromptContext(language="sv")),
        ("Ein Foto einer Katze auf einer Matte", PromptContext(language="de")),
    ),
    (
        "PL028",
        ("A photo of a child on a swing", PromptContext(person="allow_adult")),
        ("A photo of a woman on a swing", PromptContext(person="allow_adult")),
    ),
    (
        "PL029",
        ("A photo of a family on a beach", PromptContext(person="allow_all", region="EU")),
        ("A photo of a family on a beach", PromptContext(person="allow_all", region="US")),
    ),
    (
        "PL030",
        ("Make the sofa brown leather", PromptContext(operation="edit", images=1)),
        ("Make the sofa brown leather, keep everything else unchanged", PromptContext(operation="edit", images=1)),
    ),
    (
        "PL031",
        ("Turn this photo into a cartoon", PromptContext(images=0)),
        ("Turn this photo into a cartoon", PromptContext(images=1)),
    ),
    (
        "PL032",
        ("Put the logo from image 3 on the shirt", PromptContext(images=2)),
        ("Put the logo from image 2 on the shirt", PromptContext(images=2)),
    ),
    (
        "PL033",
        ("Let the woman wear the dress in a photo", PromptContext(images=2)),
        ("Let the woman from image 2 wear the dress from image 1 in a photo", PromptContext(images=2)),
    ),
    (
        "PL034",
        ("A photo of all these things on a table", PromptContext(images=4, family="gemini-2.5")),
        ("A photo of all these things on a table", PromptContext(images=3, family="gemini-2.5")),
    ),
    (
        "PL035",
        (
            "Add a hat, remove the car, make the sky pink and change the shirt; keep the rest",
            PromptContext(operation="edit", images=1),
        ),
        ("Add a hat and keep the rest", PromptContext(operation="edit", images=1)),
    ),
    (
        "PL036",
        ("Generate four variations of a logo on white", DEFAULT_CONTEXT),
        ("Generate four variations of a logo on white", PromptContext(count=4)),
    ),
    (
        "PL037",
        ("A kawaii sticker of a panda. The background must be transparent.", DEFAULT_CONTEXT),
        ("A kawaii sticker of a panda. The background must be white.", DEFAULT_CONTEXT),
    ),
    (
        "PL038",
        ("A photorealistic [shot type] of a cat on a mat", DEFAULT_CONTEXT),
        ("A photorealistic close-up of a cat on a mat", DEFAULT_CONTEXT),
    ),
    (
        "PL039",
        ("A photo of sk-abcdefghijklmnopqrst on a wall", DEFAULT_CONTEXT),
        ("A photo of a ski-slope in the alps", DEFAULT_CONTEXT),
    ),
    ("PL040", ('A poster with the title "Noir', DEFAULT_CONTEXT), ('A poster with the title "Noir"', DEFAULT_CONTEXT)),
    (
        "PL041",
        ("A photo of a lake, soft light, calm water, soft light", DEFAULT_CONTEXT),
        ("A photo of a lake, soft light, calm water", DEFAULT_CONTEXT),
    ),
    (
        "PL042",
        ("street scene in new york city, fisheye lens", PromptContext(family="imagen")),
        ("street photography in new york city, fisheye lens", PromptContext(family="imagen")),
    ),
    (
        "PL043",
        ("A photo of an old man in a hat, smiling", PromptContext(family="imagen")),
        ("A portrait photo of an old man in a hat, smiling", PromptContext(family="imagen")),
    ),
    (
        "PL044",
        ("Generate an illustrated recipe for a paella", PromptContext(modalities=("IMAGE",))),
        ("Generate an illustrated recipe for a paella", PromptContext(modalities=("TEXT", "IMAGE"))),
    ),
    (
        "PL045",
        ('A poster with "Annual flower and garden show" and "Town hall, 3 May"', PromptContext(family="gemini-2.5")),
        ('A poster with "Annual flower show"', PromptContext(family="gemini-2.5")),
    ),
)
