"""A test run as JUnit XML, for CI."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from hazardrules.testing.runner import CaseResult, TestReport

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(report: TestReport, lang: str) -> str:
    """Write a report: one suite per case file, one test per case; a case file that cannot be read is an error."""
    suites: dict[str, list[CaseResult]] = {}
    for result in report.results:
        suites.setdefault(result.case.file, []).append(result)
    errors = [found for found in report.diagnostics if found.severity == "error"]
    total = len(report.results) + len(errors)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="hazardrules" tests="{total}" failures="{len(report.failed)}" errors="{len(errors)}">',
    ]
    for file, results in suites.items():
        failed = sum(not result.passed for result in results)
        seconds = sum(result.seconds for result in results)
        lines.append(
            f'  <testsuite name={_attribute(file)} tests="{len(results)}" failures="{failed}" errors="0" time="{seconds:.6f}">'
        )
        lines += [line for result in results for line in _case(result)]
        lines.append("  </testsuite>")
    if errors:
        lines.append(f'  <testsuite name="case files" tests="{len(errors)}" failures="0" errors="{len(errors)}" time="0">')
        for found in errors:
            lines.append(f"    <testcase classname={_attribute(found.span.file)} name={_attribute(str(found.span))}>")
            lines.append(f"      <error message={_attribute(found.short(lang))}/>")
            lines.append("    </testcase>")
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>", ""])


def _case(result: CaseResult) -> list[str]:
    case = result.case
    where = f'file={_attribute(case.file)} line="{case.line}" time="{result.seconds:.6f}"'
    head = f"    <testcase classname={_attribute(case.file)} name={_attribute(case.name)} {where}"
    if result.passed:
        return [f"{head}/>"]
    text = "\n".join([case.place, *(str(difference) for difference in result.differences)])
    what = ", ".join(difference.what for difference in result.differences)
    return [f"{head}>", f"      <failure message={_attribute(what)}>{_text(text)}</failure>", "    </testcase>"]


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("�", text))


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("�", text))
