"""How the pages become a site: Sphinx, MyST Markdown and the furo theme, without anything fetched from a network.

Before Sphinx looks for pages, ``generate`` writes those that come from the code to ``reference/generated``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from simulator import __version__  # noqa: E402  (the clone's own simulator comes first)

project = "sriovsim"
copyright = "The sriovsim authors, Apache-2.0"  # noqa: A001  (Sphinx names it)
version = release = __version__
extensions = ["myst_parser"]
exclude_patterns = ["_build", "generate"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nitpicky = True
smartquotes = False  # options begin with two hyphens
html_theme = "furo"
html_title = f"sriovsim {__version__}"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_static_path = ["_static"]
html_css_files = ["tables.css"]
html_last_updated_fmt = None
pygments_style = "friendly"


def setup(app: Any) -> None:
    """Generate pages and pictures from the code before Sphinx looks for sources."""
    from generate import draw, write

    app.connect("builder-inited", lambda app: write(Path(app.srcdir) / "reference" / "generated"))
    app.connect("builder-inited", lambda app: draw(Path(app.srcdir) / "reference" / "generated" / "pictures"))
