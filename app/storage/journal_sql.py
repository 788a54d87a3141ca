"""The statements of the journal. A flush sends its rows as JSON text, unfolded by json_to_recordset.

`h` numbers the runs of a flush and `c` the claims under which they are written, both from 1. Every statement that writes begins with
`held`: the claims whose fence still stands, their runs locked. FOR KEY SHARE meets the FOR UPDATE of a takeover and nothing else, so a
takeover waits for a flush under way, or the flush finds its fence gone; a heartbeat is never in the way.

What is terminal stays: the guards stand in the WHERE. Rows are looked up by their key in a LATERAL query with OFFSET 0, and open states
are written as NOT IN: plans are made once, perhaps on an empty table, and neither a scan of all runs nor the index on status may seem good.
"""

from __future__ import annotations

from typing import Final

_OPEN: Final = "NOT IN ('completed', 'failed', 'skipped', 'cancelled', 'lost')"

_HELD: Final = """
WITH claim AS MATERIALIZED (
    SELECT * FROM unnest(%(claims)s::uuid[], %(fences)s::bigint[], %(advanced)s::boolean[]) WITH ORDINALITY AS c(id, fence, advanced, c)
), held AS MATERIALIZED (
    SELECT claim.c::int, r.id, claim.advanced AND r.takeovers > 0 AS over_it
    FROM claim CROSS JOIN LATERAL (SELECT * FROM runs WHERE id = claim.id OFFSET 0 FOR KEY SHARE) AS r
    WHERE r.fence = claim.fence AND r.status = 'running'
), mine AS MATERIALIZED (
    SELECT coalesce(array_agg(c), '{}') AS claims FROM held
)"""

_RUN: Final = "(%(runs)s::uuid[])[b.h]"
_TENANT: Final = "(%(tenants)s::uuid[])[b.h]"
_IS_MINE: Final = "(%(claim_of)s::int[])[b.h] = ANY ((SELECT claims FROM mine)::int[])"

# A count in a scalar query is the way to make sure that every row of it is computed.
_RING: Final = "(SELECT count(pg_notify('orchestrion', p)) FROM json_array_elements_text(%(rings)s::json) AS p)"

_STEP: Final = """json_to_recordset(%(rows)s::json) AS b(
    x int, h int, path text, attempt int, step uuid, name text, type text, status text, input jsonb, output jsonb, error jsonb,
    started float8, ended float8, ms int, usage jsonb, notes jsonb, due float8)"""

# Milliseconds that fit the seed's INTEGER: a wait of a month does not.
_MS: Final = "least(extract(epoch FROM {end} - {start}) * 1000, 2147483647)::int"

WRITE_STEPS: Final = f"""{_HELD}, written AS (
    INSERT INTO step_runs AS s (
        run_id, tenant_id, path, attempt, step_id, step_name, step_type, status, input, output, error, error_type, error_detail,
        started_at, completed_at, duration_ms, usage, notes)
    SELECT {_RUN}, {_TENANT}, b.path, b.attempt, b.step, b.name, b.type, b.status, b.input, b.output,
        b.error ->> 'message', left(b.error ->> 'type', 100), b.error,
        clock_timestamp() - b.started * interval '1 second', clock_timestamp() - b.ended * interval '1 second', b.ms, b.usage,
        CASE WHEN b.due IS NULL THEN b.notes
             ELSE coalesce(b.notes, '{{}}') || jsonb_build_object('due_at', clock_timestamp() + b.due * interval '1 second') END
    FROM {_STEP} WHERE {_IS_MINE}
    ON CONFLICT (run_id, path, attempt) DO UPDATE SET
        status = excluded.status,
        input = coalesce(excluded.input, s.input),
        output = excluded.output,
        error = excluded.error, error_type = excluded.error_type, error_detail = excluded.error_detail,
        started_at = coalesce(s.started_at, excluded.started_at),
        completed_at = excluded.completed_at,
        duration_ms = coalesce({_MS.format(end="excluded.completed_at", start="s.started_at")}, excluded.duration_ms),
        usage = coalesce(excluded.usage, s.usage),
        notes = CASE WHEN excluded.notes IS NULL THEN s.notes
                     WHEN s.notes ? 'due_at' THEN s.notes || excluded.notes || jsonb_build_object('due_at', s.notes -> 'due_at')
                     ELSE coalesce(s.notes, '{{}}') || excluded.notes END
    WHERE s.status {_OPEN}
    RETURNING 1
), progress AS (
    UPDATE runs r SET takeovers = 0, takeover_path = NULL FROM held WHERE held.over_it AND r.id = held.id
)
SELECT (SELECT claims FROM mine), (SELECT count(*) FROM written), {_RING}"""  # noqa: S608 - likewise

