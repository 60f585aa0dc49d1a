from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner._json import JsonValue
from limner.workflow.template import (
    MISSING,
    Filter,
    ImageNotAllowed,
    Template,
    TemplateError,
    Unresolved,
    parse,
    render,
    value_of,
)
from workflow.template_samples import CAT, DOG, Attached, Tree, filled


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("{{v}}", ("v",)),
        ("{{ image-brief.output.userPrompt }}", ("image-brief", "output", "userPrompt")),
        ("{{a-b-.c}}", ("a-b-", "c")),
        ("{{_x.output.images.0.width}}", ("_x", "output", "images", "0", "width")),
        ("{{\n\tv\r\n}}", ("v",)),
    ],
)
def test_a_path_is_names_and_numbers_with_dots_between(text: str, path: tuple[str, ...]) -> None:
    (placeholder,) = parse(text).placeholders
    assert placeholder.path == path
    assert placeholder.text == text


def test_filters_are_read_with_their_arguments() -> None:
    (placeholder,) = parse(r'{{v|trim | default:"x" }}').placeholders
    assert placeholder.filters == (Filter(name="trim"), Filter(name="default", argument="x"))
    (placeholder,) = parse(r'{{v | join:"a\"b\\c\nd}}|" | truncate:12}}').placeholders
    assert placeholder.filters == (Filter(name="join", argument='a"b\\c\nd}}|'), Filter(name="truncate", argument=12))


def test_a_placeholder_knows_where_it_stands() -> None:
    first, second = parse("ab {{x}}\n  c{{ y }}").placeholders
    assert (first.offset, first.line, first.column) == (3, 1, 4)
    assert (second.offset, second.line, second.column) == (12, 2, 4)


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("a {{", 2, "1:3 The placeholder is never closed with '}}'"),
        ("a {{v", 2, "1:3 The placeholder is never closed with '}}'"),
        ("{{v}", 3, "1:4 Expected '}}', '|' and a filter, or '.' and a name, found '}'"),
        ("{{}}", 2, "1:3 Expected a name, such as a stage's id, found '}'"),
        ("x\n{{{v}}}", 4, "2:3 Expected a name, such as a stage's id, found '{'"),
        ("{{a {{b}}", 4, "1:5 Expected '}}', '|' and a filter, or '.' and a name, found '{'"),
        ("{{1a}}", 2, "1:3 Expected a name, such as a stage's id, found '1'"),
        ("{{a.}}", 4, "1:5 Expected a name or a number after '.', found '}'"),
        ("{{a.1b}}", 5, "1:6 Expected '.' or '}}' after the number, found 'b'"),
        ("{{a b}}", 4, "1:5 Expected '}}', '|' and a filter, or '.' and a name, found 'b'"),
        ("{{a.é}}", 4, "1:5 Expected a name or a number after '.', found 'é'"),
        ("{{a.٣}}", 4, "1:5 Expected a name or a number after '.', found '٣'"),
        ("{{a|}}", 4, "1:5 Expected the name of a filter, found '}'"),
        ("{{a|trim x}}", 9, "1:10 Expected '}}' or '|' and a filter, found 'x'"),
        ("{{a|join:'x'}}", 9, '1:10 Expected a text in double quotes or a whole number after ":", found "\'"'),
        ('{{a|join:"x}}', 9, "1:10 The quote is never closed"),
        ('{{a|join:"x\\', 9, "1:10 The quote is never closed"),
        ("{{a.1234567890}}", 4, "1:5 Expected a number of at most 9 digits, found '1'"),
    ],
)
def test_what_breaks_the_grammar_is_told_with_its_place(text: str, offset: int, message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        parse(text)
    place, said = message.split(" ", 1)
    line, column = place.split(":")
    assert caught.value.message == f"{said} (line {line}, column {column} of the template)."
    assert caught.value.offset == offset


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\{{v}}", "{{v}}"),
        (r"\\{{v}}", r"\{{v}}"),
        (r"\{{{v}}}", "{{{v}}}"),
        (r"\{{{{v}}", "{{cat"),
        (r"a\{{b\{{", "a{{b{{"),
        (r"\{ {v}", r"\{ {v}"),
        ("a } b }} {", "a } b }} {"),
        ("{{v}}{{v}}", "catcat"),
        ("", ""),
    ],
)
def test_a_backslash_makes_braces_literal(text: str, expected: str) -> None:
    assert filled(text, "cat") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("as it is \n", "as it is \n"),
        ("", ""),
        (6, "6"),
        (6.0, "6"),
        (-0.0, "0"),
        (2.5, "2.5"),
        (0.1, "0.1"),
        (1e21, "1e+21"),
        (12345678901234567890, "12345678901234567890"),
        (True, "true"),
        (False, "false"),
        (["a", 1, 2.0, True], "a, 1, 2, true"),
        ([], ""),
        ({"b": 1, "a": "é"}, '{"b":1,"a":"é"}'),
        ([{"a": 1}, {"a": 2}], '[{"a":1},{"a":2}]'),
        (["a", None], '["a",null]'),
        ([["a"]], '[["a"]]'),
    ],
)
def test_each_kind_of_value_has_its_words(value: JsonValue, expected: str) -> None:
    assert filled("{{v}}", value) == expected


