from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner._json import JsonValue
from limner.workflow.diagnostic import Diagnostic
from limner.workflow.source import MAX_BYTES, MAX_DEPTH, SourceError, read
from workflow.example_files import EXAMPLES, example

Scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
Documents = st.recursive(Scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=30)


def refusal(text: str | bytes) -> list[tuple[str, str, int, int]]:
    with pytest.raises(SourceError) as caught:
        read(text)
    return [(each.code, each.message, each.line, each.column) for each in caught.value.diagnostics]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_plain_file_reads_as_any_json_parser_reads_it(name: str) -> None:
    assert read(example(name)).document == json.loads(example(name))


def test_comments_and_trailing_commas_change_nothing() -> None:
    assert read(example("example-image-commented")).document == read(example("example-image")).document


@given(Documents)
def test_any_json_is_read_as_it_was_written(document: JsonValue) -> None:
    assert read(json.dumps(document)).document == document
    assert read(json.dumps(document, ensure_ascii=False, indent=1)).document == document


def what_is_wrong(text: str | bytes) -> tuple[Diagnostic, ...]:
    try:
        read(text)
    except SourceError as error:
        return error.diagnostics
    return ()


@given(st.text() | st.binary())
def test_any_text_is_read_or_refused_with_a_place(text: str | bytes) -> None:
    assert all(each.line >= 1 and each.column >= 1 and each.message for each in what_is_wrong(text))


@given(st.text(alphabet='{}[]",:/*\n\\ 1-+.eEntrualsf#', max_size=40))
def test_what_the_standard_parser_takes_is_taken_and_means_the_same(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        return
    wrong = what_is_wrong(text)
    assert {each.code for each in wrong} <= {"E101"}
    assert wrong or read(text).document == expected


def test_a_comment_inside_a_string_is_text() -> None:
    assert read('{"a": "http://x", "b": "/* no */"}').document == {"a": "http://x", "b": "/* no */"}


@pytest.mark.parametrize("text", ["[1,]", "[1, /* last */ ]", '{"a": 1,}', "[1, // one\n]"])
def test_one_trailing_comma_is_taken(text: str) -> None:
    assert read(text).document in ([1], {"a": 1})


@pytest.mark.parametrize("text", ["[,]", "[1,,]", '{"a": 1,,}', "{,}"])
def test_a_comma_without_a_value_before_it_is_refused(text: str) -> None:
    assert [code for code, *_ in refusal(text)] == ["E100"]


def test_an_error_after_a_block_comment_is_reported_on_its_own_line() -> None:
    text = '{\n  "id": "w", /* a\n comment\n of\n several\n lines */\n  "name": "W",\n\n\n\n\n  "stages": nothing\n}'
    assert refusal(text) == [("E100", 'Not JSON: expected a value, found "nothing".', 12, 13)]


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_lines_are_counted_as_editors_count_them(line_break: str) -> None:
    source = read(line_break.join(("{", '"a": 1,', '  "b": [true,', " null]}")))
    assert source.place("/b/1") == (4, 2)


@pytest.mark.parametrize(
    ("pointer", "place", "key_place"),
    [
        ("", (1, 1), (1, 1)),
        ("/a", (1, 7), (1, 2)),
        ("/a/1", (1, 12), (1, 12)),
        ("/x~1y/~0", (2, 14), (2, 9)),
        ("/x~1y/missing/deeper", (2, 8), (2, 1)),
        ("/a/7", (1, 7), (1, 2)),
        ("/a/0/further", (1, 8), (1, 8)),
    ],
)
def test_a_pointer_leads_to_a_place(pointer: str, place: tuple[int, int], key_place: tuple[int, int]) -> None:
    source = read('{"a": [10, 20],\n"x/y": {"~": 1}}')
    assert source.place(pointer) == place
    assert source.key_place(pointer) == key_place


def test_columns_count_characters_not_bytes() -> None:
    assert read('{"标题": "海报", "b": 1}').place("/b") == (1, 19)


@pytest.mark.parametrize("text", ["\ufeff[1]", b"\xef\xbb\xbf[1]"])
def test_a_byte_order_mark_is_no_part_of_the_first_line(text: str | bytes) -> None:
    source = read(text)
    assert source.document == [1]
    assert source.place("/0") == (1, 2)


def test_text_in_another_encoding_is_refused_where_it_shows() -> None:
    assert refusal('{\n"a": "ü"}'.encode("latin-1")) == [
        ("E100", "The file is not UTF-8: byte 0xFC stands where no character can.", 2, 7)
    ]
    assert [code for code, *_ in refusal('{"a": 1}'.encode("utf-16"))] == ["E100"]


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "+1", "0x1F", "012", ".5", "1.", "1e", "- 1", "1e999"]
)
def test_what_is_no_number_in_json_is_refused(number: str) -> None:
    assert [code for code, *_ in refusal(f'{{"a": {number}}}')] == ["E100"]


def test_a_number_with_thousands_of_digits_is_refused() -> None:
    assert refusal("[" + "9" * 5000 + "]") == [("E100", "Not JSON: a number has more than 1,000 digits.", 1, 2)]


def test_every_key_that_stands_twice_is_reported() -> None:
    assert refusal('{"model": 1,\n "model": 2, "a": {"b": 1, "b": 2}}') == [
        ("E101", 'The key "model" stands twice in one object: first on line 1.', 2, 2),
        ("E101", 'The key "b" stands twice in one object: first on line 2.', 2, 28),
    ]


def test_a_key_may_stand_in_two_objects() -> None:
    assert read('[{"a": 1}, {"a": 2}]').document == [{"a": 1}, {"a": 2}]


def test_depth_is_bounded_and_never_overflows_the_stack() -> None:
    assert what_is_wrong("[" * MAX_DEPTH + "]" * MAX_DEPTH) == ()
    message = "Objects and arrays stand more than 64 levels deep."
    assert refusal("[" * (MAX_DEPTH + 1)) == [("E102", message, 1, 65)]
    assert [code for code, *_ in refusal('{"a":' * 100_000)] == ["E102"]


def test_size_is_bounded_in_bytes_not_in_characters() -> None:
    assert what_is_wrong('"' + "x" * (MAX_BYTES - 2) + '"') == ()
    message = "The file has 1,048,578 bytes; at most 1,048,576 are read."
    assert refusal('"' + "x" * MAX_BYTES + '"') == [("E102", message, 1, 1)]
    assert [code for code, *_ in refusal('"' + "海" * (MAX_BYTES // 2) + '"')] == ["E102"]


@pytest.mark.parametrize(
    "text",
    [
        "[" + "1," * 200_000 + "]",
        "[" + "/**/" * 250_000 + "]",
        "//\n" * 340_000 + "1",
        '{"' + "k" * 500_000 + '": ' + '{"a":' * 40 + "1" + "}" * 41,
    ],
)
def test_the_largest_files_are_read_in_one_pass(text: str) -> None:
    assert read(text).place("")[1] == 1
