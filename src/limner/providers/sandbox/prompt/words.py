"""Words the sandbox model knows: colors, and patterns for places, light, style, lens and landmarks.

Each table is a tuple of (id, pattern); a scene holds the ids. Patterns are matched against lower case text, in order;
they are compiled on first use. The long word lists (aliases, words that are no things) lie in `word_lists`.
"""

from __future__ import annotations

import functools
import re
from typing import TypeAlias

from limner.providers.sandbox.prompt.word_lists import ALIAS_LINES, CHINESE_LINES, NOT_THINGS_TEXT, SCENERY_TEXT

Table: TypeAlias = tuple[tuple[str, str], ...]
Patterns: TypeAlias = tuple[tuple[str, re.Pattern[str]], ...]

COLORS: dict[str, tuple[int, int, int]] = {
    "red": (222, 45, 45),
    "orange": (245, 134, 20),
    "yellow": (255, 208, 40),
    "green": (58, 148, 66),
    "blue": (42, 104, 220),
    "purple": (124, 58, 196),
    "pink": (255, 122, 172),
    "brown": (124, 82, 58),
    "black": (42, 42, 50),
    "white": (246, 246, 244),
    "gray": (130, 136, 142),
    "gold": (218, 168, 36),
    "silver": (178, 186, 194),
    "teal": (0, 132, 132),
    "cyan": (0, 190, 214),
    "turquoise": (56, 208, 196),
    "magenta": (218, 34, 150),
    "navy": (24, 38, 92),
    "beige": (226, 206, 172),
    "cream": (250, 240, 214),
    "crimson": (176, 24, 54),
    "maroon": (118, 24, 40),
    "violet": (134, 66, 204),
    "indigo": (68, 54, 160),
    "lavender": (188, 168, 232),
    "lime": (160, 214, 44),
    "olive": (122, 128, 48),
    "coral": (255, 126, 94),
    "peach": (255, 190, 152),
    "mint": (152, 226, 190),
    "bronze": (172, 112, 56),
    "copper": (190, 104, 62),
}
COLOR_SPELLINGS = {
    "grey": "gray",
    "golden": "gold",
    "silvery": "silver",
    "violette": "violet",
    "scarlet": "red",
    "ruby": "crimson",
    "emerald": "green",
    "azure": "blue",
    "aqua": "cyan",
    "amber": "orange",
    "blonde": "gold",
    "purplish": "purple",
    "reddish": "red",
    "bluish": "blue",
    "greenish": "green",
    "tan": "beige",
    "ivory": "cream",
    "fuchsia": "magenta",
    "burgundy": "maroon",
    "charcoal-colored": "black",
}

