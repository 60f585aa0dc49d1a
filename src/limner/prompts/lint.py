"""What is likely to go wrong with a prompt: every rule, in one table. Pure: no network, no model, no clock."""

from __future__ import annotations

from dataclasses import dataclass

from limner.prompts import craft, lettering, pictures, shape
from limner.prompts.finding import LEVELS, Finding, Level, PromptContext
from limner.prompts.reading import Reading
from limner.prompts.said import Check

ALWAYS = frozenset({"PL001", "PL039"})
"""Rules that cannot be switched off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. `english` rules know English words, and are silent on other languages."""

    id: str
    name: str
    level: Level
    check: Check
    english: bool = False


def _rule(id: str, name: str, level: Level, check: Check) -> Rule:
    return Rule(id=id, name=name, level=level, check=check)


def _english(id: str, name: str, level: Level, check: Check) -> Rule:
    return Rule(id=id, name=name, level=level, check=check, english=True)


RULES: tuple[Rule, ...] = (
    _rule("PL001", "empty", "error", shape.empty),
    _rule("PL002", "imagen-too-long", "error", shape.imagen_too_long),
    _rule("PL003", "very-short", "info", shape.very_short),
    _english("PL004", "no-style", "info", shape.no_style),
    _english("PL005", "no-context", "info", shape.no_context),
    _english("PL006", "keyword-list", "warn", shape.keyword_list),
    _english("PL007", "no-image-request", "warn", shape.no_image_request),
    _rule("PL008", "ratio-conflict", "warn", shape.ratio_conflict),
    _rule("PL009", "ratio-only-in-words", "info", shape.ratio_only_in_words),
    _rule("PL010", "ratio-unsupported", "error", shape.ratio_unsupported),
    _rule("PL011", "lettering-too-long", "warn", lettering.too_long),
    _rule("PL012", "too-many-phrases", "warn", lettering.too_many),
    _english("PL013", "lettering-not-quoted", "info", lettering.not_quoted),
    _rule("PL014", "write-text-first", "info", lettering.write_text_first),
    _english("PL015", "exact-font", "info", lettering.exact_font),
    _english("PL016", "negation", "warn", craft.negation),
    _rule("PL017", "negative-prompt-folded", "info", craft.folded_negative),
    _rule("PL018", "negative-contradiction", "warn", craft.negative_contradiction),
    _english("PL019", "quality-stuffing", "info", craft.quality_stuffing),
    _rule("PL020", "resolution-in-words", "info", craft.resolution_in_words),
    _english("PL021", "photo-words-on-art", "info", craft.photo_words_on_art),
    _english("PL022", "lens-conflict", "warn", craft.lens_conflict),
    _english("PL023", "camera-words-on-art", "info", craft.camera_words_on_art),
    _english("PL024", "distance-conflict", "warn", craft.distance_conflict),
    _english("PL025", "light-conflict", "info", craft.light_conflict),
    _rule("PL026", "imagen-english-only", "warn", pictures.english_only),
    _rule("PL027", "language-not-in-best-list", "info", pictures.not_in_best_list),
    _english("PL028", "person-setting-conflict", "warn", pictures.person_setting),
    _rule("PL029", "allow-all-region", "warn", pictures.allow_all_region),
    _english("PL030", "edit-without-keep", "info", pictures.edit_without_keep),
    _english("PL031", "refers-to-missing-image", "error", pictures.missing_image),
    _rule("PL032", "image-number-out-of-range", "error", pictures.image_out_of_range),
    _english("PL033", "images-without-roles", "info", pictures.images_without_roles),
    _rule("PL034", "too-many-images", "warn", pictures.too_many_images),
    _english("PL035", "many-edits-at-once", "info", pictures.many_edits),
    _english("PL036", "count-in-words", "info", shape.count_in_words),
    _english("PL037", "transparent-background", "warn", craft.transparent_background),
    _rule("PL038", "leftover-placeholder", "error", shape.leftover_placeholder),
    _rule("PL039", "secret-in-prompt", "error", pictures.secret),
    _rule("PL040", "unbalanced-quotes", "warn", lettering.unbalanced_quotes),
    _english("PL041", "repeated-phrase", "info", shape.repeated_phrase),
    _english("PL042", "photo-start", "info", craft.photo_start),
    _english("PL043", "say-portrait", "info", craft.say_portrait),
    _english("PL044", "text-wanted-image-only", "error", shape.wanted_but_switched_off),
    _rule("PL045", "long-lettering-small-model", "info", lettering.long_for_small_model),
)

DEFAULT_CONTEXT = PromptContext()


def lint(text: str, context: PromptContext = DEFAULT_CONTEXT) -> tuple[Finding, ...]:
    """What is likely to go wrong: errors, then warnings, then infos, each by place. The same every time."""
    reading = Reading(text)
    english = context.language.lower().startswith("en") and reading.is_english
    found = [
        Finding(
            rule=rule.id,
            name=rule.name,
            level=rule.level,
            message=said.message,
            start=said.span.start,
            end=said.span.end,
            fix=said.fix,
        )
        for rule in RULES
        if (english or not rule.english) and (rule.id in ALWAYS or rule.id not in context.off)
        for said in rule.check(reading, context)
    ]
    return tuple(sorted(found, key=lambda finding: (LEVELS.index(finding.level), finding.start, finding.rule)))
