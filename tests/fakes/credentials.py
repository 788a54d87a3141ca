"""Secrets by name, in memory."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.access import Actor


@dataclass(frozen=True)
class FakeSecretRow:
    name: str


class FakeCredentials:
    """`names` are the secrets there are."""

    def __init__(self) -> None:
        self.names: list[str] = []

    async def list(self, actor: Actor) -> list[FakeSecretRow]:
        return [FakeSecretRow(name) for name in self.names]
