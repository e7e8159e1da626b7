"""Every code block of README, CONTRIBUTING and docs runs, page by page, from top to bottom in one folder.

- ``sh``: each line is a command. ``console``: so is each line after ``$``, and what follows it is its exact output;
  without any ``$`` all lines are commands.
- ``yaml``: a whole scenario, a mix of captures, a host, measured points, or a part of a scenario, which is laid on a small whole one. A comment
  in the first line names the file.
- ``python``: executed. ``text`` and unnamed: not code, but commands in them must exist.

`DOCS_UPDATE=1` writes the outputs of today into the pages.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import click
import pytest

from simulator import costs, validation
from simulator.cli import cli
from simulator.formats import yaml12
from simulator.scenario import load, points
from simulator.traffic.mix import load_mix
from tests.docs import commands
from tests.docs.markdown import ROOT, Block, blocks, name, written

PAGES = [page for page in written() if blocks(page)]
SMALL = "schema: 1\nguests: [{name: vm}]\ntraffic: [{name: load, kind: poisson, rate: 1 kpps}]\n"
NOT_CODE = ("text", "", "{toctree}", "{figure}", "{glossary}")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_blocks_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("scenarios").symlink_to(ROOT / "scenarios")
    Path("tests").symlink_to(ROOT / "tests")
    Path("base.yaml").write_text(SMALL, encoding="utf-8")
    memory: dict[str, Any] = {}
    for block in blocks(page):
        try:
            _run(page, block, memory)
        except BaseException as error:
            error.add_note(f"{name(page)}:{block.line}")
            raise


def _run(page: Path, block: Block, memory: dict[str, Any]) -> None:
    if block.language == "python":
        exec(compile(block.text, name(page), "exec"), memory)
    elif block.language == "yaml":
        _yaml(block.text)
    elif block.language in ("sh", "console"):
        _commands(page, block)
    else:
        assert block.language.partition(" ")[0] in NOT_CODE, (
            f"no test runs {block.language}; use sh, console, yaml, python or text"
        )
        _names(block.text)


def _yaml(text: str) -> None:
    named = re.match(r"# (\S+\.yaml)\n", text)
    path = Path(named[1] if named else "block.yaml")
    keys = yaml12.parse(text, str(path), Path.cwd()).plain().keys()
    whole = "schema" in keys or "connections" in keys or "group" in keys
    path.parent.mkdir(exist_ok=True)
    path.write_text(text if whole else f"extends: base.yaml\n{text}", encoding="utf-8")
    if "connections" in keys:
        assert load_mix(path).connections
    elif "group" in keys:
        assert validation.read(path.parent)[0].points
    elif "base" in keys:
        assert costs.host(str(path)).name == path.stem
    else:
        assert points(load(path))


def _commands(page: Path, block: Block) -> None:
    if "$ " not in block.text:
        for line in block.text.splitlines():
            commands.run(line, shown=False)
        return
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        line, _, expected = part.partition("\n")
        output = commands.run(line, shown=True)
        if os.environ.get("DOCS_UPDATE"):
            page.write_text(page.read_text(encoding="utf-8").replace(part, f"{line}\n{output}"), encoding="utf-8")
        else:
            assert output == expected


def _names(text: str) -> None:
    for line in re.findall(r"^(?:\$ )?sriovsim (.*?)(?:  .*)?$", text, re.MULTILINE):
        command = cli.get_command(click.Context(cli), line.split()[0])
        assert command is not None, line
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", line)) <= known, line


def test_a_false_output_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCS_UPDATE", raising=False)
    block = Block("console", "$ sriovsim list interrupts\nautomatic\n", 1)
    with pytest.raises(AssertionError):
        _commands(tmp_path, block)


def test_an_unknown_command_is_seen(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        _commands(tmp_path, Block("sh", "curl example.org\n", 1))
    with pytest.raises(AssertionError):
        _names("sriovsim explain native --hosts modern\n")