# Asked only when fewer rows were written than sent: those that say `completed` and are not found so.
REFUSED_STEPS: Final = f"""
SELECT b.x FROM {_STEP}
LEFT JOIN LATERAL (SELECT * FROM step_runs WHERE run_id = {_RUN} AND path = b.path AND attempt = b.attempt OFFSET 0) AS s ON true
WHERE b.status = 'completed' AND (s.status IS DISTINCT FROM 'completed' OR s.output IS DISTINCT FROM b.output)"""  # noqa: S608 - likewise

WRITE_GROUPS: Final = f"""{_HELD}, written AS (
    INSERT INTO block_group_runs AS g (
        run_id, tenant_id, path, block_group_id, role, iteration, status, input, output, error, error_detail, started_at, completed_at)
    SELECT {_RUN}, {_TENANT}, b.path, b.group_id, left(b.role, 50), b.iteration, b.status, b.input, b.output,
        b.error ->> 'message', b.error,
        clock_timestamp() - b.started * interval '1 second', clock_timestamp() - b.ended * interval '1 second'
    FROM json_to_recordset(%(rows)s::json) AS b(
        h int, path text, group_id uuid, role text, iteration int, status text, input jsonb, output jsonb, error jsonb,
        started float8, ended float8)
    WHERE {_IS_MINE}
    ON CONFLICT (run_id, path) DO UPDATE SET
        status = excluded.status,
        input = coalesce(excluded.input, g.input),
        output = excluded.output,
        error = excluded.error, error_detail = excluded.error_detail,
        started_at = coalesce(g.started_at, excluded.started_at),
        completed_at = excluded.completed_at
    WHERE g.status {_OPEN}
    RETURNING 1
)
SELECT (SELECT claims FROM mine), (SELECT count(*) FROM written), {_RING}"""  # noqa: S608 - likewise

