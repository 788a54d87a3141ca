"""What a use case may refuse, beyond the errors of domain and storage.

AppError
├── NameAmbiguous      several workflows have this name
├── RunStillGoing      only an ended run can be resumed
├── NothingToResume    the run completed
├── NothingToStartFrom no run whose data a partial run could take
├── PauseOver          the run does not pause there any more
├── PartRefused        this part of the workflow cannot be run by itself
└── InputTooLarge      a run's input over the limit
"""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.errors import AppError


class NameAmbiguous(AppError):
    """Several workflows have this name; use the id of one of them."""

    code = "workflow.ambiguous"

    def __init__(self, name: str, ids: Sequence[str]) -> None:
        self.ids = tuple(ids)
        super().__init__(f"{len(ids)} workflows are called “{name:.80}”; name one by its id: {', '.join(ids[:5])}.")


class RunStillGoing(AppError):
    """The run has not ended yet; cancel it first, or wait."""

    code = "run.still_going"


class NothingToResume(AppError):
    """The run completed; there is nothing to resume."""

    code = "run.completed"


class NothingToStartFrom(AppError):
    """No run of this workflow has ended yet; run it once, then a part of it can go on with that data."""

    code = "run.nothing_to_start_from"


class PauseOver(AppError):
    """The run does not pause there any more; somebody was faster, or it has ended."""

    code = "run.pause_over"


class PartRefused(AppError):
    """This part of the workflow cannot be run by itself."""

    code = "run.part_refused"


class InputTooLarge(AppError):
    """The input of a run is too large."""

    code = "run.input_too_large"
