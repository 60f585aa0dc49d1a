"""Patterns an instruction is read by. All are matched against lower-case text."""

from __future__ import annotations

from limner.providers.sandbox.prompt.words import COLOR_SPELLINGS, COLORS, Table

COLOR = "|".join(sorted((*COLORS, *COLOR_SPELLINGS), key=len, reverse=True))
ARTICLE = r"(?:the|this|that|these|those|my|his|her|its|their|our|all|every|each)"

VERBS = (
    r"make|change|turn|add|put|remove|delete|erase|give|place|paint|colou?r|recolou?r|set|rotate"
    r"|flip|mirror|crop|"
    r"extend|blur|sharpen|convert|replace|swap|let|darken|brighten|increase|decrease|reduce|lower"
    r"|raise|draw|insert|"
    r"write|move|zoom|transform|apply|render|dye|tint|include|get rid|take|cut|expand|invert"
    r"|desaturate|show|shift|"
    r"have|use|keep|drop|hide|enhance|upscale|dress|cover|fill|remake|redo|restyle|outpaint|widen"
    r"|soften|scale|resize"
)

COMBINE = (
    r"\b(?:combine|merge|blend|composite|mash)\b|\b(?:second|2nd|other|third|last) (?:image|picture"
    r"|photo|one)\b"
    r"|\b(?:image|picture|photo) (?:2|two|b|3|three)\b|\bboth (?:images|pictures|photos)\b"
    r"|\b(?:put|place|add|insert|move) (?:it|this|that|them|these) (?:in|into|on|onto"
    r"|next to) the (?:first|1st)\b"
)

UNTEXT = (
    r"\b(?:remove|delete|erase|get rid of|take (?:away|out|off)|without|no more|hide|clear|drop)\b[^,.]{0,24}"
    r"\b(?:texts?|words?|letters|lettering|captions?|titles?|writing|slogan|headline)\b"
)
WRITE = (
    r"\b(?:add|write|put|place|insert|include|print|set|type|overlay|caption|title|change"
    r"|replace|say|says)\b"
)
TEXT_NOUN = r"\b(?:texts?|words?|captions?|titles?|letters|lettering|headline|slogan|writing)\b"
SIGN = r"\b(?:sign|signboard|billboard|placard|plaque)\b"
TEXT_PLACES: Table = (
    ("bottom", r"\b(?:bottom|below|underneath|lower|foot)\b"),
    ("top", r"\b(?:top|above|upper|header)\b"),
    ("center", r"\b(?:cent(?:er|re)|middle|across)\b"),
)
SIDES: Table = (("left", r"\bleft\b"), ("right", r"\bright\b"))
FACES: Table = (
    ("pixel", r"\bpixel"),
    ("hand", r"\bhand-?writ|\bchalk"),
    ("script", r"\bscript\b|\bcursive\b|\bcalligraph"),
    ("deco", r"\bart deco\b"),
    ("serif", r"\bserif\b|\belegant\b"),
    ("bold", r"\bbold\b|\bblock\b"),
)

BACKDROP = r"\b(?:back ?ground|back ?drop|bg|scenery|surroundings|setting)\b"
CUT_OUT = (
    r"\b(?:remove|delete|erase|drop|get rid of|take (?:away|out|off)|without|no|eliminate|clear"
    r"|strip|cut(?: out)?)\b"
    r"[^,.]{0,20}" + BACKDROP + r"|\btransparent\b|\bcut ?-?out\b|\bisolate\b|\bcut out (?:the|this"
    r"|my|her|him|it)\b"
    r"|\b(?:as |into )?(?:a )?(?:png )?sticker\b|\balpha channel\b"
)
IN_BACKDROP = r"\b(?:in|from|on) (?:the|this|that) (?:background|backdrop|scenery|setting|bg)\b"
BLUR = (
    r"\bblur(?:red|ry|s|ring)?\b|\bout of focus\b|\bbokeh\b|\bdepth of field\b|\bdefocus\w*\b"
    r"|\bsoft(?:en|er)? focus\b"
)
RELOCATE = (
    r"\b(?:put|place|set|move|transport|take|show|bring|relocate|teleport|send|have|drop|imagine|make)\b"
    r"[^,.]{0,12}?\b(?:it|him|her|them|this|that|me|us|the [\w ]{2,30}?|(?:this|my|her|his) [\w ]{2,20}?)"
    r"(?: be| stand| sit| appear| look like it'?s)? (?:in|on|at|into|onto|inside|under|by|to|in front of)\b"
)
NEW_SCENE = r"\b(?:same|but) [^,.]{0,30}\b(?:in|on|at|into)\b|^ ?(?:now )?(?:in|on|at) (?:a|an|the)\b"