STYLES: Table = (
    ("pixel", r"pixel(?:\s?-?\s?art|ated)?\b|\b(?:8|16)-?\s?bit\b|retro (?:video )?game(?: style)?|像素"),
    ("neon", r"\bneon(?:[ -](?:signs?|tubes?|lights?|glow\w*|lit|style))*\b|霓虹"),
    ("noir", r"\b(?:film[ -])?noir\b|黑色电影"),
    ("bw", r"\bblack[ -](?:and|&)[ -]white\b|\bmonochrom\w*|\bb&w\b|\bb/w\b|\bgr[ae]yscale\b|黑白"),
    ("charcoal", r"\bcharcoal(?: (?:drawing|sketch))?\b|炭笔"),
    ("colorpencil", r"\bcolou?red? pencils?(?: (?:drawing|sketch))?|\bcrayons?(?: drawing)?\b"),
    ("blueprint", r"\bblue ?prints?\b|\bcyanotype\b"),
    (
        "pencil",
        r"\b(?:technical |detailed |graphite )*pencil(?:[ -](?:drawing|sketch|style|art))*\b|\bgraphite\b"
        r"|\bsketch(?:ed|y)?\b|\btechnical drawing\b|\bline (?:art|drawing)\b|\bink drawing\b|\betching\b|素描",
    ),
    ("pastel", r"\bpastels?(?: (?:painting|drawing|colou?rs?|tones?|palette))?\b"),
    ("watercolor", r"\bwater ?colou?rs?(?: (?:painting|style|illustration))?\b|\baquarelle\b|水彩"),
    (
        "impressionist",
        r"\b(?:post-?)?impressionis\w*(?: (?:oil )?painting)?\b|\bvan gogh\b|\bmonet\b|\bpainterly\b|印象派",
    ),
    ("renaissance", r"\brenaissance(?: (?:style|painting))?\b|\bbaroque\b|\bold master\w*\b|\brembrandt\b"),
    ("popart", r"\bpop[ -]?art\b|\bwarhol\b|\blichtenstein\b|波普"),
    ("artdeco", r"\bart[ -]?deco\b"),
    (
        "origami",
        r"\borigami\b|\bmade of (?:folded )?paper\b|\bpaper ?craft\b|\bfolded paper\b|\bpaper cut\w*\b"
        r"|折纸",
    ),
    ("lowpoly", r"\blow[ -]?poly(?:gon)?\b"),
    ("polaroid", r"\bpolaroid\b|\binstant photo\w*\b"),
    ("duotone", r"\bduo[ -]?tones?\b|\btwo[ -]tone\b"),
    ("sepia", r"\bsepia\b"),
    (
        "vintage",
        r"\bvintage\b|\bretro\b|\bmovie still\b|\bfilm still\b|\b(?:19)?[2-8]0s (?:photo|film|style)\b"
        r"|复古",
    ),
    ("comic", r"\bcomic(?:[ -](?:book|strip|style))*\b|\bgraphic novel\b"),
    ("anime", r"\banime\b|\bmanga\b|\bcartoon\w*\b|\bghibli\b|\bcel[ -]?shad\w*\b|动漫|卡通"),
    ("stained", r"\bstained[ -]?glass\b|\bmosaic\b"),
    ("painting", r"\b(?:oil|acrylic|gouache) (?:painting|on canvas)\b|\boil paints?\b|\bpainting\b|油画"),
    ("isometric", r"\bisometric\b"),
)
CAMERA: Table = (
    ("macro", r"\bmacro(?: (?:shot|lens|photo\w*))?\b|\bextreme close[ -]?up\b"),
    ("closeup", r"\bclose[ -]?up(?: shot)?\b|\bclose shot\b|特写"),
    ("portrait", r"\bportraits?\b|\bheadshot\b|肖像"),
    ("bokeh", r"\bbokeh\b|\bsoft focus\b|\b(?:shallow )?depth of field\b|\bblurred background\b|\bf/1\.\d\b"),
    (
        "aerial",
        r"\baerial(?: (?:view|shot|photo\w*))?\b|\bbird'?s?[ -]?eye(?: view)?\b|\bfrom above\b"
        r"|\bdrone (?:shot|view)\b",
    ),
    (
        "wide",
        r"\bwide[ -]?(?:angle|shot)(?: (?:lens|shot))?\b|\bzoomed out\b|\bfar away\b|\bpanoram\w+\b"
        r"|\bexpansive\b",
    ),
    ("fisheye", r"\bfish-?eye(?: lens)?\b"),
    (
        "motion",
        r"\bmotion blur\w*\b|\bfast shutter speed\b|\bmovement tracking\b|\bpanning shot\b"
        r"|\blong exposure\b",
    ),
    ("illustration", r"\b(?:children'?s )?(?:book |digital |vector |flat )*illustrations?\b|插画"),
    ("stilllife", r"\bstill[ -]?life\b|静物"),
    (
        "render",
        r"\b(?:3|three)[ -]?d(?:imensional)?(?:[ -](?:render(?:ed|ing)?|image|model|style|art))*\b"
        r"|\bclay(?: render)?\b",
    ),
    ("photo", r"\bphoto(?:graph(?:y|s|er)?|realis\w*|s)?\b|\brealistic\b|\bdslr\b|\b35 ?mm\b|照片|摄影"),
)
TIMES: Table = (
    ("golden", r"\bgolden[ -]hour\b|\bgolden light\b|\bwarm light(?:ing)?\b|\blate afternoon\b"),
    (
        "sunset",
        r"\bsun[ -]?sets?\b|\bsun (?:is )?setting\b|\bsunsets?\b|\bdusk\b|\btwilight\b|\bevening\b"
        r"|\bblue hour\b|日落|黄昏|夕阳",
    ),
    ("dawn", r"\bsun ?ris(?:e|es|ing)\b|\bsun (?:is )?rising\b|\bdawn\b|\b(?:early )?morning\b|日出|清晨|早晨"),
    (
        "night",
        r"\b(?:at |by |late )?night(?: ?time)?\b|\bmidnight\b|\bmoon ?lit\b|\bmoon ?light\b"
        r"|\bstarry(?: (?:sky|night))?\b|夜晚|夜",
    ),
    (
        "day",
        r"\bmid-?day\b|\bnoon\b|\b(?:sunny|bright|clear) day\b|\bday ?time\b|\bday ?light\b"
        r"|\bblue sk(?:y|ies)\b|白天",
    ),
)
WEATHER: Table = (
    ("storm", r"\b(?:thunder)?storm(?:y|s)?\b|\blightning\b|暴风"),
    ("rain", r"\brain(?:y|ing|fall|drops)?\b|\bdrizzl\w*\b|雨"),
    ("snowfall", r"\bsnowfall\b|\bsnowing\b|\bfalling snow\b|\bblizzard\b|\bsnowflakes? falling\b|下雪"),
    ("fog", r"\bfog(?:gy)?\b|\bmist(?:y)?\b|\bhaz[ey]\b|雾"),
    ("overcast", r"\bovercast\b|\bcloudy\b|\bgr[ae]y sk(?:y|ies)\b|\bgloomy\b|\bmuted light\b|多云"),
)
SEASONS: Table = (
    ("spring", r"\b(?:in )?(?:the )?spring(?:time)?\b|\b(?:cherry )?blossoms?\b|春"),
    ("autumn", r"\bautumn(?:al)?\b|\bin (?:the )?fall\b|\bfall (?:colou?rs|foliage|leaves|season)\b|秋"),
    (
        "winter",
        r"\b(?:in )?(?:the )?winter\w*\b|\bsnow(?:y|-covered|-capped)?\b|\bfrost(?:y|ed)?\b|\bicy\b|冬"
        r"|雪",
    ),
    ("summer", r"\b(?:in )?(?:the )?summer\w*\b|夏"),
)
MOODS: Table = (
    ("future", r"\bfuturis\w*\b|\bsci-?\s?fi\b|\bcyber(?:punk)?\b|\bof the future\b|未来|科幻|赛博朋克"),
    ("fantasy", r"\bfantasy\b|\bmagical\b|\bmystical\b|\bfairy ?tale\b|\benchanted\b|\bdream(?:y|like)\b"),
    ("happy", r"\bhappy\b|\bcheerful\b|\bjoyful\b|\bplayful\b|\bvibrant\b|\bcolou?rful\b|\bvivid\b|快乐"),
    ("dark", r"\bdark\b|\bmoody\b|\bspooky\b|\bscary\b|\bhaunted\b|\beerie\b|\bhalloween\b"),
)
LANDMARKS: Table = (
    ("windfarm", r"\bwind[ -]?(?:farms?|turbines?|mills?|power)\b|\bturbines?\b|风车"),
    ("bridge", r"\b(?:suspension |golden gate |brooklyn )?bridges?\b|桥"),
    ("moon", r"\b(?:a |the )?(?:full |big |giant |huge |crescent )?moon\b|月亮|月"),
    ("rainbow", r"\brainbows?\b|彩虹"),
    ("fireworks", r"\bfireworks?\b|烟花"),
    ("aurora", r"\baurora(?: borealis)?\b|\bnorthern lights\b|极光"),
    ("waterfall", r"\bwater ?falls?\b|瀑布"),
    ("river", r"\brivers?\b|\bstreams?\b|\bcreeks?\b|河"),
    ("road", r"\broads?\b|\bhighways?\b|\bstreets?\b|\brace ?tracks?\b|路|街"),
    ("path", r"\b(?:path|trail|walkway)\b"),
    ("lighthouse", r"\blight ?houses?\b|灯塔"),
    (
        "tower",
        r"\b(?:a |an |the )(?:[\w-]+ ){0,3}skyscraper\b|\btall building\b"
        r"|\b(?:apartment|office) (?:building|tower)\b",
    ),
    ("barn", r"\bbarns?\b|\bfarm ?house\b"),
)
PLACES: Table = (
    ("lunar", r"\bon (?:the )?(?:moon|mars)\b|\b(?:lunar|martian) (?:surface|landscape)\b|\bmoon landing\b"),
    ("shanshui", r"中国风|国画|水墨|\bchinese (?:style|ink|painting|poster)\b|\bink wash\b|\bsumi-?e\b"),
    (
        "space",
        r"\b(?:outer |deep )?space\b(?! ?ship|craft)|\bgalax(?:y|ies)\b|\bnebulas?\b|\bcosmos\b"
        r"|\bastrophotography\b|太空|宇宙|星空",
    ),
    ("underwater", r"\bunder ?water\b|\bunder the sea\b|\bcoral reef\b|\b(?:ocean|sea) floor\b|海底|水下"),
    ("street", r"\bstreets?\b|\balley(?:way)?\b|\bdowntown\b|\bside ?walks?\b|街"),
    (
        "city",
        r"\bcit(?:y|ies)(?:scapes?)?\b|\bsky ?scrapers?\b|\bsky ?lines?\b|\burban\b|\bmetropolis\b"
        r"|\b(?:new york|tokyo|london|paris|manhattan|shanghai|hong kong)\b"
        r"|\b(?:apartment |office )buildings?\b|城市|都市",
    ),
    ("beach", r"\bbeach(?:es)?\b|\bseaside\b|\btropical(?: island)?\b|\bislands?\b|\bsea ?shore\b|海滩|沙滩"),
    ("desert", r"\bdeserts?\b|\b(?:sand )?dunes?\b|\bsahara\b|沙漠"),
    (
        "mountains",
        r"\b(?:rocky )?mountains?(?:ous)?(?: range| top| peak)?\b|\balps\b|\bpeaks?\b|\bcliffs?\b"
        r"|\bcanyons?\b|\bvalleys?\b|\bfjords?\b|\bhimalayas?\b|山",
    ),
    ("jungle", r"\bjungles?\b|\brain ?forests?\b|丛林"),
    ("forest", r"\bforests?\b|\bwoods\b|\bwoodlands?\b|\bcanopy\b|\bpine trees\b|森林|树林"),
    (
        "meadow",
        r"\b(?:national )?parks?\b|\bmeadows?\b|\b(?:grassy |corn|wheat |open |green )?fields?\b"
        r"|\bgardens?\b|\bwild ?flowers?\b|\bfarm(?:land)?s?\b|\b(?:rolling |green )?hills?\b"
        r"|\bgrass(?:land)?\b|\bcountry ?side\b|\bstadiums?\b|\blawns?\b|\bback ?yards?\b"
        r"|\bvineyards?\b|\bsavannah?\b|公园|草地|花园|田野",
    ),
    (
        "water",
        r"\blakes?\b|\boceans?\b|\bseas?\b|\bponds?\b|\bharbou?rs?\b|\bcoast(?:line|al)?\b|\bwaves?\b"
        r"|湖|海",
    ),
    (
        "table",
        r"\b(?:wooden |kitchen |dining |marble )?(?:table|counter|desk)(?: ?top)?\b|\bkitchens?\b"
        r"|\brestaurants?\b|\bcaf[eé]\b|\bcoffee shop\b|\bbakery\b|\bcutting board\b|桌",
    ),
    (
        "room",
        r"\b(?:living |bed|class|dining |court)?rooms?\b|\boffices?\b|\bindoors?\b|\binteriors?\b"
        r"|\blibrary\b|\bmuseums?\b|\bfire ?place\b|房间|室内",
    ),
    ("clouds", r"\b(?:in|above|over|through) the (?:clouds|sky|air)\b|\bin the sky\b|天空"),
)
KINDS: Table = (
    ("logo", r"\blogos?\b|\blogotype\b|\bemblem\b|\bapp icon\b|标志|徽标|商标"),
    (
        "poster",
        r"\bposters?\b|\bflyers?\b|\bbanners?\b|\b(?:book|album|magazine) cover\b|\bpost ?cards?\b"
        r"|\binvitation\b|\bgreeting card\b|\bcards?\b|海报|传单",
    ),
)
GREENERY = r"\bgreenery\b|\blush\b|\bplants\b|\btrees\b|\bvegetation\b|\bfoliage\b|\bovergrown\b|\bivy\b|绿植|树"
STUDIO = (
    r"\bstudio(?: (?:portrait|photo\w*|shot|lighting|background|setting))?\b"
    r"|\b(?:solid|plain|simple|clean|seamless|minimal(?:ist)?)(?: \w+)? (?:background|backdrop)\b"
    r"|\bproduct (?:photo\w*|shot)\b|\bwhite background\b"
)
FLAT = r"(?:,? ?(?:and )?\b(?:perfectly flat|evenly lit)\b)+"
"""Said of a backdrop that is to be cut out: no light on it, no shadow."""
FLYING = (
    r"\bfl(?:y|ies|ying)\b(?! (?:a|the|his|her|their|\w+) ?kites?)|\bfloat(?:s|ing)?\b|\bhover(?:s|ing)?\b"
    r"|\bsoar(?:s|ing)?\b|\blevitat\w+\b|\bin (?:the )?(?:mid-?)?air\b|飞"
)

