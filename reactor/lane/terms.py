"""On which terms the lane looks, and how it goes: what its owner sets, and what he sees.

Only the records belong here.
"""

from dataclasses import dataclass

from reactor.lane.words import Beat


@dataclass(frozen=True, slots=True)
class LaneStatistics:
    """``on`` tells that there is a lane; ``here`` are the runs that it reads, ``elsewhere`` those it cannot.

    ``slowed`` counts over all lanes there were what a beat counts. ``beat`` is what it said of itself last,
    ``deaths`` how often it ended without having been asked to. ``why`` is why there is none, or why the last
    one ended.
    """

    on: bool = False
    pid: int = 0
    here: int = 0
    elsewhere: int = 0
    told: int = 0
    deaths: int = 0
    slowed: int = 0
    why: str = ""
    beat: Beat | None = None


@dataclass(frozen=True, slots=True)
class LaneTerms:
    """How often it looks each second, how often while all is calm, and what share of a core it has beyond.

    ``forks`` is whether the kernel tells it of forks, where that can be had: then it does not look while all
    is calm.

    ``realtime`` is whether it goes before all that is not real-time itself, where it may, and its monitor
    while that decides.

    It says something each second; after ``silence`` seconds without a word it is taken for dead.
    """

    rate: float = 200.0
    calm: float = 70.0
    share: float = 0.01
    forks: bool = True
    realtime: bool = False
    silence: float = 5.0
    first_pause: float = 0.5
    longest_pause: float = 60.0


NORMAL = LaneTerms(realtime=True)
FAST = LaneTerms(rate=1000.0, calm=200.0, share=0.05, realtime=True)
