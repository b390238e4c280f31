"""Numbers and conditions as text, in the notation of the rule language."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from hazardrules.model import expressions as ir

if TYPE_CHECKING:
    from fractions import Fraction


def decimal_text(value: int | Fraction) -> str:
    """A number as a person writes it; exactly where it ends, else rounded and marked as such."""
    if isinstance(value, int):
        return str(value)
    denominator = value.denominator
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    if denominator == 1:
        digits = 0
        while (value * 10**digits).denominator != 1:
            digits += 1
        whole = value * 10**digits
        text = str(abs(whole.numerator)).rjust(digits + 1, "0")
        return f"{'-' if value < 0 else ''}{text[:-digits]}.{text[-digits:]}" if digits else str(value.numerator)
    try:
        rounded = f"{float(value):.6g}"
    except OverflowError:  # beyond every float
        rounded = f"{Decimal(value.numerator) / Decimal(value.denominator):.6g}"
    return f"{value.numerator}/{value.denominator} (≈ {rounded})"


def base_text(base: ir.Base) -> str:
    """What stands before the dot."""
    match base:
        case ir.Self():
            return ""
        case ir.Variable(name=name):
            return name
        case ir.Owner(of=inner):
            return f"{base_text(inner)}.owner".lstrip(".")
        case ir.OnePart(of=inner, part=part):
            return f"{base_text(inner)}.{part}".lstrip(".")


class Written:
    """A condition by ids, without values, in the notation of the rule language."""

    def text(self, expr: ir.Expr) -> str:
        """The condition as text."""
        match expr:
            case ir.Const(written=written):
                return written
            case ir.FactRef(base=base, name=name) | ir.DerivedRef(base=base, name=name) | ir.RuleRef(base=base, name=name):
                prefix = base_text(base)
                return f"{prefix}.{name}" if prefix else name
            case ir.ParameterRef(name=name):
                return name.rsplit(".", 1)[-1]
            case ir.AsOf():
                return "as_of"
            case ir.Unknown():
                return "?"
            case ir.Total(parameter=parameter):
                return f"total({parameter})"
            case ir.Not(item=item):
                return f"not {self._tight(item)}"
            case ir.Junction(op=op, items=items):
                return f" {op} ".join(self._tight(item) for item in items)
            case ir.AtLeast(count=count, items=items):
                return f"at least {self.text(count)} of ({'; '.join(self.text(item) for item in items)})"
            case ir.Compare(op=op, left=left, right=right):
                return f"{self.text(left)} {op} {self.text(right)}"
            case ir.In(item=item, options=options):
                return f"{self.text(item)} in {{{', '.join(option.written for option in options)}}}"
            case ir.Intersects(container=container, written=written):
                if len(written) == 1:
                    return f"{self.text(container)} contains {written[0]}"
                return f"{self.text(container)} intersects {{{', '.join(written)}}}"
            case ir.Arithmetic(op=op, left=left, right=right):
                return f"{self._tight(left)} {op} {self._tight(right)}"
            case ir.Scale(item=item):
                return self.text(item)
            case ir.DateShift(day=day, amount=amount, sign=sign):
                return f"{self.text(day)} {'+' if sign > 0 else '-'} {self.text(amount)}"
            case ir.DateDifference(left=left, right=right):
                return f"{self.text(left)} - {self.text(right)}"
            case ir.Choice(then=then, condition=condition, otherwise=otherwise):
                return f"{self.text(then)} if {self.text(condition)} else {self.text(otherwise)}"
            case ir.Function(name=name, items=items):
                return f"{name}({', '.join(self.text(item) for item in items)})"
            case ir.Lookup(table=table, keys=keys):
                return f"{table}({', '.join(self.text(key) for key in keys)})"
            case ir.Quantified():
                counted = self.text(expr.item) if expr.item is not None else expr.variable
                where = f" where {self.text(expr.where)}" if expr.where is not None else ""
                prefix = base_text(expr.base)
                part = f"{prefix}.{expr.part}" if prefix else expr.part
                if not expr.variable:
                    return f"{expr.function}({part})"
                return f"{expr.function}({counted} for {expr.variable} in {part}{where})"
            case ir.TableValue():
                return "table"
        return "?"

    def _tight(self, expr: ir.Expr) -> str:
        loose = isinstance(expr, (ir.Junction, ir.Arithmetic, ir.Choice, ir.DateShift))
        return f"({self.text(expr)})" if loose else self.text(expr)
