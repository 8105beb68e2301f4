"""One limit for several processes: who may start, from what all of them have written down. Pure.

Each process is a member, with the places it has. A process that ends without a word (a kill) is
left out by whoever looks next; one that cannot be asked, when it has not been heard of for long.
Times are those of the machine's monotonic clock, which all its processes share, and which nobody
can set: times that lie ahead come from before a restart of the machine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, NamedTuple

from zhipu_client._adaptive_limit import AdaptiveLimit

__all__ = ["LEASE", "Event", "Member", "SharedLimit", "Turn"]

#: Seconds after which a member that was not heard of has lost its places.
LEASE = 60.0
#: Seconds that a member waits without being given a place before others let it go first. Until
#: then a place stays with the process where it was given back: nobody has to notice it first.
HUNGRY = 1.0
#: Seconds after which nobody lets a member go first that was not heard of: it may be stopped.
HEARD = 3.0
#: Seconds by which a time may lie ahead.
AHEAD = 1.0


class Event(NamedTuple):
    """What happened to a place of this process since it last looked."""

    what: Literal["start", "end", "served", "refused"]
    careful: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A process, as the others see it.

    Attributes:
        space: What its number is counted in: a machine, or a container.
        pid: Its number.
        started: When it began, as far as the system says it.
        taken: The places it has.
        careful: How many of them are for calls that a refusal would end.
        waiting: How many of its calls wait.
        since: Since when they wait without being given a place.
        at: When it was last heard of.
    """

    space: str
    pid: int
    started: str
    taken: int = 0
    careful: int = 0
    waiting: int = 0
    since: float = 0.0
    at: float = -math.inf


def _number(value: Any) -> Any:
    if value is not None and not isinstance(value, (int, float)):
        raise TypeError(type(value))
    return value


def _member(
    space: str,
    pid: int,
    started: str,
    taken: int,
    careful: int,
    waiting: int,
    since: float,
    at: float,
) -> Member:
    counts = (int(taken), int(careful), int(waiting))
    return Member(str(space), int(pid), str(started), *counts, float(since), float(at))


@dataclass(frozen=True, slots=True)
class Turn:
    """What a member looks with, and what it gets.

    Attributes:
        name: The name of the member.
        member: The member as it was after its last turn; as it is now, in what `take` returns.
        events: What happened since.
        wanted: For each of its calls that waits, whether it is a careful one.
        now: The time.
        granted: For each place that it is given, whether it is for a careful call; in order.
    """

    name: str
    member: Member
    events: Sequence[Event]
    wanted: Sequence[bool]
    now: float
    granted: tuple[bool, ...] = ()


@dataclass(slots=True)
class SharedLimit:
    """What all processes have written down about one account and model."""

    limit: AdaptiveLimit = field(default_factory=AdaptiveLimit)
    members: dict[str, Member] = field(default_factory=dict)
    #: When a request was last served, in any process.
    passed_at: float = -math.inf

    @classmethod
    def read(cls, found: Any) -> SharedLimit:
        """Return what was written down; nothing where it cannot be read."""
        try:
            return cls(
                AdaptiveLimit(**{name: _number(one) for name, one in found["limit"].items()}),
                {str(name): _member(**values) for name, values in found["members"].items()},
                float(found["passed_at"]),
            )
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            return cls()

    def written(self) -> dict[str, Any]:
        """Return this as what JSON can have."""
        return asdict(self)

    @property
    def known(self) -> bool:
        """Return whether there is anything to be written down."""
        return bool(self.members) or self.limit.limit is not None

    def take(self, turn: Turn, ended: Callable[[Member], bool]) -> Turn:
        """Let a member note what happened, and give it the places that it may have now.

        Args:
            turn: What it looks with.
            ended: Says of another member that its process has ended.
        """
        now, member = turn.now, turn.member
        self._clean(turn.name, now, ended)
        others = list(self.members.values())
        self.limit.count(
            sum(one.taken for one in others) + member.taken,
            sum(one.careful for one in others) + member.careful,
        )
        busy = bool(turn.wanted) or any(one.waiting for one in others)
        for event in turn.events:
            member = self._note(member, event, now, waiting=busy)
        since = member.since if member.waiting else now
        left, granted = list(turn.wanted), []
        while left and self._may_start(replace(member, since=since), others, now, careful=left[0]):
            granted.append(left.pop(0))
            member, since = self._note(member, Event("start", granted[-1]), now), now
        member = replace(member, waiting=len(left), since=since, at=now)
        if member.taken or left:
            self.members[turn.name] = member
        return replace(turn, member=member, granted=tuple(granted))

    def rank(self, name: str) -> int:
        """Return how many others that wait would be let go first: 0 had better look often."""
        ours = self.members[name]
        return sum(
            one.waiting > 0 and (one.taken, one.since) < (ours.taken, ours.since)
            for other, one in self.members.items()
            if other != name
        )

    def _clean(self, name: str, now: float, ended: Callable[[Member], bool]) -> None:
        """Leave out who has ended, ourselves as we were, and what is of no use any more."""
        self.members.pop(name, None)
        times = [self.limit.refused_at, *(one.at for one in self.members.values())]
        if max(times) > now + AHEAD:  # from before a restart
            self.limit, self.members, self.passed_at = AdaptiveLimit(), {}, -math.inf
        for other, one in list(self.members.items()):
            if now - one.at > LEASE or ended(one):
                del self.members[other]
        self.limit.count(sum(one.taken for one in self.members.values()), 0)
        if self.limit.fresh(now):
            self.limit = AdaptiveLimit()

    def _note(self, member: Member, event: Event, now: float, *, waiting: bool = False) -> Member:
        change = {"start": 1, "end": -1}.get(event.what, 0)
        if event.what == "start":
            self.limit.start(careful=event.careful)
        elif event.what == "end":
            self.limit.end(careful=event.careful)
        elif event.what == "refused":
            self.limit.refused(now)
        else:
            self.limit.succeeded(now, waiting=waiting)
            self.passed_at = max(self.passed_at, now)
        return replace(
            member,
            taken=max(0, member.taken + change),
            careful=max(0, member.careful + change * event.careful),
        )

    def _may_start(
        self, member: Member, others: Iterable[Member], now: float, *, careful: bool
    ) -> bool:
        if not self.limit.free(careful=careful):
            return False
        if self.limit.limit is None:
            return True
        ours = (member.taken, member.since)
        return not any(
            one.waiting
            and now - one.since > HUNGRY
            and now - one.at < HEARD
            and (one.taken, one.since) < ours
            for one in others
        )
