"""What was read comes out of the pack as it went in, and there is never more of it than is kept."""

from hypothesis import given
from hypothesis import strategies as st

from reactor.core.facts import Sample
from reactor.core.recent import KEPT, longer, unpacked
from tests.core.build import box

RUN = box(1).run
NUMBERS = st.one_of(st.none(), st.integers(0, 2**63 - 1))
SECONDS = st.floats(0, 1e12)
SAMPLES = st.builds(
    Sample, SECONDS, st.just(RUN), NUMBERS, NUMBERS, NUMBERS, NUMBERS, st.one_of(st.none(), SECONDS)
)


@given(st.lists(SAMPLES, max_size=KEPT + 5))
def test_what_is_packed_comes_out_the_same(samples: list[Sample]) -> None:
    recent = b""
    for sample in samples:
        recent = longer(recent, sample)
    assert list(unpacked(recent, RUN)) == samples[-KEPT:]


def test_what_cannot_be_is_unknown_and_fails_nobody() -> None:
    """A stranger's number decides nothing, not even whether the monitor goes on."""
    wild = Sample(1.0, RUN, -5, 2**63, 2**200, -(2**70), -1.0)
    assert unpacked(longer(b"", wild), RUN) == (Sample(1.0, RUN),)
