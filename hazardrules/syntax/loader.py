"""A folder of files -> a RulebookSource: declarations first, then packs; a problem never ends the reading."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hazardrules.diagnostics import did_you_mean
from hazardrules.model.rulebook import RulebookSource
from hazardrules.source import whole_file
from hazardrules.syntax.expressions import ExpressionReader
from hazardrules.syntax.fields import HYPHENATED, Fields
from hazardrules.syntax.folder import list_folder
from hazardrules.syntax.lexer import Vocabulary
from hazardrules.syntax.load_data_tables import DataTableLoader
from hazardrules.syntax.load_declarations import DeclarationLoader
from hazardrules.syntax.load_events import EventLoader
from hazardrules.syntax.load_packs import PackLoader, labels_of_pack
from hazardrules.syntax.nodes import Mapping
from hazardrules.syntax.reader import read_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from hazardrules.diagnostics import Collector
    from hazardrules.model.law import Localized
    from hazardrules.syntax.folder import Folder

RULEBOOK = "rulebook.yaml"
CASES = ".cases.yaml"
BESIDE = (CASES, ".analysis.yaml")
"""Files beside rules that are none: cases, and why findings of an analysis are as they should be."""
LINT = "lint.yaml"
"""What the linter leaves out, and why; no part of the law."""
# what a file holds -> the key that shows it, and where such files belong
KINDS = {
    "levels": ("scales", "levels.yaml"),
    "roles": ("authorities", "authorities.yaml"),
    "actions": ("actions", "actions.yaml"),
    "events": ("events", "events.yaml"),
    "subject": ("subject", "subjects/"),
    "instrument": ("instrument", "law/"),
    "table": ("table", "tables/"),
    "pack": ("pack", "<sector>/"),
}
# what a small rulebook may declare in rulebook.yaml itself, in the form of the files
INLINE = ("scales", "authorities", "duty_holders", "actions", "events", "subjects", "instruments")


@dataclass
class _Files:
    """The root of every YAML file by what it holds, in the order of their names."""

    by_kind: dict[str, list[tuple[str, Mapping]]] = field(default_factory=lambda: {kind: [] for kind in KINDS})


def read_rulebook(folder: Path, collector: Collector) -> RulebookSource | None:
    """Read a rulebook from its folder.

    Total: whatever the files hold, problems go to the collector and reading goes on. What could not be read is left
    out, except that a rule whose condition could not be read stays, with None for it.

    Args:
        folder: The folder with `rulebook.yaml`.
        collector: Receives every diagnostic.

    Returns:
        The rulebook as far as it could be read, or None where `rulebook.yaml` cannot be used.
    """
    found = list_folder(folder, collector)
    return _Loader(found, collector).run() if found is not None else None


class _Loader:
    """One rulebook while it is read."""

    def __init__(self, folder: Folder, collector: Collector) -> None:
        self.folder, self.collector = folder, collector
        self.fields = Fields(collector)
        self.declarations = DeclarationLoader(self.fields)

    def run(self) -> RulebookSource | None:
        root = self._rulebook_file()
        if root is None:
            return None
        self._languages(root)
        written = root.get("jurisdictions")
        self.declarations.jurisdictions(written)
        if not self.declarations.found.root:
            if self.declarations.found.jurisdictions:
                self.collector.report(218, root.key("jurisdictions").span, variant="no_root")
            elif isinstance(written, Mapping) and not written.entries:
                self.collector.report(110, written.span, what="jurisdictions")
            return None
        files = self._sorted_files(root)
        self._declare(files)
        events = EventLoader(self.declarations)
        for _, file in files.by_kind["events"]:
            events.load(file)
        packs = self._packs(files)
        declared = self.declarations.found
        name = self.fields.scalar(root.get("rulebook"), "rulebook")
        label: Localized = self.fields.localized(root.get("label"), "label")
        return RulebookSource(
            name=(self.fields.name(name, HYPHENATED, "rulebook") or name.text) if name is not None else "",
            label=label,
            version=self.fields.text(root.get("version"), "version") or "",
            languages=self.fields.languages,
            default_language=self.fields.default_language,
            digest=self.folder.digest(),
            jurisdictions=declared.jurisdictions,
            root=declared.root,
            scales=declared.scales,
            authorities=declared.authorities,
            duty_holders=declared.duty_holders,
            actions=declared.actions,
            instruments=dict(sorted(declared.instruments.items())),
            subjects=dict(sorted(declared.subjects.items())),
            tables=dict(sorted(declared.tables.items())),
            packs=dict(sorted(packs.packs.items())),
            events=dict(sorted(events.events.items())),
            calendar=self._calendar(root),
        )

    # rulebook.yaml

    def _rulebook_file(self) -> Mapping | None:
        if RULEBOOK not in self.folder.names:
            self.collector.report(101, whole_file(RULEBOOK), variant="no_rulebook")
            return None
        text = self.folder.text(RULEBOOK)
        if text is None:
            return None
        before = self.collector.count
        node = read_yaml(text, RULEBOOK, self.collector)
        if node is None and self.collector.count == before:
            self.collector.report(110, whole_file(RULEBOOK), what=RULEBOOK)
            return None
        required = ("rulebook", "label", "version", "languages", "default_language", "jurisdictions")
        return self.fields.mapping(node, RULEBOOK, required, ("calendar", *INLINE))

    def _languages(self, root: Mapping) -> None:
        written = self.fields.texts(root.get("languages"), "languages")
        languages = tuple(dict.fromkeys(scalar.text.strip() for scalar in written))
        if languages:
            self.fields.languages = languages
            self.fields.default_language = languages[0]
        node = root.get("default_language")
        if node is not None:
            default = self.fields.default_language
            self.fields.default_language = self.fields.one_of(node, "default_language", self.fields.languages, default)

    def _calendar(self, root: Mapping) -> str | None:
        """The data table that says which days are worked: one key, the day, and a column `working`."""
        scalar = self.fields.scalar(root.get("calendar"), "calendar")
        if scalar is None:
            return None
        name, tables = scalar.text.strip(), self.declarations.found.tables
        table = tables.get(name)
        if table is None:
            self.collector.report(116, scalar.span, variant="no_table", name=name, hints=did_you_mean(name, tables))
            return None
        columns = [(column, kind.name) for column, kind in table.columns.items()]
        if tuple(table.keys) != ("day",) or columns != [("working", "bool")]:
            self.collector.report(116, scalar.span, variant="calendar", name=name)
            return None
        return name

    # the other files

    def _sorted_files(self, root: Mapping) -> _Files:
        files = self._inline(root)
        for name in self.folder.names:
            if name.endswith(".yml"):
                self.collector.report(117, whole_file(name), variant="yml")
            if not name.endswith(".yaml") or name.endswith(BESIDE) or name in (RULEBOOK, LINT):
                continue
            text = self.folder.text(name)
            if text is None:
                continue
            before = self.collector.count
            node = read_yaml(text, name, self.collector)
            if node is None and self.collector.count == before:
                self.collector.report(110, whole_file(name), what=name)
            if node is None:
                continue
            content = self.fields.open_mapping(node, name)
            if content is not None:
                files.by_kind[self._kind(name, content)].append((name, content))
        return files

    def _inline(self, root: Mapping) -> _Files:
        """What `rulebook.yaml` declares itself, as if it stood in files of its own."""
        files = _Files()
        for kind, keys in (("levels", INLINE[:1]), ("roles", INLINE[1:3]), ("actions", INLINE[3:4]), ("events", INLINE[4:5])):
            entries = {key: root.entries[key] for key in keys if key in root.entries}
            if entries:
                files.by_kind[kind].append((RULEBOOK, Mapping(entries, root.span, root.flow)))
        for kind, key in (("subject", "subjects"), ("instrument", "instruments")):
            for item in self.fields.sequence(root.get(key), key):
                entry = self.fields.open_mapping(item, kind)
                if entry is not None:
                    files.by_kind[kind].append((RULEBOOK, entry))
        return files

    def _kind(self, name: str, root: Mapping) -> str:
        """What a file holds: as its place says, unless its first words say otherwise."""
        place = _kind_of_place(name)
        if KINDS[place][0] in root.entries or (place == "roles" and "duty_holders" in root.entries):
            return place
        for kind, (key, belongs) in KINDS.items():
            if kind != place and key in root.entries:
                self.collector.report(117, root.key(key).span, key=key, place=belongs)
                return kind
        return place

    def _declare(self, files: _Files) -> None:
        declare = self.declarations
        for kind, read in (
            ("levels", declare.scales),
            ("roles", declare.roles),
            ("actions", declare.actions),
            ("instrument", declare.instrument),
            ("subject", declare.subject),
        ):
            for _, root in files.by_kind[kind]:
                read(root)
        tables = DataTableLoader(declare, self.folder)
        for name, root in files.by_kind["table"]:
            tables.table(name, root)
        for name in self.folder.names:
            if name.endswith(".csv") and name not in tables.used:
                self.collector.report(117, whole_file(name), variant="csv")
        for instrument in declare.found.instruments.values():
            for law in instrument.supersedes:
                if law == instrument.id:
                    self.collector.report(401, instrument.span, variant="itself", name=law)

    # packs

    def _packs(self, files: _Files) -> PackLoader:
        labels = self._labels(files)
        reader = ExpressionReader(self.collector, Vocabulary(labels), tuple(labels))
        packs = PackLoader(self.declarations, reader)
        for _, root in files.by_kind["pack"]:
            packs.pack(root)
        return packs

    def _labels(self, files: _Files) -> list[str]:
        """Every label that may stand in an expression."""
        found: set[str] = set()
        for subject in self.declarations.found.subjects.values():
            found.update(subject.label.values())
            for part in subject.parts.values():
                found.update(part.label.values())
            for fact in subject.facts.values():
                found.update(fact.label.values())
                for option in fact.options:
                    found.update(option.label.values())
        for table in self.declarations.found.tables.values():
            for column in (*table.keys.values(), *table.columns.values()):
                found.update(column.options)
        for _, root in files.by_kind["pack"]:
            found.update(labels_of_pack(root, self.fields.languages))
        return sorted(found)


def _kind_of_place(name: str) -> str:
    fixed = {"levels.yaml": "levels", "authorities.yaml": "roles", "actions.yaml": "actions", "events.yaml": "events"}
    folders = {"subjects": "subject", "law": "instrument", "tables": "table"}
    return fixed.get(name) or folders.get(name.split("/", 1)[0] if "/" in name else "", "pack")
