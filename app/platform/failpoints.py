"""Places where a test can make the process die, fail or stand still: ``ORCHESTRION_FAILPOINT=name:n:kill|raise|hang``.

The code under test calls `await failpoint("journal.after_commit")`; at the n-th time that name is reached the deed is done.
Without a setting every call is a comparison.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from typing import Literal, cast

from app.platform.errors import SettingInvalid

logger = logging.getLogger(__name__)

Deed = Literal["kill", "raise", "hang"]


class FailpointReached(Exception):
    """What a failpoint raises when it was told to."""


class Failpoints:
    """Counts how often each name is reached and acts at the one that was asked for; an instance is a `Failpoint`."""

    def __init__(self, setting: str | None = None) -> None:
        """`setting` is ``name:n:deed``, with n from 1; None: nothing ever happens.

        Raises:
            SettingInvalid: it does not look like that.
        """
        self._name, self._countdown, self._deed = _parsed(setting) if setting else ("", 0, "raise")

    async def __call__(self, name: str) -> None:
        if name != self._name or self._countdown == 0:
            return
        self._countdown -= 1
        if self._countdown > 0:
            return
        logger.warning("failpoint %s: %s", name, self._deed)
        if self._deed == "kill":
            # No handler, no cleanup, no buffer gets its chance; on Windows SIGTERM is that.
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        if self._deed == "raise":
            raise FailpointReached(name)
        await asyncio.get_running_loop().create_future()


def _parsed(setting: str) -> tuple[str, int, Deed]:
    name, _, rest = setting.partition(":")
    count, _, deed = rest.partition(":")
    if not name or not count.isdecimal() or int(count) < 1 or deed not in ("kill", "raise", "hang"):
        raise SettingInvalid("ORCHESTRION_FAILPOINT must look like name:3:kill, with kill, raise or hang.")
    return name, int(count), cast(Deed, deed)
