"""The errors a user may meet, as one tree.

    AppError                     one sentence, one stable code
    ├── DefinitionInvalid        a workflow that cannot be kept or run (carries its problems)
    ├── EditRefused              an edit that would break the graph
    │   └── CycleError           … by closing a circle
    ├── EditUnreadable           a kept edit that this version cannot read (domain/edit_codec)
    ├── WorkflowNotFound, VersionNotFound, RunNotFound
    ├── WorkflowConflict         someone else saved meanwhile
    ├── InputRefused             a run's input does not fit its schema
    ├── PermissionDenied         the actor's role does not allow it (domain/access)
    ├── JsonRejected             a text that is no acceptable JSON (domain/json_gate)
    ├── ExpressionInvalid, ExpressionFailed, PathInvalid, PathFailed   (domain/expressions)
    └── DatabaseUnavailable, …   translated at the border of storage and platform

Logic tests the class, screens show ``str(error)``, logs carry ``code``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from app.domain.problems import Problem


class AppError(Exception):
    """Something went wrong that the user can understand and act on."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip().splitlines()[0])


class DefinitionInvalid(AppError):
    """The workflow has errors; fix them and try again."""

    code = "workflow.invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        errors = [problem for problem in problems if problem.severity == "error"]
        first = errors[0].message if errors else "it has no valid content"
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(f"The workflow is not valid: {first}{more}")


class EditRefused(AppError):
    """This change does not fit the workflow as it is now."""

    code = "edit.refused"


class CycleError(EditRefused):
    """The connection would close a circle, and a workflow runs in one direction only."""

    code = "edit.cycle"


class WorkflowNotFound(AppError):
    """There is no such workflow; `orchestrion list` shows what there is."""

    code = "workflow.not_found"


class VersionNotFound(AppError):
    """This workflow has no such published version; publish it first."""

    code = "workflow.version_not_found"


class RunNotFound(AppError):
    """There is no such run; `orchestrion runs list` shows what there is."""

    code = "run.not_found"


class WorkflowConflict(AppError):
    """Someone else saved this workflow after you opened it."""

    code = "workflow.conflict"

    def __init__(self, *, opened: int, current: int) -> None:
        super().__init__(f"Someone else saved this workflow after you opened it (opened at revision {opened}, now at {current}).")
        self.opened, self.current = opened, current


class InputRefused(AppError):
    """The input does not fit what the workflow asks for."""

    code = "run.input_refused"

    def __init__(self, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__(f"The input does not fit the workflow's input schema: {'; '.join(reasons)}")


class DatabaseUnavailable(AppError):
    """The database does not answer; check that it runs, or see `orchestrion doctor`."""

    code = "database.unavailable"
