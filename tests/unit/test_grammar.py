"""Grammar weighs what plates look like and never forces it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.alphabet import ALPHABET
from vision.grammar import Grammar, Hypothesis, matching_formats, printed_form
from vision.types import Region

TEXTS = st.text(st.sampled_from(ALPHABET), min_size=1, max_size=9)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("苏E05EV8", "cn"), ("苏AD12345", "cn"), ("粤B12345D", "cn"), ("京A1234警", "cn"), ("浙A1234学", "cn"),
        ("粤ZF023港", "cn"), ("使123456", "cn"), ("WJ12345", "cn"), ("民航A1234", "cn"), ("川X1234应急", "cn"),
        ("MK64YBB", "eu"), ("AB123CD", "eu"), ("BAB1234", "eu"), ("1ABC234", "us"), ("ABC1234", "us"),
        ("ABC1234", "br"), ("ABC1D23", "br"), ("MH12DE1433", "other"),
    ],
)  # fmt: skip
def test_a_national_format_is_known(text: str, region: str) -> None:
    """A plate as its country issues it matches a format of its region."""
    assert region in {found.region for found in matching_formats(text)}
    assert Grammar().weight(text) > Grammar().weight("苏苏苏")
    assert Grammar().weight(text, {region: 1.0}) > Grammar().weight(text) > 0.15  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("text", "why"),
    [("苏E05O1I", "O and I in a serial"), ("苏Z05EV8", "an office letter not in use"), ("苏苏E05V", "two provinces")],
)
def test_what_china_never_issues_weighs_less(text: str, why: str) -> None:
    """A text that breaks the Chinese rules weighs less than one that keeps them."""
    assert 0 < Grammar().weight(text) < Grammar().weight("苏E05EV8"), why


@given(TEXTS)
def test_every_text_can_be_read(text: str) -> None:
    """No text, of whatever form, is weighed to nothing."""
    for region in ("cn", "eu", "us", "br", "any"):
        assert 0 < Grammar(region).weight(text) <= 1  # type: ignore[arg-type]


def test_a_clear_vanity_plate_stays_as_it_was_seen() -> None:
    """A text of no known format wins over a known one when the picture is sure of it."""
    seen = [Hypothesis("GR8", 0.97), Hypothesis("GRB1234", 0.02)]
    assert Grammar().weigh(seen)[0].text == "GR8"
    assert Grammar().weigh([Hypothesis("HELLOXX9", 0.9), Hypothesis("HE110", 0.05)])[0].text == "HELLOXX9"


def test_a_look_alike_falls_to_the_format() -> None:
    """Between two readings that the picture cannot tell apart, the one that countries issue wins."""
    best = Grammar().weigh([Hypothesis("苏EO5EV8", 0.5), Hypothesis("苏E05EV8", 0.45)])[0]
    assert best.text == "苏E05EV8"


def test_a_region_hint_weighs_but_does_not_decide() -> None:
    """With the wrong hint a clear plate of another region still wins, with the right one it gains."""
    seen = [Hypothesis("苏E05EV8", 0.6), Hypothesis("E05EV8", 0.3)]
    wrong, right = Grammar("us").weigh(seen), Grammar("cn").weigh(seen)
    assert wrong[0].text == right[0].text == "苏E05EV8"
    assert right[0].probability > wrong[0].probability


@given(st.lists(st.tuples(TEXTS, st.floats(0.001, 0.2)), min_size=1, max_size=5, unique_by=lambda pair: pair[0]))
def test_weighed_probabilities_are_probabilities(pairs: list[tuple[str, float]]) -> None:
    """Weighing keeps every text once, in falling order, with a sum of at most 1."""
    weighed = Grammar().weigh([Hypothesis(*pair) for pair in pairs])
    probabilities = [h.probability for h in weighed]
    assert sorted(h.text for h in weighed) == sorted(text for text, _ in pairs)
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) <= 1 + 1e-9


def test_a_vague_read_is_not_made_sure_by_its_format() -> None:
    """A text that holds a tenth of the probability does not become near-certain for being well-formed."""
    assert Grammar().weigh([Hypothesis("苏E05EV8", 0.1)])[0].probability < 0.5


@pytest.mark.parametrize("text", ["4", "苏CZK6", "苏DG032", "鲁鲁12345"])
def test_a_text_no_plate_can_be_does_not_become_sure_for_want_of_others(text: str) -> None:
    """Where nothing plausible was listed the best of the rest stays under an even chance."""
    seen = [Hypothesis(text, 0.9), Hypothesis("B", 0.05)]
    assert Grammar().weigh(seen, {"cn": 1.0})[0].probability < 0.5


@pytest.mark.parametrize(
    ("text", "region"),
    [("苏E05EV8", "cn"), ("苏AD12345", "cn"), ("MK64YBB", "eu"), ("1ABC234", "us"), ("ABC1D23", "br")],
)
def test_a_sure_read_of_a_known_format_stays_sure(text: str, region: Region) -> None:
    """A text of the region's own formats that the network is sure of keeps at least 0.9."""
    assert Grammar().weigh([Hypothesis(text, 0.97)], {region: 0.9})[0].probability >= 0.9