# The end of runs, of children that nobody ended, and of every row that is still open. `same` are ends that this very claim has
# written before, as is found when a connection broke after the commit.
END_RUNS: Final = f"""{_HELD}, wanted AS MATERIALIZED (
    SELECT b.h, {_RUN} AS run, (%(claim_of)s::int[])[b.h] AS c, b.status, b.output, b.error
    FROM json_to_recordset(%(rows)s::json) AS b(h int, status text, output jsonb, error jsonb)
), locked AS MATERIALIZED (
    SELECT r.id, wanted.h, wanted.status, wanted.output, wanted.error
    FROM wanted JOIN held USING (c) CROSS JOIN LATERAL (SELECT * FROM runs WHERE id = wanted.run OFFSET 0 FOR NO KEY UPDATE) AS r
    WHERE r.status {_OPEN}
), ended AS (
    UPDATE runs r SET
        status = locked.status, output = locked.output, error = locked.error ->> 'message', error_detail = locked.error,
        started_at = coalesce(r.started_at, clock_timestamp()), completed_at = clock_timestamp(),
        owner = NULL, lease_until = NULL, wake_at = NULL
    FROM locked WHERE r.id = locked.id
    RETURNING r.id, locked.h
), orphans AS (
    UPDATE runs r SET status = 'cancelled', completed_at = clock_timestamp(), owner = NULL, lease_until = NULL, wake_at = NULL
    FROM ended WHERE r.root_run_id = ended.id AND r.status {_OPEN} AND r.id NOT IN (SELECT run FROM wanted)
    RETURNING r.id
), over AS MATERIALIZED (
    SELECT id FROM ended UNION ALL SELECT id FROM orphans
), steps AS (
    UPDATE step_runs s SET status = 'cancelled', completed_at = clock_timestamp(),
        duration_ms = {_MS.format(end="clock_timestamp()", start="s.started_at")}
    FROM over WHERE s.run_id = over.id AND s.status {_OPEN}
), block_groups AS (
    UPDATE block_group_runs g SET status = 'cancelled', completed_at = clock_timestamp()
    FROM over WHERE g.run_id = over.id AND g.status {_OPEN}
), same AS (
    SELECT wanted.h FROM wanted JOIN claim USING (c)
    CROSS JOIN LATERAL (SELECT fence FROM runs WHERE id = claim.id OFFSET 0) AS root
    CROSS JOIN LATERAL (SELECT status FROM runs WHERE id = wanted.run OFFSET 0) AS r
    WHERE root.fence = claim.fence AND r.status = wanted.status
)
SELECT (SELECT claims FROM mine),
    (SELECT coalesce(array_agg(h), '{{}}') FROM (SELECT h FROM ended UNION SELECT h FROM same) AS done), {_RING}"""  # noqa: S608 - likewise

# Claims under which this worker wrote last, even if it ended the run: on a second attempt their rows are there already.
STILL_OURS: Final = """
SELECT claim.c FROM unnest(%(claims)s::uuid[], %(fences)s::bigint[]) WITH ORDINALITY AS claim(id, fence, c)
CROSS JOIN LATERAL (SELECT fence FROM runs WHERE id = claim.id OFFSET 0) AS r WHERE r.fence = claim.fence"""

MARK_LOST: Final = f"""
WITH held AS MATERIALIZED (
    SELECT id FROM runs WHERE id = %(claim)s AND fence = %(fence)s AND status = 'running' FOR KEY SHARE
), lost AS (
    UPDATE step_runs SET status = 'lost', completed_at = clock_timestamp()
    WHERE run_id = %(run)s AND status <> 'waiting' AND status {_OPEN} AND EXISTS (SELECT FROM held)
    RETURNING 1
)
SELECT (SELECT count(*) FROM held), (SELECT count(*) FROM lost)"""  # noqa: S608 - likewise

LOAD: Final = """
SELECT path, attempt, status, CASE WHEN octet_length(text) <= %(large)s THEN text END, octet_length(text), error_detail,
    CASE WHEN status = 'waiting' THEN extract(epoch FROM (notes ->> 'due_at')::timestamptz - clock_timestamp())::float8 END
FROM (
    SELECT *, output::text AS text FROM step_runs WHERE run_id = %(run)s AND tenant_id = %(tenant)s AND path IS NOT NULL
    OFFSET 0  -- keeps the text of each output to be made once
) AS s
ORDER BY attempt, seq"""

READ_OUTPUT: Final = """
SELECT output::text FROM step_runs
WHERE run_id = %(run)s AND tenant_id = %(tenant)s AND path = %(path)s AND status = 'completed'"""

ANSWER: Final = """
SELECT output::text FROM step_runs
WHERE run_id = %(run)s AND tenant_id = %(tenant)s AND path = %(path)s AND attempt = 1 AND status = 'completed'"""

WAIT_LEFT: Final = """
SELECT extract(epoch FROM (notes ->> 'due_at')::timestamptz - clock_timestamp())::float8 FROM step_runs
WHERE run_id = %(run)s AND tenant_id = %(tenant)s AND path = %(path)s AND attempt = %(attempt)s"""
