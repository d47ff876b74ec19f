"""The bank's books: an id is one payment, whatever is asked, and whenever it is killed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.gateway.books import Books, Order, standing
from infra.gateway.faults import SANDBOX, Faults, sandbox

NOW = 1_790_000_000.0
LATER = NOW + 10


def order(account: str = "0101000248613", amount: int = 5) -> Order:
    payout = {"method": "bank-account", "bank": "Vietcombank", "account_number": account}
    return Order(amount=amount, payee="034158000002", about="MT-1", payout=payout)


def to(digits: str) -> Order:
    return order(f"0101000{digits}")


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    books = Books(tmp_path / "books.sqlite")
    yield books
    books.close()


def status(books: Books, id: str = "c.1") -> str:
    row = books.payment(id)
    assert row is not None
    return str(row["status"])


def lines(books: Books, after: int = 0) -> list[tuple[str, str]]:
    told = [standing(row) for row in books.statement(after)]
    return [(line["payment_id"], line["status"]) for line in told]


def test_what_is_taken_is_paid_when_its_time_has_come(books: Books) -> None:
    row, new = books.take("c.1", order(), NOW)
    assert (standing(row)["status"], standing(row)["settled_at"], new) == ("accepted", None, True)
    assert books.settle(NOW) == 0
    assert books.settle(LATER) == 1
    assert lines(books) == [("c.1", "paid")]
    (moved,) = books.movements()
    assert (moved["payment"], moved["amount"], moved["about"]) == ("c.1", 5, "MT-1")


@pytest.mark.parametrize("settled", [False, True])
def test_the_same_id_is_the_same_payment_however_often(books: Books, settled: bool) -> None:
    books.take("c.1", order(), NOW)
    if settled:
        books.settle(LATER)
    row, new = books.take("c.1", order(), LATER)
    assert (row["status"], new) == ("paid" if settled else "accepted", False)
    books.settle(LATER + 10)
    books.settle(LATER + 20)
    assert len(books.movements()) == 1


def test_an_id_with_another_order_is_refused(books: Books) -> None:
    books.take("c.1", order(), NOW)
    with pytest.raises(ValueError, match="another order"):
        books.take("c.1", order(amount=6), NOW)


def test_a_bank_that_was_killed_knows_what_it_has_taken_and_paid(tmp_path: Path) -> None:
    first = Books(tmp_path / "books.sqlite")
    first.take("c.1", order(), NOW)
    first.take("c.2", order(), NOW)
    first.turn(Faults(lost=1))
    first.settle(NOW + 0.05)
    first.close()
    again = Books(tmp_path / "books.sqlite")
    assert again.faults() == Faults(lost=1)
    assert (status(again), status(again, "c.2")) == ("accepted", "accepted")
    again.settle(LATER)
    again.settle(LATER)
    assert len(again.movements()) == 2
    again.close()


@pytest.mark.parametrize(
    ("digits", "told"),
    [
        ("990001", [("c.1", "rejected")]),
        ("990002", [("c.1", "rejected")]),
        ("990003", []),
        ("990004", [("c.1", "paid"), ("c.1", "paid")]),
        ("990005", [("c.1", "paid")]),
        ("990006", [("c.1", "paid")]),
        ("990007", [("c.1", "rejected"), ("c.1", "paid")]),
        ("990008", [("c.1", "rejected")]),
    ],
)
def test_an_account_s_last_digits_say_how_it_is_treated(
    books: Books, digits: str, told: list[tuple[str, str]]
) -> None:
    books.take("c.1", to(digits), NOW)
    for seconds in range(1, 10):
        books.settle(NOW + seconds)
    assert lines(books) == told
    paid = not told or told[-1][1] == "paid"
    assert len(books.movements()) == paid
    assert status(books) == ("paid" if paid else "rejected")


def test_every_sandbox_account_is_tested_and_no_other_is_special() -> None:
    assert set(SANDBOX) == {f"99000{n}" for n in range(1, 9)}
    assert sandbox(order().payout) == sandbox({"method": "cash", "office": "UBND"})


@pytest.mark.parametrize(
    ("faults", "told"), [({"lost": 1}, 0), ({"doubled": 1}, 40), ({}, 20), ({"lost": 0.5}, 11)]
)
def test_faults_strike_their_share_and_move_no_money(
    books: Books, faults: dict[str, Any], told: int
) -> None:
    books.turn(Faults(**faults))
    for number in range(20):
        books.take(f"c.{number}", order(), NOW)
    books.settle(LATER)
    assert len(books.statement(0)) == told
    assert len(books.movements()) == 20


def test_the_statement_is_read_on_from_a_line(books: Books) -> None:
    for number in (1, 2):
        books.take(f"c.{number}", order(), NOW)
        books.settle(NOW + number)
    first = books.statement(0)[0]["n"]
    assert lines(books, first) == [("c.2", "paid")]
