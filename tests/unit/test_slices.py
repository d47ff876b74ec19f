"""What was read at once is decided in slices, none of which parts the messages of a case."""

from itertools import chain

from services.chassis.consumer import by_cases
from services.chassis.message import Message

MOST = 10


def message(number: int, case: str | None) -> Message:
    key = None if case is None else case.encode()
    return Message("topic", 0, number, 0, key, b"")


def test_a_batch_that_is_not_too_large_stays_as_it_is() -> None:
    batch = [message(number, f"{number % 3}") for number in range(MOST)]
    assert list(by_cases(batch, MOST)) == [batch]


def test_messages_of_a_case_are_in_one_slice_and_in_their_order() -> None:
    batch = [message(number, f"{number % 7}") for number in range(10 * MOST)]
    slices = list(by_cases(batch, MOST))
    assert len(slices) > 1
    keys = [{each.key for each in some} for some in slices]
    assert sum(map(len, keys)) == len(set().union(*keys))
    for some in slices:
        for key in {each.key for each in some}:
            offsets = [each.offset for each in some if each.key == key]
            assert offsets == sorted(offsets)
    assert sorted(each.offset for each in chain(*slices)) == list(range(10 * MOST))


def test_messages_without_a_key_are_not_lost() -> None:
    batch = [message(number, None) for number in range(3 * MOST)]
    assert list(chain(*by_cases(batch, MOST))) == batch
