"""The answer for one case on one day: a public format, versioned by `FORMAT`.

Reasons, missing facts and the like are computed when they are read; whoever only wants levels pays only for levels.
"""

from __future__ import annotations

from datetime import date  # noqa: TC003 - pydantic reads annotations at run time
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, computed_field

if TYPE_CHECKING:
    from hazardrules.model.reasons import Because

FORMAT = "1"


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True, defer_build=True)


class Basis(_Result):
    """The legal basis of a finding."""

    instrument: str
    number: str
    title: str
    clause: str
    verified: bool = Field(description="False where nobody could check the rule against a text of the instrument.")


class Reason(_Result):
    """A sub-condition that made a rule hold or fail."""

    text: str = Field(description="For people, in the language of the result.")
    condition: str = Field(description="With ids and values: `people_lodged 21 > lodger_limit 20`.")
    fact: str | None = Field(default=None, description="The path of the fact it rests on.")
    value: str | None = Field(default=None, description="The fact's value, in the unit it came in.")
    threshold: str | None = None
    because: list[Reason] = Field(default_factory=list, description="What stands behind a derived fact or another rule.")


class Amount(_Result):
    """A parameter of an action: one number, or a range; decimal text, exact."""

    low: str | None
    high: str | None
    unit: str


class RoleRef(_Result):
    """A duty holder or an authority: the role, and who holds it in this place on this day, where the rulebook knows."""

    role: str
    title: str
    holder: str | None = None
    place: str | None = Field(default=None, description="The jurisdiction for which that holder is named.")
    verified: bool = Field(default=True, description="False where the rulebook is not sure of the holder.")


class Action(_Result):
    """What the law demands after a finding."""

    action: str
    kind: str
    text: str
    subject: str
    duty_holder: RoleRef | None
    authority: RoleRef | None
    within: str | None = None
    due: date | None = None
    amount: Amount | None = None
    points: int | None = None
    parameters: dict[str, Amount | str] = Field(default_factory=dict)
    basis: list[Basis]
    rules: list[str] = Field(alias="from", description="The findings that demand it.")
    amended_by: list[str] = Field(default_factory=list)


class LevelRange(_Result):
    """The level on one scale, and how far it could still go.

    Attributes:
        level: The level, where the examined rules settle it; None while `at_least < at_most_examined`.
        at_least: No fact can lower it below this.
        at_most: No fact can raise it above this.
        at_most_examined: The same, among the rules that the submitted facts touch.
        rules: How many rules in force could give a level on this scale; with none, the lowest level says only that no law
            of the rulebook speaks on this day.
    """

    scale: str
    level: str | None
    at_least: str
    at_most: str
    at_most_examined: str
    label: str
    rules: int


class MissingFacts(_Result):
    """Sets of facts whose suitable values would settle a rule: at most five per direction, the smallest first."""

    to_hold: list[list[str]]
    to_clear: list[list[str]]
    more: bool


class Lazy(Protocol):
    """Computes parts of a result when they are read."""

    def reasons(self, subject: str, rule: str) -> tuple[Because, ...]:
        """Why a rule holds."""

    def scope_reasons(self, subject: str, rule: str) -> tuple[Because, ...]:
        """Why a rule applies."""

    def missing(self, subject: str, rule: str) -> MissingFacts:
        """What would settle a rule."""

    def section(self, name: str) -> Any:
        """A section of the classification."""


def published(reasons: tuple[Because, ...]) -> list[Reason]:
    """Reasons in their public form."""
    return [
        Reason.model_construct(
            text=reason.text,
            condition=reason.condition,
            fact=reason.fact,
            value=reason.value,
            threshold=reason.threshold,
            because=published(reason.because),
        )
        for reason in reasons
    ]


class Finding(_Result):
    """A rule that holds for these facts."""

    rule: str
    kind: str
    title: str
    text: str
    subject: str = Field(description="The path of the subject: empty for the case itself, `vehicles[2]` for a part.")
    scale: str | None
    level: str | None
    severity: int
    basis: list[Basis]
    _lazy: Any = PrivateAttr(default=None)

    @computed_field  # type: ignore[prop-decorator]  # pydantic's own way to publish a property
    @cached_property
    def reasons(self) -> list[Reason]:
        """Every sub-condition that made the rule hold."""
        return published(self._lazy.reasons(self.subject, self.rule))

    @computed_field  # type: ignore[prop-decorator]  # see above
    @cached_property
    def scope(self) -> list[Reason]:
        """Why the rule applies to this subject."""
        return published(self._lazy.scope_reasons(self.subject, self.rule))

    @computed_field  # type: ignore[prop-decorator]  # see above
    @cached_property
    def actions(self) -> list[str]:
        """The required actions of this finding, by id."""
        found: list[str] = self._lazy.section("actions_of")[self.subject, self.rule]
        return found


class Undetermined(_Result):
    """A rule that neither holds nor fails as long as some facts are not known."""

    rule: str
    title: str
    subject: str
    scale: str | None
    level: str | None
    severity: int
    basis: list[Basis]
    text_unread: bool = Field(description="The instrument is in force but nobody could read its text: no fact settles it.")
    _lazy: Any = PrivateAttr(default=None)

    @computed_field  # type: ignore[prop-decorator]  # see above
    @cached_property
    def missing(self) -> MissingFacts:
        """The smallest sets of facts that would settle it."""
        found: MissingFacts = self._lazy.missing(self.subject, self.rule)
        return found

    @computed_field  # type: ignore[prop-decorator]  # see above
    @cached_property
    def holds_but_for(self) -> list[str]:
        """Where everything else holds: the exceptions (`clause …`) and overriding rules that are still open."""
        found: list[str] = self._lazy.section("holds_but_for")(self.subject, self.rule)
        return found


