from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.errors import InvalidRequestError
from limner.prompts.templates import Template, fill, find_template, missing, templates


def filled(template: Template) -> str:
    values = {
        each.name: (each.choices or ("7" if each.type == "number" else "a fox",))[0] for each in template.variables
    }
    return fill(template, values)


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.id)
def test_every_template_fills_and_names_its_variables(template: Template) -> None:
    used = set(re.findall(r"\{(\w+)\}", template.text))
    assert used == {each.name for each in template.variables}
    assert "{" not in filled(template)
    assert all(
        each.default is None or not each.choices or each.open or each.default in each.choices
        for each in template.variables
    )
    assert (template.name, template.when, template.source) != ("", "", "")


def test_defaults_fill_what_is_not_given() -> None:
    logo = find_template("logo")
    assert fill(logo, {"company_area": "baking", "company_name": "Crumb & Co"}) == (
        'A minimalist logo for a baking company on a solid color background. Include the text "Crumb & Co".'
    )
    assert [each.name for each in missing(logo, {"company_area": "x"})] == ["company_name"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "'company_area' is missing"),
        ({"company_area": "x", "company_name": "x" * 26}, "26 characters; accepted: up to 25"),
        ({"company_area": "x", "company_name": "y", "logo_stile": "z"}, "Did you mean 'logo_style'"),
        (
            {"company_area": "x", "company_name": "y", "logo_style": "baroque"},
            "Accepted: minimalist, modern, traditional",
        ),
        ({"company_area": " ", "company_name": "y"}, "'company_area' is empty"),
    ],
)
def test_what_is_wrong_is_all_said(values: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidRequestError, match=words) as caught:
        fill(find_template("logo"), values)
    assert caught.value.code == "invalid.variable"


@pytest.mark.parametrize("panels", ["0", "10", "three", "٣", "1.5", ""])
def test_a_number_is_a_number_in_bounds(panels: str) -> None:
    with pytest.raises(InvalidRequestError):
        fill(find_template("comic"), {"panels": panels, "story": "x"})


@given(st.text(min_size=1, max_size=80).filter(lambda text: text.strip() != ""))
def test_a_value_is_put_in_as_it_is_and_never_interpreted(value: str) -> None:
    text = fill(find_template("poster"), {"product": value})
    assert text == f"A concise product poster for {value.strip()}."


def test_a_wrong_name_is_answered_with_near_ones() -> None:
    with pytest.raises(InvalidRequestError, match="Nearest: logo"):
        find_template("logos")