REPLACE = (
    r"\b(?:replace|swap|substitute|exchange)\b (?:out )?(?P<old>[\w' -]+?) (?:with|by|for|to"
    r"|into) (?P<new>[\w' -]+)",
    r"\b(?:turn|change|transform|make|convert|morph)\b (?P<old>[\w' -]+?) (?:into|to(?: be)?"
    r"|become) (?P<new>an? [\w' -]+)",
    r"\bmake (?P<old>the [\w'-]+|it|this|that|her|him) (?P<new>an? [\w' -]+)",
    r"\b(?P<new>an? [\w -]+) instead of (?P<old>(?:the|a|an|this) [\w -]+)",
    r"\binstead of (?P<old>(?:the|a|an|this) [\w -]+?) (?:use|put|have|show|draw|make it"
    r"|i want) (?P<new>an? [\w -]+)",
)

REMOVE = (
    r"\b(?:remove|delete|erase|take (?:away|out|off)|get rid of|eliminate|hide|drop (?=the|this|that)|wipe(?: out)?"
    r"|lose|clear(?: away)?|"
    r"clean up|edit out|photoshop out|without|no more)\b (?P<what>.+)"
)
TAKE_OUT = r"\b(?:take|cut|move|crop|leave) (?P<what>[^,.]+?) (?:out|off|away)\b"
REMOVE_TAIL = (
    r"\b(?:from|in|on|off|out of|behind|at|next to|near) (?:the|this|my|that) .*$"
    r"|\b(?:away|please|completely|entirely)\b"
)

ADD = (
    r"\b(?:add|put|place|insert|include|draw|give|dress|attach|stick|drop|paint|throw in|with"
    r"|wears?|wearing|needs?|have|set)\b"
)
ANCHOR = (
    r"\b(?P<relation>next to|beside|near|by|behind|in front of|on top of|above|over|below"
    r"|under(?:neath)?|on|onto|to|"
    r"into|in|inside|left of|right of|close to|alongside|around|with)"
    r" (?:(?:the|this|that|my|his|her|its|their|our) (?P<what>[a-z][\w' -]*?)|(?:it|him|them|her))"
    r"(?= (?:and|with|wearing|holding|in|on|at|to|as)\b|[,.·]|\s*$)"
)
ALL_BUT = r"\b(?:everything|all)(?: else)? (?:except|but|besides|other than)\b|\bkeep only\b"
RECEIVER = (
    r"\b(?:give|make|let|have|dress|put) (?:the|this|that|my|his|her|their|our) (?P<what>[a-z]\w+)"
    r"(?: (?:wear|wearing|hold|holding|in|with))? (?=an?\b|some\b|two\b|sun|glass|(?:" + COLOR + r")\b)"
)
NO_ANCHORS = frozenset(
    {"left", "right", "top", "bottom", "sky", "middle", "center", "corner", "air", "ground", "front"}
)
ANCHOR_SPAN = ANCHOR.replace("?P<what>", "?:").replace("?P<relation>", "?:")
SPOTS: Table = (
    ("behind", r"\bbehind\b|\bin the (?:background|distance)\b|\bfar away\b"),
    ("sky", r"\bin the (?:sky|air)\b|\babove\b|\bflying\b|\bover(?:head)?\b"),
    ("worn", r"\bon (?:his|her|its|their) (?:head|face|nose|eyes)\b"),
    ("left", r"\bleft\b"),
    ("right", r"\bright\b"),
    ("top", r"\bon top of\b|\b(?:at|in|to) the top\b"),
    ("bottom", r"\bin front of\b|\b(?:at|in|to) the (?:bottom|foreground|front)\b"),
    ("center", r"\bin the (?:cent(?:er|re)|middle)\b"),
    ("beside", r"\bnext to\b|\bbeside\b|\bnear\b|\bclose to\b|\balongside\b"),
)

RECOLOR = (
    r"\b(?:make|change|turn|paint|colou?r|recolou?r|dye|tint|set|repaint|should be|want|have|give"
    r"|use|switch|needs? to be|"
    r"instead|to be|convert|shade|let|now|with)\b"
)
DETAILS = frozenset(
    {"eye", "eyes", "lips", "nose", "mouth", "ear", "ears", "tail", "wheels", "windows", "teeth", "nails", "skin"}
    | {"legs", "hands", "feet", "shoes", "face", "handle", "roof", "door", "buttons"}
)
"""Nouns that name a detail too small to be told apart in a picture."""
PARTS = {
    "sky": "sky", "skies": "sky", "ground": "ground", "grass": "ground", "floor": "ground", "road": "ground",
    "street": "ground", "sand": "ground", "field": "ground", "lawn": "ground",
    "water": "water", "sea": "water", "ocean": "water", "lake": "water", "river": "water",
    "hair": "hair", "shirt": "clothes", "dress": "clothes", "jacket": "clothes", "clothes": "clothes",
    "coat": "clothes", "sweater": "clothes", "outfit": "clothes", "suit": "clothes", "t-shirt": "clothes",
}  # fmt: skip
"""Nouns that name a part of any picture, by the part."""

