"""What can go wrong with an expression or a path: when it is written, and when it runs."""

from __future__ import annotations

from typing import ClassVar

from app.domain.errors import AppError


class ExpressionInvalid(AppError):
    """The expression cannot be read; `column` is where, counted in characters from 1."""

    code: ClassVar[str] = "expression.invalid"

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.column = column


class ExpressionFailed(AppError):
    """The expression could be read but gave no value; `column` is where it went wrong, if that is known."""

    code: ClassVar[str] = "expression.failed"

    def __init__(self, message: str, column: int | None = None) -> None:
        super().__init__(message)
        self.column = column


class ValueMissing(ExpressionFailed):
    """What the expression asks for is not there; `default` answers exactly this."""

    code: ClassVar[str] = "expression.missing"


class WorkExceeded(ExpressionFailed):
    """The expression would take more work or give more data than one expression may."""

    code: ClassVar[str] = "expression.limit"


class PathInvalid(AppError):
    """This is not a JSONPath."""

    code: ClassVar[str] = "path.invalid"


class PathFailed(AppError):
    """The JSONPath does not lead to one value."""

    code: ClassVar[str] = "path.failed"