@pytest.mark.parametrize("text", ["F2790", "X6794", "A12B4"])
def test_a_text_without_its_province_weighs_little_on_a_chinese_plate(text: str) -> None:
    """Latin text of no known format is less plausible where the plate looks Chinese than where it does not."""
    assert Grammar().weight(text, {"cn": 1.0}) < Grammar().weight(text, {"us": 1.0}) / 2


@pytest.mark.parametrize(
    ("text", "region", "printed"),
    [
        ("苏E05EV8", "cn", "苏E·05EV8"), ("苏AD12345", "cn", "苏A D12345"), ("京A1234警", "cn", "京·A1234警"),
        ("粤ZF023港", "cn", "粤Z·F023港"), ("使123456", "cn", "使123·456"), ("ABC1234", "br", "ABC-1234"),
        ("ABC1D23", "br", "ABC1D23"),
        ("1ABC234", "eu", "1-ABC-234"), ("MK64YBB", "eu", "MK64YBB"), ("HELLO", "us", "HELLO"),
    ],
)  # fmt: skip
def test_the_printed_form_has_the_plates_own_separators(text: str, region: str, printed: str) -> None:
    """A text is printed as its region's plates show it, and left plain where formats disagree or none fits."""
    assert printed_form(text, region) == printed  # type: ignore[arg-type]


@given(TEXTS)
def test_printing_adds_separators_only(text: str) -> None:
    """Taking the separators out of the printed form gives the text back."""
    for region in ("cn", "eu", "us", "br", "other"):
        printed = printed_form(text, region)  # type: ignore[arg-type]
        assert "".join(c for c in printed if c not in "· -") == text


def test_a_chinese_character_settles_the_region() -> None:
    """A text with a province is Chinese whatever the look of the plate says."""
    assert Grammar().region_of("苏E05EV8", {"us": 0.9, "cn": 0.1}) == "cn"


def test_look_and_format_decide_the_region_together() -> None:
    """A text that two regions issue goes to the one that the plate looks like."""
    looks = {"us": 0.3, "br": 0.6, "eu": 0.05, "cn": 0.03, "other": 0.02}
    assert Grammar().region_of("ABC1234", looks) == "br"  # type: ignore[arg-type]
    assert Grammar().region_of("9AA1A99", {"us": 0.5, "eu": 0.5}) in {"us", "eu"}


def test_a_plates_colour_helps_and_never_forces() -> None:
    """Eight characters weigh more on green than seven, seven more on blue; no text weighs nothing for its colour."""
    grammar, cn = Grammar(), {"cn": 1.0}
    green, blue = {"green": 0.97, "blue": 0.03}, {"blue": 0.97, "green": 0.03}
    assert grammar.weight("苏AD12345", cn, green) > 2 * grammar.weight("苏AD1234", cn, green)  # type: ignore[arg-type]
    assert grammar.weight("苏AD1234", cn, blue) > 2 * grammar.weight("苏AD12345", cn, blue)  # type: ignore[arg-type]
    assert grammar.weight("苏AD12345", cn, blue) > 0.2  # type: ignore[arg-type]
    assert grammar.weight("AB12CDE", {"eu": 1.0}, green) == grammar.weight("AB12CDE", {"eu": 1.0})  # type: ignore[arg-type]


def test_a_painted_name_weighs_less_than_a_serial() -> None:
    """Letters alone are read as they are seen, at a small weight: most of them are no plate."""
    assert 0 < Grammar().weight("ANHHIEN", {"us": 1.0}) < Grammar().weight("AN4H1EN", {"us": 1.0})  # type: ignore[dict-item]
