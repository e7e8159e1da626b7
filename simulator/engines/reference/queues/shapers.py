"""What limits how fast a hardware engine may take packets: token buckets in integers (GCRA).

1. A packet conforms once the theoretical arrival time is at most a burst away.
2. A shaper has a bucket in bytes, one in packets, or both; several inputs may share it.

*Scope*: caps and guaranteed rates of functions. *Validation*: conformance vectors of shapers.
"""

from __future__ import annotations

from simulator.engines.reference.clock.arithmetic import PS_PER_SECOND
from simulator.engines.reference.clock.packets import Packet
from simulator.engines.reference.queues.world import Entity, World
from simulator.plan import model

PS_PER_MILLIPPS = 1000 * PS_PER_SECOND


class Bucket:
    """One theoretical arrival time; without a rate everything conforms."""

    def __init__(self) -> None:
        self.limited = False
        self._due_ps = 0
        self._burst_ps = 0

    def limit(self, burst_ps: int | None) -> None:
        """From now on this is the burst, as long as it takes; None: no rate."""
        self.limited = burst_ps is not None
        self._burst_ps = burst_ps or 0

    def forgive(self, now_ps: int) -> None:
        """A debt to the rate before does not count any more."""
        self._due_ps = min(self._due_ps, now_ps)

    @property
    def opens_ps(self) -> int:
        """From when on a packet conforms."""
        return self._due_ps - self._burst_ps

    def charge(self, now_ps: int, time_ps: int) -> None:
        """A packet worth ``time_ps`` passes."""
        self._due_ps = max(now_ps, self._due_ps) + time_ps


class Shaper(Entity):
    """Up to two buckets; without any everything conforms."""

    kind = "shaper"

    def __init__(self, data: model.Shaper, world: World) -> None:
        super().__init__(data.name, world)
        self._data = data
        self._bytes, self._packets = Bucket(), Bucket()
        self._limit_bytes(data.rate_bps)
        self._packets.limit(data.burst_packets * self._packet_ps() if data.rate_millipps else None)

    def _limit_bytes(self, rate_bps: int) -> None:
        self._rate_bps = rate_bps
        self._bytes.limit(self._bytes_ps(self._data.burst_bytes) if rate_bps else None)

    def set_rate(self, rate_bps: int) -> None:
        """Another rate from now on."""
        self._limit_bytes(rate_bps)
        self._bytes.forgive(self.world.now_ps)

    def _bytes_ps(self, size_bytes: int) -> int:
        return size_bytes * 8 * PS_PER_SECOND // self._rate_bps

    def _packet_ps(self) -> int:
        return PS_PER_MILLIPPS // self._data.rate_millipps

    @property
    def opens_ps(self) -> int:
        """From when on a packet conforms."""
        return max((bucket.opens_ps for bucket in (self._bytes, self._packets) if bucket.limited), default=0)

    @property
    def conforms(self) -> bool:
        """Whether a packet may pass now."""
        return self.world.now_ps >= self.opens_ps

    def charge(self, packet: Packet) -> None:
        """``packet`` passes."""
        size_bytes = packet.length_bytes + self._data.overhead_bytes
        if self._bytes.limited:
            self._bytes.charge(self.world.now_ps, self._bytes_ps(size_bytes))
        if self._packets.limited:
            self._packets.charge(self.world.now_ps, self._packet_ps())
        self.counts["packets"] += 1
        self.counts["bytes"] += size_bytes
