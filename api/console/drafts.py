"""A return while its form is filled in: what was chosen so far, and what of it cannot be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from api.console.forms import Faulty, Sent, words_problems
from orderwright.domain.returns.rules import Verdict
from orderwright.domain.returns.states import FOR_MONEY, Resolution, ReturnMethod, ReturnReason
from orderwright.services.returns.judging import Wanted, WantedLine
from orderwright.services.returns.offering import OfferedLine

STEPS = ("what", "why", "how", "done")
METHODS = (ReturnMethod.LABEL, ReturnMethod.OWN_TRANSPORT)
MOST_UNITS = 1_000_000


@dataclass(frozen=True, slots=True)
class Draft:
    """`units` and `reasons` by line, as they were sent; what is no number or no reason is a problem."""

    units: Mapping[UUID, str]
    reasons: Mapping[UUID, str]
    note: str
    resolution: str
    method: str

    @classmethod
    def of(cls, form: Sent, lines: Sequence[OfferedLine]) -> "Draft":
        """What the form says of these lines."""
        return cls(
            units={line.line_id: form.text(f"units.{line.line_id}") or "0" for line in lines},
            reasons={line.line_id: form.text(f"reason.{line.line_id}") for line in lines},
            note=form.text("note"),
            resolution=form.text("resolution") or Resolution.REFUND.value,
            method=form.text("method") or ReturnMethod.LABEL.value,
        )

    def chosen(self, lines: Sequence[OfferedLine]) -> list[OfferedLine]:
        """The lines of which units are to come back."""
        return [line for line in lines if self.units[line.line_id] != "0"]

    def check(self, lines: Sequence[OfferedLine], step: str) -> None:
        """That all before `step` is filled in. Raises Faulty with the step at fault."""
        pages = (("what", self._what(lines)), ("why", self._why(lines)), ("how", self._how()))
        for page, problems in pages[: STEPS.index(step)]:
            if problems:
                raise Faulty(page, problems)

    def wanted(self, lines: Sequence[OfferedLine], method: ReturnMethod | None = None) -> Wanted:
        """As the services have it, once it was checked."""
        rows = [
            WantedLine(one.line_id, int(self.units[one.line_id]), ReturnReason(self.reasons[one.line_id]))
            for one in self.chosen(lines)
        ]
        way = method or ReturnMethod(self.method)
        return Wanted(rows, Resolution(self.resolution), way, None, self.note)

    def _what(self, lines: Sequence[OfferedLine]) -> dict[str, str]:
        found = {
            f"units.{line.line_id}": "units"
            for line in self.chosen(lines)
            if not _within(self.units[line.line_id], line.units) or not line.reasons
        }
        if not found and not self.chosen(lines):
            first = next((line for line in lines if line.reasons), None)
            return {f"units.{first.line_id}" if first else "": "nothing"}
        return found

    def _why(self, lines: Sequence[OfferedLine]) -> dict[str, str]:
        found = {
            f"reason.{line.line_id}": problem
            for line in self.chosen(lines)
            if (problem := _reason(line, self.reasons[line.line_id])) is not None
        }
        found |= words_problems(self.note)
        return found if self.resolution in FOR_MONEY else found | {"resolution": "choose"}

    def _how(self) -> dict[str, str]:
        return {} if self.method in {one.value for one in METHODS} else {"method": "choose"}


def _within(text: str, most: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(MOST_UNITS)) and 1 <= int(text) <= most


def _reason(line: OfferedLine, text: str) -> str | None:
    if text not in set(ReturnReason):
        return "choose"
    ruling = line.rulings[ReturnReason(text)]
    return ruling.why if ruling.verdict is Verdict.REFUSED else None
