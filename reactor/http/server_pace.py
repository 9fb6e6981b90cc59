"""How often somebody may do something: a few at once, and then so many in a second, for each address.

What is paced, and what is said to whoever is too fast, is known to the callers. Time is an argument.
"""

from collections import OrderedDict
from ipaddress import IPv6Address, ip_address

MOST_ADDRESSES = 4096
"""So many are remembered; who was not seen for longest is forgotten first, and begins anew."""
_OF_ONE_PARTY = 64


class Paces:
    """A bucket of tokens for each address: ``burst`` at most, and ``rate`` more in each second."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str, now: float) -> bool:
        """Take a token; False if there is none."""
        left = self._left(address, now)
        taken = left >= 1.0
        self._buckets[address] = (left - 1.0 if taken else left, now)
        self._buckets.move_to_end(address)
        if len(self._buckets) > MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        return taken

    def give_back(self, address: str, now: float) -> None:
        """Have a token back that was taken for nothing."""
        self._buckets[address] = (min(self._burst, self._left(address, now) + 1.0), now)

    def _left(self, address: str, now: float) -> float:
        left, at = self._buckets.get(address, (self._burst, now))
        return min(self._burst, left + (now - at) * self._rate)


def party(address: str) -> str:
    """Who is counted as one: an address; of IPv6 the network that one customer usually has whole."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    network = int(found) >> _OF_ONE_PARTY << _OF_ONE_PARTY
    return str(found) if found.is_loopback else f"{IPv6Address(network)}/{_OF_ONE_PARTY}"
