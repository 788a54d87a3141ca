"""The engine: a pure interpreter of definitions, and the embedded host that runs it on asyncio with a journal."""
