"""Failpoints: the n-th time a name is reached, the deed is done."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys

import pytest

from app.platform.errors import SettingInvalid
from app.platform.failpoints import FailpointReached, Failpoints


async def test_without_a_setting_nothing_happens() -> None:
    failpoint = Failpoints()
    for _ in range(3):
        await failpoint("journal.before_commit")


async def test_it_raises_at_the_asked_time_only() -> None:
    failpoint = Failpoints("here:2:raise")
    await failpoint("here")
    await failpoint("elsewhere")
    with pytest.raises(FailpointReached):
        await failpoint("here")
    await failpoint("here")


async def test_it_stands_still() -> None:
    failpoint = Failpoints("here:1:hang")
    hanging = asyncio.ensure_future(failpoint("here"))
    await asyncio.wait([hanging], timeout=0.05)
    assert not hanging.done()
    hanging.cancel()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells another status")
def test_it_kills_without_a_goodbye() -> None:
    program = """
import asyncio
from app.platform.failpoints import Failpoints
try:
    asyncio.run(Failpoints("here:1:kill")("here"))
finally:
    print("goodbye")
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL
    assert ended.stdout == ""


@pytest.mark.parametrize("setting", ["here", "here:raise", "here:0:kill", ":1:kill", "here:1:explode", "here:x:hang"])
def test_a_setting_that_makes_no_sense_is_told(setting: str) -> None:
    with pytest.raises(SettingInvalid, match="name:3:kill"):
        Failpoints(setting)
