"""The six types of block groups: what each may be told and which roles it has; their control flow is `engine.groups`."""

from __future__ import annotations

from app.domain.catalog import GroupType
from app.groups.foreach import FOREACH
from app.groups.if_else import IF_ELSE
from app.groups.parallel import PARALLEL
from app.groups.switch_case import SWITCH_CASE
from app.groups.try_catch import TRY_CATCH
from app.groups.while_loop import WHILE

GROUP_TYPES: dict[str, GroupType] = {kind.type: kind for kind in (PARALLEL, TRY_CATCH, IF_ELSE, SWITCH_CASE, FOREACH, WHILE)}
