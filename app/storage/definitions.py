"""Published versions, read once: they never change, and a hundred runs of one version share one document."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final, cast

from app.domain.json_value import Json, loads
from app.storage.link import Connection

MOST_CHARS: Final = 32 * 1024 * 1024
_READ: Final = "SELECT definition::text FROM workflow_versions WHERE workflow_id = %(workflow)s AND version = %(version)s"


class Definitions:
    """Remembers those that were used last, up to 32 MiB of text. The same version is the same object, not to be changed."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, int], tuple[Mapping[str, Json], int]] = OrderedDict()
        self._chars = 0

    async def of(self, connection: Connection, workflow_id: str, version: int) -> Mapping[str, Json] | None:
        """The document of a published version; None when there is no such version."""
        key = (workflow_id, version)
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key][0]
        row = await (await connection.execute(_READ, {"workflow": workflow_id, "version": version})).fetchone()
        if row is None:
            return None
        definition = cast(dict[str, Json], loads(row[0]))
        self._known[key] = definition, len(row[0])
        self._chars += len(row[0])
        while self._chars > MOST_CHARS and len(self._known) > 1:
            _, (_, chars) = self._known.popitem(last=False)
            self._chars -= chars
        return definition