ALIASES: dict[str, str] = {
    word.strip(): glyph
    for glyph, _, text in (line.partition(":") for line in ALIAS_LINES.strip().splitlines())
    for word in text.split(",")
}
CHINESE: dict[str, str] = {
    word: glyph
    for glyph, _, text in (line.partition(":") for line in CHINESE_LINES.strip().splitlines())
    for word in text.split()
}
NOT_THINGS: frozenset[str] = frozenset(NOT_THINGS_TEXT.split())
SCENERY: frozenset[str] = frozenset(SCENERY_TEXT.split())

_PLURALS = (
    ("wolves", "wolf"),
    ("knives", "knife"),
    ("leaves", "leaf"),
    ("loaves", "loaf"),
    ("mice", "mouse"),
    ("geese", "goose"),
    ("children", "child"),
    ("women", "woman"),
    ("men", "man"),
    ("people", "person"),
    ("cookies", "cookie"),
    ("pies", "pie"),
    ("shoes", "shoe"),
)
_ENDINGS = (("ies", "y"), ("oes", "o"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("sses", "ss"), ("s", ""))


@functools.cache
def singular(word: str) -> str:
    """The word without its plural ending ("foxes" to "fox"); unchanged when it has none."""
    first, _, last = word.rpartition(" ")
    for plural, single in _PLURALS:
        if last == plural:
            return f"{first} {single}".strip()
    if last.endswith(("ss", "us", "is")):
        return word
    for ending, instead in _ENDINGS:
        if last.endswith(ending) and len(last) - len(ending) >= 2:
            return f"{first} {last[: -len(ending)]}{instead}".strip()
    return word


@functools.cache
def compiled(table: Table) -> Patterns:
    """The table with its patterns compiled, once per process."""
    return tuple((name, re.compile(pattern)) for name, pattern in table)
