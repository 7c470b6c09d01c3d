"""A complaint about a value of a TOML file finds the value's line."""

import pytest

from lot_server.domain.toml_lines import line_of

TEXT = """# a lot
[lot]
id = "a"
spaces = 3

[[lanes]]
id = "one"

[[lanes]]
id = "two"
way = "in"

[[tariffs]]
version = 1

[[tariffs.windows]]
name = "night"
lines = [
    { start_minute = 0 },
]

[[tariffs.windows]]
name = "day"
cap = "x"

[[tariffs]]
version = 2

[[tariffs.windows]]
cap = 7
"""


@pytest.mark.parametrize(
    ("complaint", "line"),
    [
        ("[lot] spaces must be a whole number, not '3'", 4),
        ("[lot] name is missing", 2),
        ("[lot] has no key 'id': it takes name", 3),
        ("[[lanes]] number 2 way must be one of", 11),
        ("[[lanes]] number 2 camera is missing", 9),
        ("[[lanes]] id 'two' is given twice", 6),
        ("[[tariffs]] number 1: rate lines must start later", 13),
        ("[[tariffs]] number 1 windows[0] lines[0] price is missing", 18),
        ("[[tariffs]] number 1 windows[1] cap must be a whole number", 24),
        ("[[tariffs]] number 1 windows[1] has no key 'name': it takes", 23),
        ("[[tariffs]] number 2 windows[0] has no key 'cap': it takes", 30),
        ("there is no section 'lanes': it takes", 6),
        ("there is no section 'nowhere': it takes", None),
        ("something else is wrong", None),
        ("[clock] is wrong", None),
    ],
)
def test_the_line(complaint: str, line: int | None) -> None:
    """It is the key's own line, or that of the table, or of the list that an inline table stands in."""
    assert line_of(TEXT, complaint) == line


def test_keys_with_dots_and_quotes() -> None:
    """A key or header may be written with dots or quotes, and has its line all the same."""
    text = 'lot.spaces = 0\n"lot"."name" = 3\n["store"]\nfolder = 7\n'
    assert line_of(text, "[lot] spaces must be at least 1") == 1
    assert line_of(text, "[lot] name must be a text") == 2
    assert line_of(text, "[store] folder must be a text") == 4
