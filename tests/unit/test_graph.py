"""The graph of a rulebook: what it holds, what hangs on what, and how it is drawn."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import networkx as nx
import pytest
from click.testing import CliRunner
from demo import write_demo

import hazardrules
from hazardrules.cli import main
from hazardrules.errors import LookupFailedError
from hazardrules.graph import around, impact, nodes_called, rule_graph, worth_asking
from hazardrules.graph.draw import as_data, as_html, as_svg, as_text, shortened
from hazardrules.graph.layout import places

if TYPE_CHECKING:
    from pathlib import Path

    from hazardrules.compiler.plan import Compiled

EXTRA = """\
pack: fire.drawn
label: {zh: 图, en: drawn}
law: xx-lodging-2020
on: premises
scale: hazard
derived:
  is_full: {clause: "3", label: {zh: 满员, en: full}, is: people_lodged > 10}
rules:
  - id: full_without_alarm
    clause: "5"
    title: {zh: 满员无报警, en: full without <alarm>}
    text: {zh: 文, en: text}
    when: is_full and not alarm_installed
    level: major
    actions: [remove_lodging]
  - id: full
    clause: "3"
    text: {zh: 文, en: text}
    when: is_full
    level: general
  - id: bottle
    clause: ["3", "5"]
    on: gas_cylinder
    text: {zh: 文, en: text}
    when: contents == lpg and owner.people_lodged > 3
    level: general
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = write_demo(tmp_path_factory.mktemp("book"))
    (found / "fire" / "drawn.yaml").write_text(EXTRA, "utf-8")
    return found


@pytest.fixture(scope="module")
def compiled(folder: Path) -> Compiled:
    return hazardrules.load(folder).compiled


@pytest.fixture(scope="module")
def graph(compiled: Compiled) -> nx.DiGraph[str]:
    return rule_graph(compiled)


def edges(graph: nx.DiGraph[str], here: str) -> set[tuple[str, str]]:
    """What a node leads to, and how."""
    return {(graph.edges[here, there]["relation"], there) for there in graph.successors(here)}


def test_edges_lead_from_what_is_given_to_what_follows(graph: nx.DiGraph[str]) -> None:
    assert edges(graph, "derived:premises.is_full") == {
        ("reads", "rule:fire.drawn.full"),
        ("reads", "rule:fire.drawn.full_without_alarm"),
    }
    assert ("demands", "action:remove_lodging") in edges(graph, "rule:fire.drawn.full_without_alarm")
    assert ("charges", "authority:fire_rescue") in edges(graph, "action:remove_lodging")
    assert ("grounds", "rule:fire.drawn.full") in edges(graph, "clause:xx-lodging-2020 3")
    assert ("reads", "rule:fire.drawn.bottle") in edges(graph, "fact:premises.people_lodged"), "through `owner`"
    reads = nx.DiGraph((here, there) for here, there, about in graph.edges(data=True) if about["relation"] == "reads")
    assert nx.is_directed_acyclic_graph(reads), "a rule that changes another both reads it and points back to it"


def test_every_rule_and_only_what_is_named_is_in_it(graph: nx.DiGraph[str], compiled: Compiled) -> None:
    assert {about["name"] for _, about in graph.nodes(data=True) if about["sort"] == "rule"} == set(compiled.rules)
    assert all({"sort", "name", "label"} <= about.keys() for _, about in graph.nodes(data=True))


def test_the_law_of_a_day_leaves_out_what_is_not_in_force(compiled: Compiled) -> None:
    early = rule_graph(compiled, compiled.in_force(date(2020, 1, 1)))
    assert not [here for here, about in early.nodes(data=True) if about["sort"] == "rule" and about["pack"] == "fire.drawn"]


def test_a_name_finds_nodes_of_any_sort(graph: nx.DiGraph[str]) -> None:
    assert nodes_called(graph, "fire.drawn.full") == ["rule:fire.drawn.full"]
    assert nodes_called(graph, "people_lodged") == ["fact:premises.people_lodged"]
    assert len(nodes_called(graph, "fire.drawn")) == 3
    assert nodes_called(graph, "xx-lodging-2020 3") == ["clause:xx-lodging-2020 3"]
    assert nodes_called(graph, "nothing") == []


def test_what_lies_around_a_node_can_be_limited(graph: nx.DiGraph[str]) -> None:
    whole = around(graph, ["rule:fire.drawn.full_without_alarm"])
    assert {"fact:premises.people_lodged", "instrument:xx-lodging-2020", "action:remove_lodging"} <= set(whole)
    near = around(graph, ["rule:fire.drawn.full_without_alarm"], up=1, down=0)
    assert {"derived:premises.is_full", "fact:premises.alarm_installed"} <= set(near)
    assert not {"fact:premises.people_lodged", "action:remove_lodging"} & set(near)


def test_an_authority_stands_only_by_the_rules_that_are_shown(graph: nx.DiGraph[str]) -> None:
    shown = around(graph, ["rule:fire.drawn.full_without_alarm"])
    assert set(shown.predecessors("authority:fire_rescue")) == {"action:remove_lodging"}