EXTRA_STYLES: Table = (
    ("mosaic", r"\bmosaics?\b"),
    (
        "lineart",
        r"\bline[ -]?(?:art|work)\b|\bline drawing\b|\bcolou?ring (?:page|book)\b"
        r"|\boutlines?(?: only| drawing)?\b(?! (?:and|with) flat colou?rs?)|\bink drawing\b",
    ),
    ("ink", r"\bink wash\b|\bsumi-?e\b|\bchinese ink\b|\bink (?:painting|brush)\b|水墨"),
    ("lowpoly", r"\bpolygon(?:al|s)?\b|\bfacet\w*\b"),
    ("painting", r"\boil(?:s| paint(?:ing|ed)?)?\b|\bpainted\b|\bbrush ?strokes\b|\bacrylic\b|\bcanvas\b"),
    (
        "vintage",
        r"\bold(?:er)?(?: photo\w*)?\b|\baged\b|\bnostalgic\b|\bfilm (?:look|grain)\b|\banalog\w*\b"
        r"|\bgrain(?:y)?\b",
    ),
    ("cinematic", r"\bcinematic\b|\bmovie (?:look|scene|poster look)\b|\bblockbuster\b|\bteal and orange\b"),
    ("bw", r"\bblack[ -]?n[ -]?white\b|\bblack/white\b|\bcolou?rless\b|\bgr[ae]y ?tones?\b|\bb ?& ?w\b"),
    ("neon", r"\bcyberpunk\b|\bsynthwave\b|\bvaporwave\b|\btron\b"),
    ("pencil", r"\bdrawing\b|\bhand-?drawn\b|\bdrawn\b"),
    ("anime", r"\billustration\b|\bpixar\b|\bdisney\b|\boutlines (?:and|with) flat colou?rs?\b"),
    ("pixel", r"\bminecraft\b|\bpixelate\w*\b|\bpixels?\b"),
)
EXTRA_TIMES: Table = (
    ("night", r"\bnights?\b|\bnight-?time\b|\bafter dark\b|\bmoonlight\b"),
    ("day", r"\bday\b|\bdaytime\b|\bdaylight\b|\bmidday\b|\bafternoon\b"),
    ("golden", r"\bgolden\b(?= (?:light|glow|sun))"),
)
EXTRA_WEATHER: Table = (
    (
        "clear",
        r"\bsunny\b|\bsunshine\b|\bclear (?:sky|skies|weather)\b|\bno (?:clouds|rain|fog|snow)\b"
        r"|\bstop raining\b",
    ),
    (
        "snowfall",
        r"\badd (?:some |more )?snow\b|\bsnowfall\b|\bsnow(?:s|ing)\b|\blet it snow\b"
        r"|\bsnowflakes\b|\bsnowstorm\b",
    ),
    ("fog", r"\bhazy?\b|\bsmoky?\b"),
    ("overcast", r"\bclouds\b|\bcloudy\b|\bgr[ae]y sky\b"),
    ("storm", r"\bstorm\w*\b|\bthunder\w*\b|\blightning\b"),
)
EXTRA_SEASONS: Table = (
    ("winter", r"\bsnow(?:y|ed)?\b|\bchristmas\b|\bcold weather\b"),
    ("autumn", r"\bfall\b(?! (?:off|down|over|out))|\bautumn\w*\b"),
    ("spring", r"\bspring\w*\b"),
    ("summer", r"\bsummer\w*\b"),
)

LESS = r"\b(?:less|decrease|reduce|lower|down|weaker|lessen|tone down|drop)\b"
SLIGHTLY = r"\b(?:slightly|a (?:little|bit|touch|tad)|subtly|somewhat)\b"
STRONGLY = r"\b(?:much|a lot|very|way|far|extremely|really|super|significantly)\b"
LEVELS: tuple[tuple[str, float, str], ...] = (
    (
        "brightness",
        1.35,
        r"\bbright(?:er|en(?:ed)?|ness)?\b|\blight(?:er|en(?:ed)?)\b|\bexposure\b|\bwell lit\b"
        r"|\bmore light\b",
    ),
    (
        "brightness",
        0.62,
        r"\bdark(?:er|en(?:ed)?|ness)?\b|\bdim(?:mer|med)?\b|\bunderexpose\w*\b|\bless light\b|\bmoody\b",
    ),
    ("contrast", 1.4, r"\bcontrast(?:y|ed)?\b|\bpunch(?:y|ier)\b|\bdramatic\b|\bpop\b"),
    (
        "saturation",
        0.45,
        r"\bdesaturat\w*\b|\bmuted\b|\bfaded?\b|\bpale(?:r)?\b|\bdull(?:er)?\b"
        r"|\bwashed out\b",
    ),
    (
        "saturation",
        1.6,
        r"\bsaturat\w*\b|\bvibran\w*\b|\bvivid\b|\bcolou?rful\b|\bmore colou?rs?\b|\bricher colou?rs?\b",
    ),
    ("warmth", 1.4, r"\bwarm(?:er|th|ly)?\b|\bcozy\b|\bcosy\b"),
    ("warmth", 0.65, r"\bcool(?:er)?\b|\bcold(?:er)?\b|\bchilly\b|\bicier\b"),
)
RISING = r"\b(?:brightness|contrast|saturation|warmth|exposure|vibrance)\b"

