"""Builds a `Plan` from the short form of the vectors: a map from names to fields, references by name.

- `is` tells the kind of entity; the order of the map is the order of declaration.
- A stream is written where it is used: `100` is constant, `[1, 2, 3]` is a cycle. Its name is `entity.field`.
- `ps_per_byte: n` on a link, a shaper or an input is its rate; an input with one gets a shaper of its own. `to` is the target of a source or link.
- A gate is `event w` (mode, worker to wake) or a map with `mode` and one of `wake`, `irq`, `doorbell`, `resume`.
- What follows a gate, and each item of `accesses` and `unmask`, has `cost`, `exit`, `lock` and `locked` (under the lock); an
  access also `ack` or `unmask`.
- Inputs and outputs are names or maps with `of`; an output to a fifo is full as the fifo is.
- `vcpu` with `by: core` makes the vCPU's thread; `ksoftirqd` threads and pollers enter themselves where they belong.
- `happens` lists events: `{at: 100, stop: ring}` (off), `start` (on), `reset`, `{rate: shaper, ps_per_byte: n}` (none: no limit), `{weight: worker, input: 0,
  value: 2}`, `{entry: switch, port: 1}` (of its first entry).
- Every worker and every link with a target has a stage of its own name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from simulator.plan import draws, model
from simulator.plan.references import ENTITIES, FIXED

KINDS = {
    "source": model.Source, "sink": model.Sink, "link": model.Link, "dma": model.Dma, "fifo": model.Fifo, "ring": model.DescRing,
    "switch": model.Switch, "moderator": model.Moderator, "route": model.IrqRoute, "core": model.Executor,
    "vcpu": model.Executor, "thread": model.Thread, "lock": model.Lock,
    "quota": model.Quota, "shaper": model.Shaper, "tick": model.Tick, "worker": model.Worker,
}  # fmt: skip
COLLECTIONS = dict(
    zip(
        (
            "source",
            "sink",
            "link",
            "dma",
            "fifo",
            "ring",
            "switch",
            "moderator",
            "route",
            "executor",
            "thread",
            "lock",
            "quota",
            "shaper",
            "tick",
            "worker",
        ),
        ENTITIES,
        strict=True,
    )
)
BITS_PS = 8 * 10**12
ACTIONS = ("wake", "irq", "doorbell", "resume", "ack", "unmask")

Fields = dict[str, Any]


def build(name: str, short: Mapping[str, Fields], happens: Sequence[Fields] = ()) -> model.Plan:
    """The plan that `short` describes, with the events of `happens`."""
    return _Builder(name, short).plan(happens)


class _Builder:
    """Names known so far; entities are made when all names are."""

    def __init__(self, name: str, short: Mapping[str, Fields]) -> None:
        self.name = name
        self.short = {key: dict(value) for key, value in _with_shapers(_with_threads(short)).items()}
        self.order: dict[str, list[str]] = {collection: [] for collection in ENTITIES}
        for key, value in self.short.items():
            self.order[self._collection(value["is"])].append(key)
        self.streams: list[draws.Stream] = []
        self.stages: list[str] = []

    def _collection(self, kind: str) -> str:
        return COLLECTIONS["executor" if kind in ("core", "vcpu") else kind]

    def plan(self, happens: Sequence[Fields]) -> model.Plan:
        made = {name: tuple(self._entity(key) for key in keys) for name, keys in self.order.items()}
        events = tuple(self._event(dict(given)) for given in happens)
        return model.Plan(self.name, tuple(self.stages), tuple(self.streams), **made, events=events)

    def _event(self, given: Fields) -> model.Event:
        at_ps = given.pop("at")
        (kind,) = given.keys() & {"stop", "start", "reset", "rate", "weight", "entry"}
        of = given.pop(kind)
        value = given.pop("value", 0) or given.pop("port", 0) or BITS_PS // given.get("ps_per_byte", BITS_PS + 1)
        index = given.pop("input", 0)
        if kind in ("stop", "start"):
            value, kind = int(kind == "start"), self.short[of]["is"]
        return model.Event(at_ps, kind, self._index(of), index, value)

    def _index(self, key: str) -> int:
        return self.order[self._collection(self.short[key]["is"])].index(key)

    def _stage(self, name: str) -> int:
        if name not in self.stages:
            self.stages.append(name)
        return self.stages.index(name)

    def _entity(self, key: str) -> Any:
        given = dict(self.short[key])
        kind = given.pop("is")
        made = getattr(self, f"_{kind}", lambda _, found: found)(key, given)
        made = {"name": key, **{field: self._value(KINDS[kind], key, field, value) for field, value in made.items()}}
        unknown = set(made) - {field.name for field in fields(KINDS[kind])}
        if unknown:
            raise ValueError(f"{self.name}: {key}: {sorted(unknown)} are no fields of a {kind}")
        return KINDS[kind](**made)

    def _value(self, kind: type, key: str, field: str, value: Any) -> Any:
        if field in ("accesses", "unmask"):
            return tuple(model.Notify(**self._notify(dict(item))) for item in value)
        target = FIXED.get(kind.__name__, {}).get(field)
        if field.endswith("gate") or not target:
            return self._gate(value) if field.endswith("gate") else value
        if target == "streams":
            return self._stream(f"{key}.{field}", value)
        if target == "stages":
            return self._stage(value)
        return self._index(value) if isinstance(value, str) else value

    def _stream(self, name: str, value: int | list[int]) -> int:
        made = draws.cycle(name, value) if isinstance(value, list) else draws.constant(name, value)
        self.streams.append(made)
        return len(self.streams) - 1

    def _gate(self, value: str | Fields) -> model.Gate:
        if isinstance(value, str):
            mode, *woken = value.split()
            value = {"mode": mode, **({"wake": woken[0]} if woken else {})}
        given = dict(value)
        notify = model.Notify(**self._notify(given))
        return model.Gate(given.pop("mode"), notify, **given)

    def _notify(self, given: Fields) -> Fields:
        """The fields of a Notify, taken out of what is given."""
        names = (("cost", "cost_ps"), ("exit", "exit"), ("locked", "locked_ps"))
        made: Fields = {field: given.pop(old) for old, field in names if old in given}
        if "lock" in given:
            made["lock"] = self._index(given.pop("lock"))
        for action in ACTIONS:
            if action in given:
                made |= {"kind": action, "target": self._index(given.pop(action))}
        return made

    def _source(self, _: str, given: Fields) -> Fields:
        target = given.pop("to")
        made = {
            "target_kind": self.short[target]["is"],
            "target": self._index(target),
            "size": 100,
            "flow": 0,
            "dst": 0,
        }
        return {"kind": "open", **made, **given}

    def _link(self, key: str, given: Fields) -> Fields:
        made = {"rate_bps": BITS_PS // given.pop("ps_per_byte")} if "ps_per_byte" in given else {}
        if "to" in given:
            target = given.pop("to")
            made |= {"target_kind": self.short[target]["is"], "target": self._index(target), "stage": key}
        return made | given

    def _fifo(self, key: str, given: Fields) -> Fields:
        return {"capacity": 100, "poller": self._poller(key), **given}

    def _ring(self, key: str, given: Fields) -> Fields:
        return {"kind": "rx", "size": 100, "poller": self._poller(key), **given}

    def _poller(self, key: str) -> int:
        for worker in self.order["workers"]:
            given = self.short[worker]
            drained = [item if isinstance(item, str) else item["of"] for item in given.get("from", ())]
            if key in drained and (given["kind"] == "hw" or given.get("poll_mode")):
                return self._index(worker)
        return model.NONE

    def _shaper(self, _: str, given: Fields) -> Fields:
        made = {"rate_bps": BITS_PS // given.pop("ps_per_byte")} if "ps_per_byte" in given else {}
        return made | given

    def _moderator(self, _: str, given: Fields) -> Fields:
        return {**given, "adapt_args": tuple(given.pop("adapt_args", ()))}

    def _switch(self, _: str, given: Fields) -> Fields:
        return {**given, "table": tuple(given["table"]), "ports": tuple(tuple(port) for port in given["ports"])}

    def _core(self, key: str, given: Fields) -> Fields:
        daemons = [
            t for t in self.order["threads"] if self.short[t].get("kind") == "ksoftirqd" and self.short[t]["by"] == key
        ]
        states = tuple(tuple(state) for state in given.pop("idle_states", ()))
        return {"kind": "core", "idle_states": states, **({"ksoftirqd": daemons[0]} if daemons else {}), **given}

    def _vcpu(self, key: str, given: Fields) -> Fields:
        return {**self._core(key, given), "kind": "vcpu", "thread": f"{key}_thread"}

    def _thread(self, _: str, given: Fields) -> Fields:
        return {"kind": "workers", "executor": given.pop("by"), **given}

    def _tick(self, _: str, given: Fields) -> Fields:
        return {"executor": given.pop("by"), **given}

    def _worker(self, key: str, given: Fields) -> Fields:
        on = given.pop("by", None)
        inputs = tuple(self._input(item) for item in given.pop("from", ()))
        outputs = tuple(self._output(item) for item in given.pop("into", ()))
        place = model.NONE if on is None else self._index(on)
        return {"on": place, "inputs": inputs, "outputs": outputs, "stage": key, **given}

    def _input(self, item: str | Fields) -> model.Input:
        given: Fields = {"of": item} if isinstance(item, str) else dict(item)
        of = given.pop("of")
        for limit in ("shaper", "floor"):
            if limit in given:
                given[limit] = self._index(given[limit])
        kind = self.short[of].get("kind", "rx") if self.short[of]["is"] == "ring" else "fifo"
        return model.Input(kind, self._index(of), **given)

    def _output(self, item: str | Fields) -> model.Output:
        given: Fields = {"of": item} if isinstance(item, str) else dict(item)
        of = given.pop("of")
        target = self.short[of]
        kind = target["is"]
        if kind == "ring":
            kind = "post" if target.get("kind", "rx") == "tx" else "dma_write" if target.get("remote") else "fill"
        if kind == "dma":
            kind, given["fifo"] = "dma_read", self._index(given["fifo"])
        if kind == "fifo":
            given.setdefault("full", target.get("full", "drop"))
        return model.Output(kind, self._index(of), **given)


def _with_shapers(short: Mapping[str, Fields]) -> dict[str, Fields]:
    """The same map in which a rate on an input is a shaper, `worker_shaper0` for its first input."""
    full: dict[str, Fields] = {}
    for key, value in short.items():
        inputs = []
        for number, item in enumerate(value.get("from", ()) if value["is"] == "worker" else ()):
            rest = dict(item) if isinstance(item, dict) else {"of": item}
            limits = {name: rest.pop(name) for name in ("ps_per_byte", "burst_bytes", "overhead_bytes") if name in rest}
            if limits:
                full[f"{key}_shaper{number}"] = {"is": "shaper", **limits}
                rest["shaper"] = f"{key}_shaper{number}"
            inputs.append(rest)
        full[key] = {**value, **({"from": inputs} if inputs else {})}
    return full


def _with_threads(short: Mapping[str, Fields]) -> dict[str, Fields]:
    """The same map with the thread of each vCPU right after it."""
    full: dict[str, Fields] = {}
    for key, value in short.items():
        given = dict(value)
        if given["is"] == "vcpu":
            full[f"{key}_thread"] = {
                "is": "thread",
                "kind": "vcpu",
                "vcpu": key,
                "by": given.pop("by"),
                **given.pop("thread", {}),
            }
        full[key] = given
    return full