def test_what_falls_with_a_clause_and_what_stays(compiled: Compiled) -> None:
    found = impact(compiled, "xx-lodging-2020 3")
    assert {"fire.drawn.full", "premises.is_full"} <= set(found.lost_rules)
    assert "fire.drawn.bottle" in found.weakened_rules
    assert "fire.drawn.full_without_alarm" in found.open_rules
    whole = impact(compiled, "xx-lodging-2020")
    assert {"fire.drawn.full", "fire.drawn.bottle", "fire.drawn.full_without_alarm"} <= set(whole.lost_rules)
    assert "remove_lodging" in whole.lost_actions
    assert "premises.alarm_installed" in whole.spared_facts
    with pytest.raises(LookupFailedError, match=r"did you mean `fire\.drawn\.full`"):
        impact(compiled, "fire.drawn.ful")


def test_a_fact_counts_by_the_weight_of_the_law_that_hangs_on_it(compiled: Compiled) -> None:
    found = {worth.name: worth for worth in worth_asking(compiled, "premises")}
    assert found["people_lodged"].rules >= 3
    assert sum(worth.score for worth in found.values()) == pytest.approx(1)
    assert worth_asking(compiled, "premises") == sorted(
        found.values(), key=lambda worth: (-worth.score, -worth.rules, worth.name)
    )
    with pytest.raises(LookupFailedError, match="did you mean `premises`"):
        worth_asking(compiled, "premise")


def test_boxes_do_not_cover_one_another_and_lines_lead_to_the_right(graph: nx.DiGraph[str]) -> None:
    at = places(graph)
    assert len(set(at.values())) == len(graph)
    for here, there, about in graph.edges(data=True):
        if about["relation"] not in ("overrides", "amends"):
            assert at[here].column < at[there].column, (here, there)


def test_a_picture_is_whole_and_needs_nothing_else(graph: nx.DiGraph[str]) -> None:
    for lang in ("zh", "en"):
        text = as_svg(around(graph, ["rule:fire.drawn.full_without_alarm"]), lang)
        assert "full without &lt;alarm&gt;" in text
        root = ET.fromstring(text)  # noqa: S314 - our own picture
        assert root.tag.endswith("svg")
        assert re.findall(r"https?://[^\"'\s]+", text) == ["http://www.w3.org/2000/svg"]


def test_a_page_is_whole_and_needs_nothing_else(graph: nx.DiGraph[str]) -> None:
    text = as_html(graph, "en", "demo </script>")
    assert "@@" not in text
    assert set(re.findall(r"https?://[^\"'\s]+", text)) == {"http://www.w3.org/2000/svg"}
    assert text.count("</script>") == 1, "no label can end the script"
    data = json.loads(re.findall(r"const data = (\{.*?\}), words", text)[0])
    assert len(data["nodes"]) == len(graph)


def test_data_and_text_say_the_same(graph: nx.DiGraph[str]) -> None:
    data = as_data(graph)
    assert (len(data["nodes"]), len(data["edges"])) == (graph.number_of_nodes(), graph.number_of_edges())
    assert json.loads(json.dumps(data)) == data
    assert as_text(graph, "en").count("\n    ") == graph.number_of_edges()


def test_labels_are_cut_to_their_box() -> None:
    assert shortened("short") == "short"
    assert shortened("长" * 20) == "长" * 14 + "…"
    assert len(shortened("x" * 99)) == 30


def run(folder: Path, *words: str) -> tuple[int, str]:
    """Call the command."""
    done = CliRunner().invoke(main, ["graph", "--rules", str(folder), "--lang", "en", *words])
    return done.exit_code, done.output


def test_the_command_writes_what_is_asked_for(folder: Path, tmp_path: Path) -> None:
    for name, begin in (("a.svg", "<svg"), ("a.html", "<!DOCTYPE html>"), ("a.json", "{")):
        assert run(folder, "fire.drawn.full", "--out", str(tmp_path / name)) == (0, f"written: {tmp_path / name}\n")
        assert (tmp_path / name).read_text("utf-8").startswith(begin)
    assert "rule fire.drawn.full" in run(folder, "premises.people_lodged", "--up", "0")[1]
    assert "fire.drawn.full" in run(folder, "xx-lodging-2020", "--impact")[1]
    assert json.loads(run(folder, "--facts", "premises", "--format", "json")[1])[0].keys() == {"fact", "label", "rules", "score"}
    assert "lost_rules" in json.loads(run(folder, "xx-lodging-2020", "--impact", "--format", "json")[1])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("fire.drawn.ful",), "did you mean `fire.drawn.full`"),
        (("--impact",), "needs a name"),
        (("nothing", "--impact"), "`nothing`"),
        (("--facts", "premise"), "did you mean `premises`"),
        (("--jurisdiction", "YY"), "`YY`"),
        (("fire.drawn.full", "--out", "/nowhere/a.svg"), "/nowhere/a.svg"),
    ],
)
def test_what_is_wrong_is_said(folder: Path, words: tuple[str, ...], said: str) -> None:
    code, output = run(folder, *words)
    assert code == 2
    assert said in output
