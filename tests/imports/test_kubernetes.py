"""Node states, policies and network attachments."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.errors import BadValue, InputError
from tests.imports import SAMPLES, plain, text_of


def test_a_node_state_is_an_adapter_with_functions() -> None:
    found = plain("node-state.yaml")
    assert found["nic"] == {"model": "e810", "rate": "100 Gbit/s"}
    assert found["guests"][0]["count"] == 2


def test_of_two_excerpts_the_last_counts_and_cores_are_guessed() -> None:
    found = plain("node-state-excerpt.yaml")
    assert (found["nic"]["model"], found["nic"]["rate"], found["host"]["cores"]) == ("xl710", "40 Gbit/s", 72)
    assert found["guests"][0]["count"] == 3
    assert "of 2 lists of interfaces the last is taken" in text_of("node-state-excerpt.yaml")


def test_cores_that_are_too_few_become_a_comment(tmp_path: Path) -> None:
    path = tmp_path / "state.yaml"
    text = (SAMPLES / "node-state-excerpt.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("cpu: 72", "cpu: 2"), encoding="utf-8")
    assert "cores" not in plain(path)["host"]
    assert "2 cores are fewer than one for each vCPU and helper" in text_of(path).replace("\n# ", " ")


def test_attachments_get_the_pool_that_they_name() -> None:
    found = plain("policy-and-networks.yaml")
    assert [item["name"] for item in found["guests"]] == ["sriov-net", "fast-net", "bridge-net"]
    first, second, _ = found["guests"]
    assert (first["interrupts"], first["vlan"], first["mtu"], first["max_rate"]) == ("poll", 100, "9000 B", "1 Gbit/s")
    assert (second["vlan"], second["max_rate"]) == (7, "2.5 Gbit/s")
    assert found["nic"]["model"] == "x710"


def test_a_bridge_in_a_pod_is_a_container() -> None:
    *_, bridged = plain("policy-and-networks.yaml")["guests"]
    assert (bridged["name"], bridged["datapath"]) == ("bridge-net", "container")


def test_a_list_of_objects(tmp_path: Path) -> None:
    path = tmp_path / "list.yaml"
    inner = "\n".join("  " + line for line in (SAMPLES / "node-state.yaml").read_text(encoding="utf-8").splitlines())
    path.write_text(f"kind: List\nitems:\n- kind: Pod\n-\n{inner}\n", encoding="utf-8")
    assert plain(path)["nic"]["model"] == "e810"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: Pod\n", "'Pod' is not a known kind of object"),
        ("kind: List\nitems: [{kind: Pod}]\n", "is a list with no object that import reads"),
        ("kind: SriovNetworkNodeState\nspec: {}\n", "has no status.interfaces"),
        ("kind: SriovNetworkNodePolicy\nspec: {numVfs: 3}\n", "has no spec.resourceName"),
        ("kind: NetworkAttachmentDefinition\nspec: {}\n", "has no spec.config"),
        ('kind: NetworkAttachmentDefinition\nspec: {config: \'{"type": "sriof"}\'}\n', "did you mean 'sriov'"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "object.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        plain(path)


def test_a_tag_is_no_answer(tmp_path: Path) -> None:
    path = tmp_path / "object.yaml"
    path.write_text("kind: !!python/object:os.system SriovNetwork\n", encoding="utf-8")
    with pytest.raises(BadValue, match="is a tag"):
        plain(path)


@pytest.mark.parametrize("said", ["", "node_allocatable: {cpu: many}"])
def test_a_state_that_says_nothing_of_cores_leaves_them_open(tmp_path: Path, said: str) -> None:
    path = tmp_path / "state.yaml"
    text = (SAMPLES / "node-state-excerpt.yaml").read_text(encoding="utf-8")
    path.write_text(text.partition("node_allocatable")[0] + said, encoding="utf-8")
    assert "cores" not in plain(path)["host"]
    assert "node_allocatable.cpu" not in text_of(path)
