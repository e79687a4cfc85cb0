"""Check single entries: the body, the columns that repeat it, and the records whose
digests it holds.
"""

from collections.abc import Sequence
from typing import Any

from app.audit import leaf, raw_reader
from app.audit.leaf import COLUMNS, Body, NotABody
from app.audit.report import Report
from app.audit.verify_records import Records


class Entries:
    """The entries seen so far. `subject_marks` combines the marks of the rows of further subjects
    that these entries need; see `raw_reader.subject_marks`.
    """

    def __init__(self, report: Report, records: Records | None) -> None:
        self._report = report
        self._records = records
        self.count = 0
        self.subject_marks = 0

    def check(
        self, school: str, index: int | None, raw: bytes, columns: Sequence[Any]
    ) -> Body | None:
        """Check one entry of a school's log; gives its body, or None if that is unreadable."""
        self.count += 1
        try:
            body = leaf.read(raw)
        except NotABody as error:
            self._report.add(school, index, "body-unreadable", f"the stored body is {error}")
            return None
        if columns != body.columns:
            self._report_columns(school, index, columns, body)
        if body.school != school:
            self._report.add(
                school, index, "school-changed", "the entry belongs to another school's log"
            )
        if len(body.subjects) > 1:
            self._mark(body)
        if self._records is not None:
            self._records.check(school, index, body)
        return body

    def _report_columns(
        self, school: str, index: int | None, columns: Sequence[Any], body: Body
    ) -> None:
        for name, stored, value in zip(COLUMNS, columns, body.columns, strict=True):
            if stored != value:
                self._report.add(
                    school,
                    index,
                    "column-changed",
                    f"the search column {name} does not repeat the body",
                )

    def _mark(self, body: Body) -> None:
        for subject in body.further_subjects:
            self.subject_marks ^= raw_reader.mark(
                body.school, subject.replace("-", ""), body.id.replace("-", "")
            )
