"""A graph as a picture (SVG), as a page to click on (HTML), as data (JSON) and as text."""

from __future__ import annotations

import json
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from hazardrules.graph.layout import places
from hazardrules.wording import say

if TYPE_CHECKING:
    import networkx as nx

FORMAT = "1"
BOX_WIDTH, BOX_HEIGHT = 210, 34
_COLUMN, _ROW, _MARGIN = 290, 46, 24
_LABEL = 30
"""So many half widths of a character fit into a box."""
_COLOURS = {
    "instrument": "#e8e3f4", "clause": "#f3f0fa", "fact": "#e3f1e4", "derived": "#d4ecea",
    "rule": "#fde9cf", "action": "#fbdcdc", "authority": "#dde7f5",
}  # fmt: skip
_LINES = {
    "reads": "#7a8a99",
    "overrides": "#c0392b",
    "amends": "#b9770e",
    "demands": "#a04000",
    "charges": "#5b7db1",
    "grounds": "#8e7cc3",
    "cites": "#c9c0e3",
}


def _nodes(graph: nx.DiGraph[str]) -> list[tuple[str, dict[str, Any]]]:
    return [(here, graph.nodes[here]) for here in sorted(graph)]


def _edges(graph: nx.DiGraph[str]) -> list[tuple[str, str, str]]:
    return sorted((here, there, str(about["relation"])) for here, there, about in graph.edges(data=True))


def as_data(graph: nx.DiGraph[str]) -> dict[str, Any]:
    """Nodes with their attributes, and edges with their relations."""
    return {
        "format": FORMAT,
        "nodes": [{"id": here, **about} for here, about in _nodes(graph)],
        "edges": [{"from": here, "to": there, "relation": relation} for here, there, relation in _edges(graph)],
    }


def as_text(graph: nx.DiGraph[str], lang: str) -> str:
    """One line per node, below it what it leads to."""
    lines = []
    for here, about in _nodes(graph):
        name = about["name"] if about["label"] == about["name"] else f"{about['name']}  {about['label']}"
        lines.append(f"{say(lang, 'graph.' + about['sort'])} {name}")
        for there in sorted(graph.successors(here)):
            relation = say(lang, "graph." + graph.edges[here, there]["relation"])
            lines.append(f"    {relation} {graph.nodes[there]['name']}")
    return "\n".join(lines)


def as_svg(graph: nx.DiGraph[str], lang: str) -> str:
    """A picture that needs nothing else."""
    at = {here: (_MARGIN + place.column * _COLUMN, _MARGIN + place.row * _ROW) for here, place in places(graph).items()}
    width = max((x for x, _ in at.values()), default=0) + BOX_WIDTH + _MARGIN
    height = max((y for _, y in at.values()), default=0) + BOX_HEIGHT + _MARGIN
    size = f'width="{width:.0f}" height="{height:.0f}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" {size}'
    parts = [f'{head} font-family="system-ui, sans-serif" font-size="12">', f'<rect {size} fill="#ffffff"/>']
    for here, there, relation in _edges(graph):
        (x1, y1), (x2, y2) = at[here], at[there]
        x1, y1, y2 = x1 + BOX_WIDTH, y1 + BOX_HEIGHT / 2, y2 + BOX_HEIGHT / 2
        bend = max(40.0, abs(x2 - x1) / 2)
        title = escape(f"{graph.nodes[here]['name']} {say(lang, 'graph.' + relation)} {graph.nodes[there]['name']}")
        path = f"M{x1:.0f} {y1:.0f} C{x1 + bend:.0f} {y1:.0f} {x2 - bend:.0f} {y2:.0f} {x2:.0f} {y2:.0f}"
        line = f'<path d="{path}" fill="none" stroke="{_LINES[relation]}" stroke-width="1.2">'
        parts.append(f"{line}<title>{title}</title></path>")
    for here, about in _nodes(graph):
        x, y = at[here]
        title = escape(f"{say(lang, 'graph.' + about['sort'])} {about['name']}: {about['label']}")
        parts.append(
            f'<g transform="translate({x:.0f} {y:.0f})"><title>{title}</title>'
            f'<rect width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="6" fill="{_COLOURS[about["sort"]]}" stroke="#9aa3ab"/>'
            f'<text x="10" y="{BOX_HEIGHT / 2 + 4:.0f}">{escape(shortened(str(about["label"])))}</text></g>'
        )
    return "\n".join([*parts, "</svg>\n"])


def shortened(label: str) -> str:
    """A label that fits into a box; Chinese characters are two half widths wide."""
    used = 0
    for number, char in enumerate(label):
        used += 2 if ord(char) > 0x2E80 else 1  # noqa: PLR2004 - where the wide scripts begin
        if used > _LABEL:
            return f"{label[: number - 1]}…"
    return label


def as_html(graph: nx.DiGraph[str], lang: str, title: str) -> str:
    """A page that can be searched, dragged, zoomed and clicked on; it loads nothing."""
    data = as_data(graph)
    spots = places(graph)
    for item in data["nodes"]:
        place = spots[item["id"]]
        item.update(
            x=round(_MARGIN + place.column * _COLUMN), y=round(_MARGIN + place.row * _ROW), short=shortened(str(item["label"]))
        )
    words = {name: say(lang, f"graph.{name}") for name in (*_COLOURS, *_LINES, "search", "hint", "leads_to", "comes_from")}
    values = {
        "lang": lang,
        "title": escape(title),
        "data": _script(data),
        "words": _script(words),
        "colours": _script(_COLOURS),
        "lines": _script(_LINES),
        "width": str(BOX_WIDTH),
        "height": str(BOX_HEIGHT),
    }
    page = _template()
    for name, value in values.items():
        page = page.replace(f"@@{name}@@", value)
    return page


def _script(value: object) -> str:
    """JSON that may stand within a script: no tag can end it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


@cache
def _template() -> str:
    return files("hazardrules.graph").joinpath("page.html").read_text("utf-8")