def test_a_missing_value_is_an_error_with_place_and_near_names() -> None:
    with pytest.raises(Unresolved) as caught:
        render(parse("one\n two {{ v.oen }}"), Tree({"v": {}}), None)
    assert caught.value.message == (
        "{{ v.oen }} has no value (line 2, column 6 of the template). Did you mean v.one or v.two?"
    )
    assert caught.value.near == ("v.one", "v.two")
    assert caught.value.placeholder.path == ("v", "oen")


def test_null_is_an_error_too() -> None:
    with pytest.raises(Unresolved) as caught:
        filled("{{v}}", None)
    assert caught.value.message == "{{v}} is null (line 1, column 1 of the template)."


@pytest.mark.parametrize("value", ["model_default", "auto"])
def test_a_sentinel_becomes_words_where_it_can_be_one(value: str) -> None:
    assert filled("Ratio: {{v}}.", value, sentinel=True) == "Ratio: any suitable."
    assert filled("Ratio: {{v | upper}}.", value, sentinel=True) == "Ratio: ANY SUITABLE."
    assert filled("Ratio: {{v}}.", value) == f"Ratio: {value}."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nStyle: {{v | optional}}\nb", "a\nb"),
        ("Style: {{v | optional}}\nb", "b"),
        ("a\nStyle: {{v | optional}}", "a"),
        ("a\r\nStyle: {{v | optional}}", "a"),
        ("a\r\nStyle: {{v | optional}}\r\nb", "a\r\nb"),
        ("{{v | optional}}", ""),
        ("a\n\n{{v | optional}}\n", "a\n\n"),
        ("a\n{{v | optional}}\n{{v | optional}}", "a"),
        ("a\n{{v\n | optional\n}} tail\nb", "a\nb"),
        ("a\n{{missing}} {{v | optional}}\nb", "a\nb"),
    ],
)
def test_an_optional_placeholder_takes_its_whole_line_away(text: str, expected: str) -> None:
    assert filled(text, "") == expected


def test_lines_are_those_of_the_template_not_of_what_is_inserted() -> None:
    values = Tree({"v": "x\ny", "e": ""})
    assert render(parse("a {{v}}\nb {{e | optional}}\nc"), values, None) == "a x\ny\nc"


def test_a_picture_is_attached_once_and_becomes_its_number() -> None:
    attached = Attached()
    values = Tree({"a": CAT, "b": DOG, "all": [DOG, CAT]})
    text = render(parse('Edit {{a}} like {{b}}, again {{a}}; {{all}}; {{all | join:" and "}}.'), values, attached)
    assert text == "Edit image 1 like image 2, again image 1; image 2, image 1; image 2 and image 1."
    assert attached.images == [CAT, DOG]


def test_a_line_that_goes_attaches_no_picture() -> None:
    attached = Attached()
    assert render(parse("a\n{{p}} {{e | optional}}"), Tree({"p": CAT, "e": ""}), attached) == "a"
    assert attached.images == []


def test_a_picture_where_none_can_be_is_refused() -> None:
    with pytest.raises(ImageNotAllowed) as caught:
        render(parse("Like {{v}}"), Tree({"v": CAT}), None)
    assert caught.value.message == (
        "{{v}} is a picture, and only text can stand here (line 1, column 6 of the template)."
    )
    with pytest.raises(ImageNotAllowed):
        render(parse("Like {{v}}"), Tree({"v": [CAT, DOG]}), None)


