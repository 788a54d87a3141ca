"""The program without a window, as `orchestrion serve` runs it; with ``--only RUN`` it sees that run to its end."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

import httpx

import app.adapters.transport
from app.backend import Backend
from app.platform.settings import load_settings
from app.worker import see_to_the_end, serve

PRELOADED = (app.adapters.transport, httpx)
"""What the program imports when it first needs it; a fork has it already."""


async def see(run_id: str) -> None:
    backend = await Backend.open(load_settings(), role="run")
    await see_to_the_end(backend, run_id)
    await backend.close()


def main(arguments: Sequence[str]) -> int:
    asyncio.run(see(arguments[1]) if arguments else serve(load_settings(), tell=lambda _: None))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
