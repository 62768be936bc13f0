"""What Sphinx is told: `make docs`. The pages are plain Markdown in docs/, so that they read as well without it.

The order of the pages stands in `contents.toml`; `navigation.py` gives it to Sphinx, `outside.py` turns links to files
of the repository into their names, and `plain.py` writes the same pages for language models.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]

from sandbox_agent._version import __version__  # noqa: E402  (the path is set above)

project = "Sandbox Agent"
author = "the authors of Sandbox Agent"
release = __version__
extensions = ["myst_parser", "navigation", "outside", "plain"]

source_suffix = {".md": "markdown"}
root_doc = "index"
exclude_patterns = ["images/*.svg"]
nitpicky = True
myst_enable_extensions = ["strikethrough"]
myst_heading_anchors = 4
suppress_warnings = ["misc.highlighting_failure"]  # examples of JSON with an ellipsis are still examples

html_theme = "furo"
html_title = "Sandbox Agent"
html_static_path = ["static"]
html_css_files = ["pages.css"]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
pygments_style = "friendly"
pygments_dark_style = "github-dark"
