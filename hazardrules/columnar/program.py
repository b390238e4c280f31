"""The law of a period for the columns of a table: what becomes of every rule, as masks.

What a classification says of one case is said here of all rows, by the same definitions: see `classify.Inquiry` and
`levels.Ranges`, which this follows step by step.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from hazardrules.columnar import parts
from hazardrules.columnar.conditions import Conditions
from hazardrules.columnar.kernel import Planner
from hazardrules.columnar.native import library
from hazardrules.columnar.places import Place
from hazardrules.columnar.tape import NO, YES, Mask, Pair, Tape

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from hazardrules.columnar.frames import Shape
    from hazardrules.compiler.plan import CompiledRule, Plan

TRUTHS, LEVELS, FINDINGS, OPEN_RULES = range(4)
"""The parts of the tape, each run when it is first asked for."""

Steps = dict[str, dict[int, Mask]]
"""Per scale and step the rows that reach it."""


KEPT = 32
"""So many programs are kept with a plan; the oldest make room."""


def compiled_program(plan: Plan, shape: Shape, day: date, packs: frozenset[str] | None) -> Program:
    """The program of a plan for a shape of columns; kept with the plan, since tables of one shape come again."""
    key = (shape, None if shape.dated else day, packs)
    kept = cast("dict[Any, Program]", plan.engine_state.setdefault("columnar", {}))
    found = kept.get(key)
    if found is None:
        found = kept[key] = Program(plan, shape, day, packs)
        for old in list(kept)[:-KEPT]:
            kept.pop(old, None)
    return found


@dataclass(slots=True)
class LevelMasks:
    """Which rows reach which step, on the lowest, the examined and the highest count; and which rows have the scale at all."""

    least: Steps = field(default_factory=dict)
    examined: Steps = field(default_factory=dict)
    most: Steps = field(default_factory=dict)
    present: dict[str, Mask] = field(default_factory=dict)


class Program:
    """A plan compiled for a shape of columns.

    Attributes:
        truths: By frame and rule; rules that fail everywhere are left out.
        findings: By frame and rule, the rules that are shown as findings.
        levels: What `levels` of a classification says.
        actions: Rows by required action.
        undetermined: Rows by open rule that is shown, on the subject itself or on a part.
        holding: Rows by finding, on the subject itself or on a part.
        missing: Rows by fact that open rules read and nobody gave.
        asked: Where conditions stand that are asked row by row.
    """

    def __init__(self, plan: Plan, shape: Shape, day: date, packs: frozenset[str] | None) -> None:
        """Compile.

        Args:
            plan: The law.
            shape: The columns that there are.
            day: A day of its period; the day of every row, unless rows have their own.
            packs: Only these are looked at; None for all.
        """
        self.plan, self.shape, self.packs = plan, shape, packs
        self.source = plan.compiled.source
        self.tape = Tape()
        self.conditions = Conditions(plan, shape, self.tape, day)
        self.truths: dict[tuple[int, str], Pair] = {}
        for frame in shape.frames:
            for name in plan.by_kind.get(frame.kind, ()):
                pair = self.conditions.truth(frame.number, name)
                if pair.possibly is not False:
                    self.truths[frame.number, name] = pair
        self.tape.close(mask for pair in self.truths.values() for mask in pair)
        self.findings = self._findings()
        self._listed = {key: self._open(*key) for key in self.truths if self._is_visible(plan.rules[key[1]])}
        self.levels = self._levels()
        self.tape.close(self._of_levels())
        self.holding = self._by_row(self.findings)
        self.actions = self._actions()
        self.tape.close([*self.findings.values(), *self.holding.values(), *self.actions.values()])
        self.undetermined = self._by_row(self._listed)
        self.missing = self._missing()
        self.tape.close([*self.undetermined.values(), *self.missing.values()])
        self.tape.finish(Planner(library()).units)
        self.asked = tuple(self.conditions.asked)

    def _of_levels(self) -> list[Mask]:
        sides = (self.levels.least, self.levels.examined, self.levels.most)
        return [*self.levels.present.values(), *(mask for side in sides for steps in side.values() for mask in steps.values())]

    # rules

    def _is_looked_at(self, rule: CompiledRule) -> bool:
        return self.packs is None or rule.pack in self.packs

    def _is_visible(self, rule: CompiledRule) -> bool:
        """Whether it is named: not a row of a table that only closes a gap, and in a pack that is looked at."""
        return self._is_looked_at(rule) and not (rule.row is not None and rule.level is None and not rule.actions)

    def _truth(self, frame: int, name: str) -> Pair:
        return self.truths.get((frame, name), NO)

    def _is_open(self, frame: int, name: str) -> Mask:
        pair = self._truth(frame, name)
        return self.tape.both(pair.possibly, self.tape.without(pair.surely))

    def _some_hold(self, frame: int, names: Iterable[str]) -> Mask:
        return self.tape.some(self._truth(frame, name).surely for name in names)

    def _findings(self) -> dict[tuple[int, str], Mask]:
        """A rule that amends others says nothing where none of them holds."""
        found = {}
        for (frame, name), pair in self.truths.items():
            rule = self.plan.rules[name]
            if self._is_visible(rule):
                mask = pair.surely
                if rule.rule.kind == "amends" and mask is not False:
                    mask = self.tape.both(mask, self._some_hold(frame, rule.amends))
                if mask is not False:
                    found[frame, name] = mask
        return found

    def _open(self, frame: int, name: str) -> Mask:
        """Where an undetermined rule is examined: the facts given touch it, and its scope or its condition is met."""
        rule = self.plan.rules[name]
        is_open = self._is_open(frame, name)
        if rule.unread or is_open is False:
            return is_open
        touched = self.tape.some(self._is_given(frame, fact) for fact in rule.own_facts)
        if touched is False:
            return False
        place = Place(frame, frame)
        met: Mask = True
        if rule.scope is not None:
            scope = self.conditions.condition(rule.scope, place)
            met = scope.surely
            if met is not True:
                met = self.tape.either(met, self.conditions.condition(rule.when, place, scope.possibly).surely)
        return self.tape.every((is_open, touched, met))

    def _is_given(self, frame: int, fact: str) -> Mask:
        """Where a fact or a list of parts was submitted; `owner.…` for those of the subject around."""
        shape = self.shape.frames[frame]
        if fact.startswith("owner."):
            if shape.parent is None:
                return False
            mask = self._is_given(shape.parent, fact.removeprefix("owner."))
            return self.conditions.carry(Pair(mask, mask), shape.parent, frame).surely
        if fact in self.source.subjects[shape.kind].parts:
            return self.conditions.listed(frame, fact)
        return self.conditions.known(frame, fact)

    # rows

    def _up(self, mask: Mask, frame: int) -> Mask:
        """The rows that have a subject of a frame in a mask."""
        while mask is not False and (parent := self.shape.frames[frame].parent) is not None:
            if mask is True:
                mask = self.tape.step(parts.has_parts, 0, literals=(frame,))
            else:
                mask = self.tape.step(parts.any_part, 0, mask, literals=(frame,))
            frame = parent
        return mask

    def _by_row(self, masks: dict[tuple[int, str], Mask]) -> dict[str, Mask]:
        """The rows by rule, the gravest rule first."""
        found: dict[str, list[Mask]] = {}
        for (frame, name), mask in masks.items():
            found.setdefault(name, []).append(self._up(mask, frame))
        joined = {name: self.tape.some(found[name]) for name in sorted(found, key=self.order)}
        return {name: mask for name, mask in joined.items() if mask is not False}

    def order(self, name: str) -> tuple[int, str]:
        """Where a rule stands in a list: the gravest first."""
        rule = self.plan.rules[name]
        if rule.level is None:
            return 0, name
        scale = self.source.scales[rule.level[0]]
        return -scale.levels[scale.step(rule.level[1])].severity, name

    def _actions(self) -> dict[str, Mask]:
        found: dict[str, list[Mask]] = {}
        for (frame, name), mask in self.findings.items():
            rule = self.plan.rules[name]
            if rule.rule.kind == "amends":
                continue
            for action in rule.actions:
                found.setdefault(action.use.action, []).append(self._up(mask, frame))
            for other in self.plan.amenders.get(name, ()):
                amended = self.tape.both(mask, self._truth(frame, other).surely)
                for action in self.plan.rules[other].actions if amended is not False else ():
                    found.setdefault(action.use.action, []).append(self._up(amended, frame))
        joined = {name: self.tape.some(found[name]) for name in sorted(found)}
        return {name: mask for name, mask in joined.items() if mask is not False}

    def _missing(self) -> dict[str, Mask]:
        found: dict[str, list[Mask]] = {}
        for (frame, name), mask in self._listed.items():
            if mask is False:
                continue
            for fact in self.plan.rules[name].own_facts:
                lacking = self.tape.both(mask, self.tape.without(self._is_given(frame, fact)))
                found.setdefault(self._path(frame, fact), []).append(self._up(lacking, frame))
        joined = {name: self.tape.some(found[name]) for name in sorted(found)}
        return {name: mask for name, mask in joined.items() if mask is not False}

    def _path(self, frame: int, fact: str) -> str:
        shape = self.shape.frames[frame]
        if shape.parent is None:
            return fact
        if fact.startswith("owner."):
            return self._path(shape.parent, fact.removeprefix("owner."))
        one = self.source.subjects[self.shape.frames[shape.parent].kind].parts[shape.part].one
        return self._path(shape.parent, f"{shape.part}{'' if one else '[]'}.{fact}")

    # levels

    def _step(self, rule: CompiledRule) -> tuple[str, int] | None:
        return None if rule.level is None else (rule.level[0], self.source.scales[rule.level[0]].index[rule.level[1]])

    def _levels(self) -> LevelMasks:
        least: dict[tuple[int, str, int], list[Mask]] = {}
        examined: dict[tuple[int, str, int], list[Mask]] = {}
        most: dict[tuple[int, str, int], list[Mask]] = {}
        for frame, name in self.truths:
            rule = self.plan.rules[name]
            step = self._step(rule)
            if step is None or not self._is_visible(rule):
                continue
            key = (frame, *step)
            least.setdefault(key, []).append(self.findings.get((frame, name), False))
            open_effect = self._open_effect(frame, rule)
            most.setdefault(key, []).extend((self._is_open(frame, name), open_effect))
            examined.setdefault(key, []).extend((self._listed[frame, name], open_effect))
        for shape in self.shape.frames:
            for reached, mask in self._settled(shape.number):
                least.setdefault((shape.number, *reached), []).append(mask)
        found = LevelMasks(self._steps(least), self._steps(examined), self._steps(most))
        self._absent(found)
        return found

    def _steps(self, masks: dict[tuple[int, str, int], list[Mask]]) -> Steps:
        rows: dict[str, dict[int, list[Mask]]] = {}
        for (frame, scale, step), items in masks.items():
            rows.setdefault(scale, {}).setdefault(step, []).append(self._up(self.tape.some(items), frame))
        return {scale: {step: self.tape.some(items) for step, items in steps.items() if step} for scale, steps in rows.items()}

    def _open_effect(self, frame: int, rule: CompiledRule) -> Mask:
        """Where a rule that amends others holds, none of those does, and one of them may yet."""
        if rule.rule.kind != "amends":
            return False
        holds = self._truth(frame, rule.name).surely
        without = self.tape.without(self._some_hold(frame, rule.amends))
        return self.tape.every((holds, without, self.tape.some(self._is_open(frame, name) for name in rule.amends)))

    def _settled(self, frame: int) -> list[tuple[tuple[str, int], Mask]]:
        """Levels that are reached whichever of several open rules holds."""
        found = []
        for name in self.plan.by_kind.get(self.shape.frames[frame].kind, ()):
            if (frame, name) in self.truths and self.plan.overriders.get(name):
                found += self._one_of(frame, name)
        tables: dict[str, list[CompiledRule]] = {}
        for name in self.plan.by_kind.get(self.shape.frames[frame].kind, ()):
            rule = self.plan.rules[name]
            if rule.table is not None and rule.complete and not rule.rule.overrides:
                tables.setdefault(rule.table, []).append(rule)
        for rows in tables.values():
            found += self._some_row(frame, rows)
        return found

    def _one_of(self, frame: int, name: str) -> list[tuple[tuple[str, int], Mask]]:
        """A rule that matches, whatever may displace it, whatever may displace that, and so on: one of them holds."""
        start = self.tape.both(self.conditions.match(frame, name).surely, self._is_open(frame, name))
        if start is False:
            return []
        reached: dict[str, Mask] = {}
        pending: list[tuple[str, Mask]] = [(name, start)]
        while pending:
            other, mask = pending.pop()
            now = self.tape.both(mask, self.conditions.match(frame, other).possibly)
            before = reached.get(other, False)
            joined = self.tape.either(before, now)
            if joined == before:
                continue
            reached[other] = joined
            pending += [(above, now) for above in self.plan.overriders.get(other, ())]
        return self._common(start, [(self.plan.rules[other], mask) for other, mask in reached.items()])

    def _some_row(self, frame: int, rows: list[CompiledRule]) -> list[tuple[tuple[str, int], Mask]]:
        """A table in which exactly one row holds, whatever the facts: the lowest of its open rows is reached."""
        first = rows[0]
        if first.rule.when is not None or first.rule.table is None:
            return []
        place = Place(frame, frame)
        scope = YES if first.scope is None else self.conditions.condition(first.scope, place)
        reliefs = [self.conditions.condition(exception, place, scope.possibly).possibly for exception in first.unless]
        taken = self._some_hold(frame, [f"{first.rule.name}.{row.number}" for row in first.rule.table.rows])
        where = self.tape.every((scope.surely, self.tape.without(self.tape.some(reliefs)), self.tape.without(taken)))
        masks = [(rule, self._is_open(frame, rule.name)) for rule in rows]
        for rule, mask in masks:
            if rule.name in self.plan.force or self.plan.overriders.get(rule.name):
                where = self.tape.both(where, self.tape.without(mask))
        return self._common(where, masks)

    def _common(self, where: Mask, either: list[tuple[CompiledRule, Mask]]) -> list[tuple[tuple[str, int], Mask]]:
        """The lowest step of the rules of which one holds; none where one has no level of its own, or is not looked at."""
        steps: dict[tuple[str, int], list[Mask]] = {}
        for rule, mask in either:
            reached = self._step(rule)
            if reached is None or rule.rule.kind == "amends" or not self._is_looked_at(rule):
                where = self.tape.both(where, self.tape.without(mask))
            else:
                steps.setdefault(reached, []).append(mask)
        found: list[tuple[tuple[str, int], Mask]] = []
        for (scale, step), masks in steps.items():
            others = self.tape.some(mask for (other, _), several in steps.items() if other != scale for mask in several)
            lower = self.tape.some(m for (other, low), several in steps.items() if other == scale and low < step for m in several)
            alone = self.tape.without(self.tape.either(others, lower))
            found.append(((scale, step), self.tape.every((where, self.tape.some(masks), alone))))
        return found

    # parts that nobody spoke of

    def _absent(self, found: LevelMasks) -> None:
        """Rules on parts that nobody spoke of raise what is possible; a scale is there where a subject with rules on it may be."""
        subjects = self.source.subjects
        absent: dict[str, list[Mask]] = {}
        there: dict[str, list[Mask]] = {}
        for frame in self.shape.frames:
            there.setdefault(frame.kind, []).append(self._up(True, frame.number))
            for part in subjects[frame.kind].parts.values():
                missing = self._up(self.tape.without(self.conditions.listed(frame.number, part.name)), frame.number)
                for kind in self._within(part.of):
                    absent.setdefault(kind, []).append(missing)
        for kind, masks in absent.items():
            for scale, step in self._highest(kind).items():
                steps = found.most.setdefault(scale, {})
                steps[step] = self.tape.some((*masks, steps.get(step, False)))
            there.setdefault(kind, []).extend(masks)
        scales: dict[str, list[Mask]] = {}
        for rule in self.plan.compiled.rules.values():
            if rule.level is not None and rule.on in there and self._is_looked_at(rule):
                scales.setdefault(rule.level[0], []).extend(there[rule.on])
        found.present = {scale: self.tape.some(masks) for scale, masks in sorted(scales.items())}

    def _within(self, kind: str) -> list[str]:
        """A kind of subject and everything it may contain."""
        found: list[str] = []
        pending = [kind]
        while pending:
            kind = pending.pop()
            if kind not in found:
                found.append(kind)
                pending += [part.of for part in self.source.subjects[kind].parts.values()]
        return found

    def _highest(self, kind: str) -> dict[str, int]:
        highest: dict[str, int] = {}
        for name in self.plan.by_kind.get(kind, ()):
            rule = self.plan.rules[name]
            step = self._step(rule)
            if step is not None and self._is_looked_at(rule):
                highest[step[0]] = max(highest.get(step[0], 0), step[1])
        return highest