SHARPEN = (
    r"\bsharp(?:en(?:ed)?|er)\b|\benhance\w*\b|\bupscal\w*\b|\b(?:higher|better|improve\w*"
    r"|high) (?:the )?(?:quality|resolution|res)\b"
    r"|\bimprove\b|\brestore\b|\bcris(?:p|per)\b|\b(?:4k|8k|hd|hdr)\b|\bclean(?:er)? up\b|\bfix\b"
    r"|\bmore detail\w*\b|\bdeblur\b|\bdenoise\b"
)
INVERT = r"\binvert(?:ed)?\b|\bnegative\b"
FLIP_DOWN = (
    r"\bupside[ -]down\b|\bflip(?:ped)?[^,.]{0,24}vertical\w*|\bvertical(?:ly)? flip\b"
    r"|\bflip it over\b"
)
FLIP = (
    r"\b(?:flip|mirror|mirrored|flipped|reverse|reversed|left[ -]right)\b|\bface the other way\b"
    r"|\bother direction\b"
)
ROTATE = r"\b(?:rotate|turn|tilt|spin)(?:d|ed)?\b"
DEGREES = r"(-?\d{1,3})(?:\.\d+)? ?(?:°|deg\w*)"
COUNTER = r"\b(?:counter|anti)[- ]?clockwise\b|\b(?:to the )?left\b"
QUARTER = r"\b(?:sideways|clockwise|quarter|to the (?:left|right))\b"

RATIO = r"\b(\d{1,2}) ?[:x×/] ?(\d{1,2})\b"
EXTEND = (
    r"\bextend\w*\b|\bout-?paint\w*\b|\bexpand\w*\b|\bun-?crop\w*\b|\bzoom(?:ed)? out\b"
    r"|\bwide-?screen\b|\bwiden\b|\bwider\b"
    r"|\bpanoram\w*\b|\bmore (?:space|room|sky|background)\b|\bpull back\b|\bstep back\b|\btaller\b"
    r"|\bcontinue the (?:image|picture|scene)\b"
)
CROP = (
    r"\bcrop\w*\b|\bzoom(?:ed)?(?: in)?\b(?! out)|\bclose(?:r|[ -]?up)\b|\btrim\b"
    r"|\bcut off the (?:edges|borders)\b"
)
SHAPES: tuple[tuple[float, str], ...] = (
    (
        16 / 9,
        r"\bwide-?screen\b|\byoutube\b|\bdesktop wallpaper\b|\blandscape (?:format|orientation|mode"
        r"|shape)\b|\bcinema(?:scope)?\b",
    ),
    (9 / 16, r"\b(?:phone|mobile) wallpaper\b|\bstory\b|\breels?\b|\btiktok\b|\bvertical (?:format|video)\b"),
    (3 / 4, r"\bportrait (?:format|orientation|mode|shape)\b|\btaller\b"),
    (1.0, r"\bsquare\b"),
    (21 / 9, r"\bultra-?wide\b|\bpanoram\w*\b"),
)
LARGER = r"\b(?:bigger|larger|enlarge|huge|giant|grow|taller|scale up|blow up|gigantic)\b"
SMALLER = r"\b(?:smaller|shrink|tiny|tinier|mini|scale down|reduce the size)\b"
MOVE = r"\b(?:move|shift|slide|push|position)\b"
FRAME = r"\b(?:frame|border|passe-?partout|matte?)\b"
EVERYTHING = (
    r"\b(?:everything|whole (?:image|picture|photo|thing)|entire (?:image|picture|photo)"
    r"|all of it)\b"
)
STOP_WORDS = frozenset(
    {"it", "this", "that", "them", "him", "her", "me", "us", "image", "picture", "photo", "photograph", "scene"}
    | {"thing", "one", "whole", "entire", "color", "colour", "colors", "colours", "version", "subject", "object"}
    | {"main", "shot", "pic", "drawing", "everything", "background", "make", "something", "anything"}
)
