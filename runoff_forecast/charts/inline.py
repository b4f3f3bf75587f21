"""A chart as a piece of a web page: text that can be read aloud, selected and searched, and colours of the page."""

import io
import re
from collections.abc import Mapping
from html import escape

import matplotlib as mpl
from matplotlib.axes import Axes

from .style import THEMES, figure_of

PAGE_COLORS = {
    THEMES["light"].ground: "var(--ground)",
    THEMES["light"].ink: "var(--ink)",
    THEMES["light"].faint: "var(--faint)",
    THEMES["light"].line: "var(--line)",
}
"""Colours of the light theme, and the custom properties of a page that take their place."""

_TEXT_AS_TEXT = {"svg.fonttype": "none", "svg.hashsalt": "runoff-forecast", "font.family": "DejaVu Sans"}


def inline_svg(ax: Axes, *, name: str, described: str, colors: Mapping[str, str] = PAGE_COLORS) -> str:
    """The figure of the Axes, drawn in the light theme, as an svg element of an HTML page.

    name: unlike that of any other chart on the page; colors: what takes the place of a colour, as CSS.
    """
    written = io.StringIO()
    with mpl.rc_context(_TEXT_AS_TEXT):
        figure_of(ax).savefig(written, format="svg", facecolor="none", metadata={"Date": None})
    text = written.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r" ?font-family: '[^']*';?", "", text)
    text = _named(text, name)
    for color, instead in colors.items():
        text = re.sub(rf"(fill|stroke): {re.escape(color)}", rf"\1: {instead}", text)
    size = re.search(r'viewBox="[^"]*"', text)
    head = f'<svg xmlns:xlink="http://www.w3.org/1999/xlink" {size[0] if size else ""} role="img" '
    return head + f'aria-label="{escape(described)}">' + re.sub(r"\s*\n\s*", "\n", text[text.index(">") + 1 :]).strip()


def _named(text: str, name: str) -> str:
    """Ids that are referred to, made the chart's own; the others are left out, and so are groups that had no more."""
    used = set(re.findall(r"url\(#([^)]+)\)", text)) | set(re.findall(r'href="#([^"]+)"', text))

    def renamed(found: re.Match) -> str:
        return f' id="{name}-{found[1]}"' if found[1] in used else ""

    text = re.sub(r' id="([^"]+)"', renamed, text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", text)
    return re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', text)
