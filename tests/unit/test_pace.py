"""When a service gathers messages: it follows their pace, and not what gathering makes of it."""

from services.chassis.pace import Pace


def test_it_is_told_over_at_least_a_second() -> None:
    pace = Pace(fast=100)
    pace.tell(10.0)
    pace.note(90)
    pace.tell(10.5)
    assert not pace.is_fast
    pace.note(20)
    pace.tell(11.0)
    assert pace.is_fast


def test_a_slower_pace_ends_it() -> None:
    pace = Pace(fast=100)
    pace.note(1000)
    pace.tell(1.0)
    assert pace.is_fast
    pace.note(300)
    pace.tell(5.0)
    assert not pace.is_fast


def test_what_has_gathered_does_not_make_it_gather_again() -> None:
    pace = Pace(fast=100)
    pace.tell(10.0)
    pace.pass_over()
    pace.note(250)
    pace.tell(11.0)
    assert not pace.is_fast, "it came all at once, for it had been waited for"
    pace.note(50)
    pace.tell(12.0)
    assert not pace.is_fast
    pace.note(100)
    pace.tell(13.0)
    assert pace.is_fast, "what comes after that counts"
