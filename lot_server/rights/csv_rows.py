"""CSV as spreadsheets write it, in and out, with the line of everything that is wrong."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from lot_server.domain.errors import DomainError
from lot_server.errors import BadCsv, LotError

T = TypeVar("T")
MOST_BYTES = 4 * 1024 * 1024
MOST_TOLD = 20
"""How many wrong lines are told at once."""
BYTE_ORDER_MARK = "\ufeff"
"""Without it, common spreadsheet programs take UTF-8 for something else."""
_MARKED = ("=", "+", "-", "@", "\t", "\r", "'")


def write_rows(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A text that a spreadsheet would run as a formula is marked as text by an apostrophe, as is one that begins so."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([f"'{cell}" if cell.startswith(_MARKED) else cell for cell in row] for row in rows)
    return BYTE_ORDER_MARK + text.getvalue()


def read_rows(
    text: str, columns: Sequence[str], parse: Callable[[dict[str, str]], T], key: Callable[[T], object]
) -> list[tuple[int, T]]:
    """The line and value of each row; empty lines are left out. `key` tells one thing's rows apart.

    Raises BadCsv with the lines of all that is wrong, so that one look at the file mends it.
    """
    if len(text.encode()) > MOST_BYTES:
        raise BadCsv(f"the file has more than {MOST_BYTES} bytes: import it in parts")
    reader = csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK)), strict=True)
    found: list[tuple[int, T]] = []
    wrong: list[str] = []
    seen: dict[object, int] = {}
    try:
        head = [cell.strip() for cell in next(reader, [])]
        if sorted(head) != sorted(columns):
            raise BadCsv(f"line 1: the columns must be {','.join(columns)}")
        for row in reader:
            line = reader.line_num
            if not any(cell.strip() for cell in row):
                continue
            try:
                if len(row) != len(head):
                    raise BadCsv(f"it has {len(row)} cells, not {len(head)}")
                value = parse({name: _plain(cell) for name, cell in zip(head, row, strict=True)})
                if key(value) in seen:
                    raise BadCsv(f"the same stands on line {seen[key(value)]}")
                seen[key(value)] = line
                found.append((line, value))
            except (LotError, DomainError, ValueError) as error:
                wrong.append(f"line {line}: {error}")
    except csv.Error as error:
        raise BadCsv(f"line {reader.line_num}: this is no CSV ({error})") from error
    refuse(wrong)
    return found


def refuse(wrong: Sequence[str]) -> None:
    """Raises BadCsv where anything is wrong."""
    if wrong:
        more = f"; and {len(wrong) - MOST_TOLD} more" if len(wrong) > MOST_TOLD else ""
        raise BadCsv("; ".join(wrong[:MOST_TOLD]) + more + ". Nothing was imported")


def _plain(cell: str) -> str:
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_MARKED) else cell