class NotExamined(_Result):
    """Rules of a pack that the submitted facts do not touch."""

    rules: int
    opens_with: list[str] = Field(description="Facts that would open them.")


class DerivedValue(_Result):
    """A computed fact that the rulebook wants shown, with its working."""

    name: str
    label: str
    subject: str
    value: str
    working: list[Reason]


class RuleNote(_Result):
    """A rule named for another reason than holding: displaced, relieved, not in force."""

    rule: str
    title: str
    subject: str
    basis: list[Basis]
    by: list[str] = Field(default_factory=list, description="Displacing rules, or the clauses of the reliefs granted.")
    state: str | None = Field(default=None, description="`not_yet` or `no_longer`, for rules not in force.")
    date: str | None = Field(default=None, description="First day in force, or last day.")


class Assumption(_Result):
    """A fact taken to satisfy the law because the submitter stated that nothing else was wrong."""

    fact: str
    value: str


class RulebookRef(_Result):
    """Which law the answer was given by."""

    name: str
    version: str
    digest: str


class Classification(_Result):
    """The answer for one case."""

    format: str = FORMAT
    case: str | None
    subject: str
    as_of: date
    jurisdiction: str | None
    lang: str
    engine: str
    rulebook: RulebookRef
    levels: dict[str, LevelRange]
    findings: list[Finding]
    _lazy: Any = PrivateAttr(default=None)

    def _section(self, name: str) -> Any:
        return self._lazy.section(name)

    @computed_field  # type: ignore[prop-decorator]  # see above
    @cached_property
    def undetermined(self) -> list[Undetermined]:
        """Rules that neither hold nor fail yet, the most severe first."""
        found: list[Undetermined] = self._section("undetermined")
        return found

    @computed_field  # type: ignore[prop-decorator]  # see above
    @cached_property
    def not_examined(self) -> dict[str, NotExamined]:
        """Per pack: how many rules the submitted facts do not touch, and which facts would open them."""
        found: dict[str, NotExamined] = self._section("not_examined")
        return found

    @computed_field  # type: ignore[prop-decorator]  # see above
    @cached_property
    def actions(self) -> list[Action]:
        """What must be done, merged over the findings, the most urgent first."""
        found: list[Action] = self._section("actions")
        return found

    @computed_field  # type: ignore[prop-decorator]  # see above
    @cached_property
    def derived(self) -> list[DerivedValue]:
        """Computed facts that the rulebook wants shown."""
        found: list[DerivedValue] = self._section("derived")
        return found

    @computed_field  # type: ignore[prop-decorator]  # see above
    @cached_property
    def displaced(self) -> list[RuleNote]:
        """Rules that match but give way to a special rule."""
        found: list[RuleNote] = self._section("displaced")
        return found

    @computed_field  # type: ignore[prop-decorator]  # see above
    @cached_property
    def relieved(self) -> list[RuleNote]:
        """Rules whose condition holds but an exception or relief was granted."""
        found: list[RuleNote] = self._section("relieved")
        return found

    @computed_field  # type: ignore[prop-decorator]  # see above
    @cached_property
    def not_in_force(self) -> list[RuleNote]:
        """Rules that these facts would meet, but that are not law on this day."""
        found: list[RuleNote] = self._section("not_in_force")
        return found

    @computed_field  # type: ignore[prop-decorator]  # see above
    @cached_property
    def out_of_scope(self) -> list[str]:
        """Packs that do not apply to this subject."""
        found: list[str] = self._section("out_of_scope")
        return found

    @computed_field  # type: ignore[prop-decorator]  # see above
    @cached_property
    def assumptions(self) -> list[Assumption]:
        """What was assumed because the case was stated to be complete."""
        found: list[Assumption] = self._section("assumptions")
        return found

    @computed_field  # type: ignore[prop-decorator]  # see above
    @cached_property
    def judgements(self) -> list[str]:
        """Facts behind the findings that only a competent person can decide."""
        found: list[str] = self._section("judgements")
        return found

    @computed_field  # type: ignore[prop-decorator]  # see above
    @cached_property
    def notes(self) -> list[str]:
        """Anything else a reader must know."""
        found: list[str] = self._section("notes")
        return found

    def level(self, scale: str) -> str | None:
        """The settled level on a scale; None while it is open.

        Raises:
            KeyError: The case has no such scale.
        """
        return self.levels[scale].level


class Explanation(_Result):
    """Why a rule holds, fails, or stays open, for one subject."""

    rule: str
    title: str
    text: str
    subject: str
    truth: str = Field(description="`holds`, `fails`, `undetermined`, `displaced`, `not_in_force` or `elsewhere`.")
    basis: list[Basis]
    applies: bool | None
    scope: list[Reason]
    condition: bool | None
    reasons: list[Reason] = Field(description="Why the condition holds, or why it fails.")
    exceptions: list[str]
    displaced_by: list[str]
    missing: MissingFacts | None