def test_a_picture_as_json_is_text() -> None:
    assert render(parse("{{v | json}}"), Tree({"v": {"sha256": "1", "mimeType": "a"}}), None) == (
        '{"sha256":"1","mimeType":"a"}'
    )


def test_a_template_of_one_placeholder_has_a_value_of_any_kind() -> None:
    values = Tree({"list": [1], "null": None, "image": CAT, "auto": "auto"}, sentinel=True)
    assert value_of(parse(" {{list}}\n"), values) == [1]
    assert value_of(parse("{{null}}"), values) is None
    assert value_of(parse("{{image}}"), values) == CAT
    assert value_of(parse("{{auto}}"), values) == "auto"
    assert value_of(parse("{{auto | optional}}"), values) is MISSING
    assert value_of(parse("{{nothing | optional}}"), values) is MISSING
    assert value_of(parse('{{nothing | default:"x"}}'), values) == "x"
    with pytest.raises(Unresolved):
        value_of(parse("{{nothing}}"), values)


@pytest.mark.parametrize("text", ["", "x", "{{v}}x", "{{v}}{{v}}", r"\{{v}}"])
def test_any_other_template_has_no_value_of_its_own(text: str) -> None:
    with pytest.raises(TemplateError, match="exactly one placeholder"):
        value_of(parse(text), Tree({"v": 1}))


@given(st.text())
@settings(max_examples=200, deadline=None)
def test_any_text_that_is_inserted_comes_out_as_it_is(value: str) -> None:
    assert filled("{{v}}", value) == value
    assert filled("a {{v}}\n\\{{{{v}}", value) == f"a {value}\n{{{{{value}"


@pytest.mark.parametrize("value", ["{{config.x}}", r"\{{", "{{{{", "}}", "{{v}}", "{{v | optional}}", "\\"])
def test_an_inserted_value_is_never_read_as_a_template(value: str) -> None:
    assert filled("<{{v}}>", value) == f"<{value}>"
    assert filled("<{{v}}>", [value, value]) == f"<{value}, {value}>"


@given(st.text(alphabet='{}|.:"\\ \nab1_-' + "é", max_size=40))
@settings(max_examples=500, deadline=None)
def test_reading_any_text_gives_a_template_or_a_template_error(text: str) -> None:
    try:
        template = parse(text)
    except TemplateError:
        return
    assert isinstance(template, Template)
    for placeholder in template.placeholders:
        assert text[placeholder.offset :].startswith(placeholder.text)


@given(st.lists(st.sampled_from(["text", "\n", r"\{{", "{{v}}", "{{ v | trim }}", "é", "{"]), max_size=12))
@settings(max_examples=200, deadline=None)
def test_pieces_put_together_again_are_the_text(parts: list[str]) -> None:
    text = " ".join(parts)
    whole = "".join(piece if isinstance(piece, str) else piece.text for piece in parse(text).pieces)
    assert whole == text.replace(r"\{{", "{{")


@pytest.mark.parametrize(
    "unit",
    ["{{v}} ", "{{v | optional}}\n", r"\{{", "{ ", "\n", '{{v | join:"x"}}', "a" * 10],
)
def test_a_template_of_100_kilobytes_is_no_trouble(unit: str) -> None:
    small, large = unit * (5_000 // len(unit)), unit * (100_000 // len(unit))
    # Twenty times as much may take forty times the steps; quadratic would be four hundred.
    assert _steps(large) < 40 * _steps(small) + 200


@pytest.mark.parametrize(
    "text", ["{{" * 50_000, "{{a." * 25_000, "{{a" + "|trim" * 20_000, '{{a|join:"' + "x" * 100_000]
)
def test_a_broken_template_of_100_kilobytes_is_refused(text: str) -> None:
    with pytest.raises(TemplateError):
        parse(text)


def _steps(text: str) -> int:
    """How many functions are called to read and fill a template."""
    parse.cache_clear()
    events: list[str] = []
    before = sys.getprofile()
    sys.setprofile(lambda _frame, event, _argument: events.append(event))
    try:
        filled(text, "x")
    finally:
        sys.setprofile(before)
    return len(events)
