"""The plan: what a simulation is made of, as frozen data, without technology and without engine.

A plan is a set of numbered entities that refer to one another by index (-1 = none). Every time is an integer number of
picoseconds, every size an integer number of bytes. What the entities *do* is laid down in
``docs/reference/plan.md``; both engines implement that text.

*Scope*: network I/O of hosts: sources, links, rings with their gates, workers, executors (cores and vCPUs), moderators,
interrupt routes, switches, a PCIe function's DMA and its IOMMU, locks, trapping register accesses, sinks, and what changes while it
runs.
*Validation*: ``check()``, conformance vectors, and two engines that must agree event by event.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.plan.draws import Stream

NONE = -1
INFINITE_PS = 1 << 62


@dataclass(frozen=True, slots=True)
class Notify:
    """What follows when a gate fires: ``wake`` a worker, ring a ``doorbell``, raise an ``irq`` route, ``resume`` a ring's waiter.

    With an ``exit`` it is an *access*: an instruction of the guest that traps. A list of accesses may also ``ack`` or
    ``unmask`` a moderator.
    """

    kind: str = "none"
    target: int = NONE
    cost_ps: int = 0
    exit: str = ""
    """Kind of VM exit that the notification causes ("" = none); its cost is then spent by the hypervisor on the vCPU."""
    lock: int = NONE
    """The exit goes to user space and needs this lock; ``locked_ps`` is spent under it before the effect."""
    locked_ps: int = 0


@dataclass(frozen=True, slots=True)
class Gate:
    """Notification suppression of one direction of a ring: ``always | never | flag | event | edge | moderated``."""

    mode: str = "never"
    notify: Notify = Notify()
    delay_num: int = 0
    delay_den: int = 1
    """``enable()`` asks for num/den of the outstanding entries first (virtio's delayed callback); 0 = at once."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where packets are born: ``open`` loop, ``rr`` (request, response, think; one outstanding) or ``window`` (bulk).

    Streams give gaps (ps), frame lengths without FCS (bytes), flow numbers and destination MAC indices.
    """

    name: str
    kind: str
    target_kind: str
    target: int
    size: int
    flow: int
    dst: int
    gap: int = NONE
    think: int = NONE
    vlan: int = 0
    segment_bytes: int = 0
    start_ps: int = 0
    stop_ps: int = INFINITE_PS
    max_packets: int = INFINITE_PS
    backlog_ps: int = INFINITE_PS
    response_bytes: int = 60
    """Length of the answer to a request; -1: as long as the request."""
    reply_dst: int = 0
    window: int = 1
    """``window``: most packets under way."""
    start_window: int = 0
    """``window``: packets under way at first; 0: ``window``."""
    grow: int = 1024
    """``window``: by how much a round without loss opens it once it has shrunk, in 1/1024 of a packet."""
    shrink: int = 512
    """``window``: what a loss leaves of it, in 1/1024."""
    reorder: int = 1
    """``window``: a packet counts as lost when so many after it have been acknowledged."""
    message_bytes: int = 0
    """``window``: bytes that one call of the application writes or reads; 0: each packet, or what was merged, is one."""
    ack_every: int = 1
    timeout_ps: int = 200_000_000_000
    request: bool = False
    """``open``: its packets are requests, which it sends without waiting for answers."""
    record: int = NONE
    """Sink whose statistics take what answering sinks get of this source; -1: the sink's own."""


@dataclass(frozen=True, slots=True)
class Sink:
    """Where packets end; keeps latency, histogram and stage sums. Off-box sinks answer over ``reply_link``."""

    name: str
    reply_link: int = NONE


@dataclass(frozen=True, slots=True)
class Link:
    """A serial resource with propagation delay: one wire direction, one PCIe direction, an internal pipe (rate 0 = no serialisation)."""

    name: str
    rate_bps: int = 0
    propagation_ps: int = 0
    frame_overhead_bytes: int = 0
    segment_header_bytes: int = 0
    stage: int = NONE
    target_kind: str = "none"
    target: int = NONE


@dataclass(frozen=True, slots=True)
class Dma:
    """The PCIe side of a device: reads with tags and in-order completions, posted writes; bytes per datapaths A.6."""

    name: str
    up: int
    down: int
    mps_bytes: int = 256
    mrrs_bytes: int = 512
    completion_bytes: int = 256
    max_reads: int = 64
    memory_ps: int = 0
    memory_spread: int = NONE
    segment_header_bytes: int = 54
    read_stage: int = NONE
    iotlb_entries: int = NONE
    """Pages whose translations the IOMMU keeps at hand; 0: none, as with strict invalidation; -1: no translation."""
    page_bytes: int = 4096
    walkers: int = 1
    """Page walks at a time."""
    walk_ps: int = 0


@dataclass(frozen=True, slots=True)
class Fifo:
    """A queue of packets. ``full`` is ``drop`` or ``block``; a poll-mode consumer is named in ``poller``."""

    name: str
    capacity: int
    capacity_bytes: int = 0
    full: str = "drop"
    wake_free: int = 1
    gate: Gate = Gate()
    poller: int = NONE


@dataclass(frozen=True, slots=True)
class DescRing:
    """A descriptor ring of ``kind`` ``rx`` (driver posts empty buffers) or ``tx`` (driver posts packets)."""

    name: str
    kind: str
    size: int
    buffer_bytes: int = 0
    avail_gate: Gate = Gate()
    used_gate: Gate = Gate()
    moderator: int = NONE
    """A NIC ring's notifier in place of ``used_gate``; what a used gate of mode ``moderated`` asks."""
    remote: bool = False
    """True: the device sees the avail index when a doorbell arrives over ``dma``; False: shared memory, at once."""
    dma: int = NONE
    fetch_max: int = 0
    """Remote: descriptors that the device has room for; tx: read as places become free, 0 = they come with the doorbell."""
    fetch_low: int = 0
    """tx, remote: more are read when no more than so many are left in the device (PTHRESH)."""
    descriptor_bytes: int = 16
    writeback_bytes: int = 16
    writeback_group: int = 1
    wake_free: int = 1
    poller: int = NONE
    """Poll-mode consumer: of the avail side (tx) or of the used side (rx)."""
    hold_group: int = 1
    """rx, remote: the device hands packets over in groups of so many; 1 = each at once."""
    hold_ps: int = NONE
    """rx without moderator: an incomplete group is handed over so long after the last one; -1 = never."""
    base_bytes: int = NONE
    """remote: address of the first packet buffer, for translation; -1: not translated."""
    stride_bytes: int = 2048
    """From one packet buffer to the next."""
    order: int = NONE
    """Stream of the numbers of buffers, in place of one after the other."""
    buffers: int = 0
    """How many buffers there are before the first is used again; 0: as many as descriptors."""


@dataclass(frozen=True, slots=True)
class Switch:
    """A forwarding table: ``table[vlan * macs + dst]`` is a port or -1; a port is (first output, number of queues)."""

    name: str
    macs: int
    table: tuple[int, ...]
    ports: tuple[tuple[int, int], ...]
    default_port: int = NONE


@dataclass(frozen=True, slots=True)
class Moderator:
    """Interrupt moderation of one vector: ``none | gap | coal | coal_eqe | coal_cqe``.

    With ``tx_interval_ps`` >= 0 completions of sent packets have an interval (and ``tx_frames``) of their own. ``adapt`` names the
    rule by which the driver changes the intervals at the end of a poll: ``size | size_vector | classes | dim``, with the numbers
    of ``adapt_args`` (``docs/reference/plan.md`` 6.1).

    With a ``worker`` it is that of an emulated device: whoever makes it fire pays ``signal_ps`` and raises the route, and
    when its timer expires the worker is woken to do so.
    """

    name: str
    route: int
    kind: str = "none"
    interval_ps: int = 0
    frames: int = INFINITE_PS
    dma: int = NONE
    msi_bytes: int = 28
    unmask_bytes: int = 28
    stage: int = NONE
    worker: int = NONE
    signal_ps: int = 0
    tx_interval_ps: int = NONE
    tx_frames: int = INFINITE_PS
    adapt: str = ""
    adapt_args: tuple[int, ...] = ()
    least_gap_ps: int = 0
    """No two interrupts closer than this, whatever the intervals."""


@dataclass(frozen=True, slots=True)
class IrqRoute:
    """How an interrupt reaches its handler: ``native | legacy | apicv | posted``; ``device`` (MSI) or ``irqfd`` (a thread signals).

    ``accesses`` are the trapping register accesses of the handler, in order.
    """

    name: str
    mode: str
    worker: int
    core: int = NONE
    vcpu: int = NONE
    origin: str = "device"
    hardirq_ps: int = 0
    irqfd_ps: int = 0
    ipi_ps: int = 0
    inject_ps: int = 0
    eoi_ps: int = 0
    notify_ps: int = 0
    wakeup_ps: int = 0
    handler_ps: int = 0
    level: bool = False
    """Level-triggered: the end of interrupt exits also with a virtual APIC."""
    accesses: tuple[Notify, ...] = ()
    flight_ps: int = 0
    """Latency of the message on its way to a core (IOMMU, APIC); nobody's work."""
    kick_flight_ps: int = 0
    """Latency from whoever signals the vCPU until the vCPU's core takes it, if that is another core."""
    waker_ps: int = 0
    """Work of whoever signals a vCPU that is asleep, on top."""
    pv_eoi: bool = False
    """``legacy``, edge-triggered: the end of interrupt exits only if another interrupt is pending."""


@dataclass(frozen=True, slots=True)
class Executor:
    """A pCPU (``core``) or a ``vcpu``: what runs jobs. A vCPU is a thread of a core and itself an executor."""

    name: str
    kind: str
    scheduler: str = "fair"
    latency_ps: int = 24_000_000_000
    min_granularity_ps: int = 3_000_000_000
    wakeup_granularity_ps: int = 4_000_000_000
    quantum_ps: int = 30_000_000_000
    ctxsw_ps: int = 0
    idle_exit_ps: int = 0
    idle_states: tuple[tuple[int, int], ...] = ()
    """Idle states, shallow to deep, as (target residency, time to leave); a governor chooses. Empty: ``idle_exit_ps`` alone."""
    sibling: int = NONE
    """The other thread of a physical core; while both have work each runs at ``sibling_speed`` / 1024."""
    sibling_speed: int = 1024
    soft_budget: int = 300
    soft_time_ps: int = 2_000_000_000
    soft_restarts: int = 10
    demote: bool = True
    ksoftirqd: int = NONE
    spread: int = NONE
    # vCPU only
    thread: int = NONE
    idle: str = "hlt"
    guest_poll_ps: int = 0
    exit_ps: int = 0
    hlt_ps: int = 0
    block_ps: int = 0
    wake_ps: int = 0
    poll_exit_ps: int = 0
    halt_poll_max_ps: int = 0
    halt_poll_grow: int = 2
    halt_poll_grow_start_ps: int = 10_000_000
    halt_poll_shrink: int = 2
    nohz: bool = False
    """The guest stops its tick before it halts and starts it again for its next thread: one timer write, an exit, each."""
    timer_ps: int = 0


@dataclass(frozen=True, slots=True)
class Thread:
    """Something an executor's scheduler runs: ``workers``, a ``vcpu``, ``ksoftirqd``, or ``busy`` (computes for ever)."""

    name: str
    executor: int
    kind: str
    vcpu: int = NONE
    weight: int = 1024
    wake_ps: int = 0
    label: str = "host_task"
    lock: int = NONE
    """``workers`` on a core: it works only as the owner of this lock."""
    flight_ps: int = 0
    """``workers`` on a core: latency of a wake-up by another core, until this core takes it; nobody's work."""
    waker_ps: int = 0
    """Work of the software that wakes this thread while it sleeps."""
    quota: int = NONE
    """Thread of a core: CPU bandwidth that it shares with the other threads of this quota."""


@dataclass(frozen=True, slots=True)
class Lock:
    """Handed over in the order of requests. A mutex, whose next owner's thread spends ``handover_ps`` on waking up, or, of workers
    that ``spin``, one that is waited for without sleeping."""

    name: str
    handover_ps: int = 0


@dataclass(frozen=True, slots=True)
class Quota:
    """CPU bandwidth of a group of threads: ``quota_ps`` in each ``period_ps``, handed out in slices (cgroup ``cpu.max``)."""

    name: str
    quota_ps: int
    period_ps: int
    slice_ps: int = 5_000_000_000


@dataclass(frozen=True, slots=True)
class Tick:
    """A recurring interrupt of an executor; silent while the executor is idle.

    Periodic, or noise: streams give the time to the next one and the length of each, and ``label`` says where it is booked.
    """

    name: str
    executor: int
    period_ps: int
    offset_ps: int
    cost_ps: int
    gap: int = NONE
    length: int = NONE
    label: str = ""


@dataclass(frozen=True, slots=True)
class Shaper:
    """A token bucket in bytes, in packets, or both (rate 0: no limit), shared by all inputs that name it."""

    name: str
    rate_bps: int = 0
    burst_bytes: int = 0
    overhead_bytes: int = 0
    rate_millipps: int = 0
    burst_packets: int = 0


@dataclass(frozen=True, slots=True)
class Input:
    """One queue that a worker drains: ``fifo``, ``rx`` (driver side of an rx ring) or ``tx`` (device side of a tx ring)."""

    kind: str
    index: int
    weight: int = 1
    shaper: int = NONE
    """``hw``: what limits it, perhaps together with other inputs."""
    floor: int = NONE
    """``hw``: rate that it is served at before all others."""
    share: int = NONE
    """``hw``: inputs with one number take turns as one, with the weight of the first; -1: by itself."""
    publish_every: int = 1
    """``tx`` in shared memory: completions are shown when so many are hidden, or at the end of the turn."""
    packet_ps: int = 0
    """What taking a packet from here costs, on top of the worker's."""
    byte_fs: int = 0


@dataclass(frozen=True, slots=True)
class Output:
    """Where a worker puts packets: ``fifo | post | fill | link | dma_write | dma_read | sink``."""

    kind: str
    index: int
    publish_every: int = 1
    full: str = "block"
    room_ps: int = INFINITE_PS
    fifo: int = NONE
    """``dma_read``: the Fifo that receives the data."""
    packet_ps: int = 0
    """What putting a packet here costs, on top of the worker's."""
    byte_fs: int = 0
    dst: int = NONE
    """The destination that packets get here (a forwarder's next hop); -1: they keep theirs."""


@dataclass(frozen=True, slots=True)
class Worker:
    """Drains inputs in invocations: a NIC engine (``hw``), a softirq (``soft``), part of a thread (``task``), or a device
    model inside a VM exit (``exit``).

    ``unmask``: accesses at the end of its invocation in place of the vector's unmask write. ``moderator``: the emulated
    device's moderator that it lets fire at its flushes.
    """

    name: str
    kind: str
    on: int
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    label: str = "host_task"
    poll_mode: bool = False
    loop_ps: int = 0
    policy: str = "order"
    quantum_bytes: int = 0
    budget_packets: int = 64
    budget_bytes: int = INFINITE_PS
    chunk: int = 1
    wake_ps: int = 0
    poll_ps: int = 0
    batch_ps: int = 0
    packet_ps: int = 0
    byte_fs: int = 0
    segment_ps: int = 0
    reply_ps: int = 0
    rearm_ps: int = 0
    resume_ps: int = 0
    reap_ring: int = NONE
    reap_ps: int = 0
    refill_ring: int = NONE
    refill_chunk: int = 32
    refill_above: int = 0
    select: str = "first"
    switch: int = NONE
    recheck: str = "requeue"
    backend: bool = False
    spread: int = NONE
    service: int = NONE
    stage: int = NONE
    notify_stage: int = NONE
    unmask: tuple[Notify, ...] = ()
    moderator: int = NONE
    merge_bytes: int = 0
    """``soft``: packets of one bulk flow that are taken together are merged up to this length (GRO); 0 = no."""
    drain_ps: int = 0
    """Poll mode: what it sends waits for ``publish_every`` of them, or until this long after all was last sent; 0 = no waiting."""
    merge_ps: int = NONE
    """What a packet that was merged into the one before it costs here in place of ``packet_ps``; -1 = no difference."""
    stream_ps: int = NONE
    """What a packet of a ``window`` source, or its acknowledgement, costs here in place of ``packet_ps``; -1 = no difference."""
    call_ps: int = 0
    """For each call of the application that ends in a packet of a ``window`` source."""
    ack_ps: int = NONE
    """What an acknowledgement costs whoever makes it, in place of ``reply_ps``; -1 = no difference."""
    spin: int = NONE
    """``soft`` and ``task``: lock that it holds for a part of each job; while others hold it, it waits working (spins)."""
    spin_packet_ps: int = 0
    """How long it holds that lock for each segment of each packet, and for each packet that it reaps."""
    spin_reap_ps: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """A change of the running plan at ``at_ps``, before every slot of that instant (``docs/reference/plan.md``, section 12).

    ``kind`` is one of a closed list: ``source | link | ring`` turn that entity off (``value`` 0) or on (1), ``reset`` empties a
    function's ring, ``rate`` sets a shaper's ``rate_bps``, ``weight`` that of input ``index`` of a worker, ``entry`` puts port
    ``value`` (-1: none) into entry ``index`` of a switch's table.
    """

    at_ps: int
    kind: str
    target: int
    index: int = 0
    value: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """All entities of one simulation. Indices are positions in these tuples."""

    name: str
    stages: tuple[str, ...] = ()
    streams: tuple[Stream, ...] = field(default=(), repr=False)
    sources: tuple[Source, ...] = ()
    sinks: tuple[Sink, ...] = ()
    links: tuple[Link, ...] = ()
    dmas: tuple[Dma, ...] = ()
    fifos: tuple[Fifo, ...] = ()
    rings: tuple[DescRing, ...] = ()
    switches: tuple[Switch, ...] = ()
    moderators: tuple[Moderator, ...] = ()
    routes: tuple[IrqRoute, ...] = ()
    executors: tuple[Executor, ...] = ()
    threads: tuple[Thread, ...] = ()
    locks: tuple[Lock, ...] = ()
    quotas: tuple[Quota, ...] = ()
    shapers: tuple[Shaper, ...] = ()
    ticks: tuple[Tick, ...] = ()
    workers: tuple[Worker, ...] = ()
    events: tuple[Event, ...] = ()
    """In order of time; those of one instant act in the order of the list."""
