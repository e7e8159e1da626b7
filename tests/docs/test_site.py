"""The site builds without a warning and without a network, and every link in it leads somewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.docs.markdown import ROOT, name, written

EXTERNAL = re.compile(r"https?://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:\d+)?(/[^\s<>\"]*)?(\?[^\s<>\"]*)?(#[^\s<>\"]*)?")
LOADED = {"img": "src", "script": "src", "link": "href", "iframe": "src", "source": "src"}
MARKDOWN_LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(<?([^)\s>]+)>?\)")


class Page(HTMLParser):
    """Targets of links, files that a browser loads, and anchors of one page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.anchors |= {value for key in ("id", "name") if (value := given.get(key))}
        if tag == "a" and given.get("href"):
            self.links.add(str(given["href"]))
        if tag in LOADED and given.get(LOADED[tag]) and given.get("rel") not in ("index", "search", "next", "prev"):
            self.loaded.add(str(given[LOADED[tag]]))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    ignored = shutil.ignore_patterns("_build", "generated", "__pycache__")
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=ignored)
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "--keep-going",
        "-q",
        "-b",
        "html",
        folder / "docs",
        folder / "html",
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert result.returncode == 0, result.stderr
    assert (folder / "docs" / "reference" / "generated" / "commands.md").is_file()
    return folder / "html"


@cache
def parsed(path: Path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def broken(page: Path, link: str) -> bool:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return EXTERNAL.fullmatch(link) is None
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.is_file():
        return True
    return bool(parts.fragment) and target.suffix == ".html" and unquote(parts.fragment) not in parsed(target).anchors


def test_every_page_is_in_the_site(site: Path) -> None:
    built = {page.relative_to(site).with_suffix(".md").as_posix() for page in pages(site)}
    assert {page.relative_to(ROOT / "docs").as_posix() for page in written() if ROOT / "docs" in page.parents} <= built


def test_links_lead_somewhere(site: Path) -> None:
    assert [(str(page), link) for page in pages(site) for link in parsed(page).links if broken(page, link)] == []


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for page in pages(site):
        assert [link for link in parsed(page).loaded if broken(page, link) or urlsplit(link).scheme] == []
    for sheet in site.rglob("*.css"):
        assert re.findall(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//[^)]*", sheet.read_text(encoding="utf-8")) == []


def test_a_broken_link_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "a.html"
    page.write_text('<h1 id="here">A</h1>', encoding="utf-8")
    assert [broken(page, link) for link in ("#here", "a.html#here", "https://example.org/x")] == [False] * 3
    assert [broken(page, link) for link in ("#there", "b.html", "a.html#no", "file:///etc", "https://x")] == [True] * 5


@pytest.mark.parametrize("page", written()[:2], ids=name)
def test_links_outside_the_site_lead_somewhere(page: Path) -> None:
    for link in MARKDOWN_LINK.findall(page.read_text(encoding="utf-8")):
        assert EXTERNAL.fullmatch(link) or (page.parent / link.partition("#")[0]).exists(), link


def test_no_page_knows_the_machine_that_built_it(site: Path) -> None:
    for page in pages(site):
        text = page.read_text(encoding="utf-8")
        assert str(ROOT) not in text
        assert str(site.parent) not in text
        assert str(Path.home()) + "/" not in text
