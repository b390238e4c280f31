"""Wording: the linter."""

PHRASES: dict[str, str] = {
    "lint.done": "{findings} findings, {fixable} of which --fix can mend; {fixed} mended; {left} left standing by lint.yaml",
    "lint.has_errors": "the rulebook has {errors} errors; mend them first, see hazardrules check",
    "lint.refused": "{file}: mending would change what a rule says, so the file stays as it was",
    "HR509.summary": "half-width punctuation between Chinese characters",
    "HR509": "`{mark}` between Chinese characters is `{better}`",
    "HR520.summary": "a comparison under `not`",
    "HR520": "`{words}` is `{better}`",
    "HR523.summary": "one of a single value",
    "HR523": "there is one value only: `{better}` says the same",
    "HR590.summary": "a code in `lint.yaml` that the linter does not have",
    "HR590": "the linter has no code `{name}`",
    "HR591.summary": "an exception in `lint.yaml` that covers nothing",
    "HR591": "nothing is found any more that the exception for `{name}` covers",
    "HR610.summary": "an action that no rule demands",
    "HR610": "no rule demands the action `{name}`",
    "HR634.summary": "a rule that nobody checked, without the reason",
    "HR634": "`{name}` is unverified, and `why_unverified` does not say why",
}
