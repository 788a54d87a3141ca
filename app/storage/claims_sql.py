"""The statements of the queue: who may claim which runs, and how a claim is kept and given back. All times are the database's.

A status is asked for with IS TRUE where the queue has its own partial indexes; they are written in the same way.
"""

from __future__ import annotations

from typing import Final

# Sessions that are alive: each worker holds an advisory lock of this class with its own number.
# https://www.postgresql.org/docs/current/view-pg-locks.html
SESSION_CLASS: Final = 0x4F52_4357
LOCK_SESSION: Final = "SELECT pg_advisory_lock(%(session_class)s, %(number)s)"

# Tenants in whose queue something may be claimed, locked one after the other: counting what runs and adding to it must not be
# done by two workers at once. A statement of its own, so that the count after it sees what the worker before us did.
LOCK_TENANTS: Final = """
SELECT t.id FROM tenants t
WHERE t.deleted_at IS NULL AND (%(only)s::uuid IS NULL OR t.id = (SELECT tenant_id FROM runs WHERE id = %(only)s)) AND (
    EXISTS (SELECT FROM runs r WHERE r.tenant_id = t.id AND (r.status = 'pending') IS TRUE AND r.root_run_id IS NULL)
    OR EXISTS (SELECT FROM runs r WHERE r.tenant_id = t.id AND (r.status = 'running') IS TRUE AND r.root_run_id IS NULL
               AND r.owner IS NULL AND r.wake_at <= statement_timestamp()))
ORDER BY t.id FOR NO KEY UPDATE OF t"""

# `taken`: claimed runs that are awake, and sleepers that are to be cancelled. `resting`: those of them that no living worker has;
# they take no new place. `queued`: what needs a free place. A run that sleeps holds none.
CLAIM: Final = """
WITH alive AS MATERIALIZED (
    SELECT objid::bigint AS number FROM pg_locks
    WHERE locktype = 'advisory' AND classid = %(session_class)s AND objsubid = 2 AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
), taken AS (
    SELECT r.* FROM tenants t CROSS JOIN LATERAL (
        SELECT * FROM runs
        WHERE tenant_id = t.id AND (status = 'running') IS TRUE AND root_run_id IS NULL AND wake_at IS NULL OFFSET 0) AS r
    WHERE t.deleted_at IS NULL
    UNION ALL
    SELECT * FROM runs
    WHERE (status = 'running') IS TRUE AND root_run_id IS NULL AND wake_at IS NOT NULL
        AND (owner IS NOT NULL OR cancel_requested_at IS NOT NULL)
), resting AS MATERIALIZED (
    SELECT r.id, r.fence, r.status, r.lease_until, r.priority, r.created_at, r.owner IS NOT NULL AS taken_over
    FROM taken r WHERE (%(only)s::uuid IS NULL OR r.id = %(only)s) AND CASE
        WHEN r.owner IS NULL THEN true
        WHEN r.owner = %(owner)s AND r.id = ANY (%(held)s::uuid[]) THEN false
        -- After a restart of the server every session is gone and no heartbeat could be written; the living come back first.
        WHEN pg_postmaster_start_time() > clock_timestamp() - %(grace_s)s * interval '1 second' THEN false
        ELSE r.lease_until < clock_timestamp()
            OR substring(r.owner FROM '#([0-9]+)$')::bigint <> ALL (ARRAY(SELECT number FROM alive)) END
), queued AS MATERIALIZED (
    SELECT due.* FROM tenants t CROSS JOIN LATERAL (
        SELECT * FROM (
            (SELECT r.id, r.fence, r.status, r.lease_until, r.priority, r.created_at FROM runs r
             WHERE r.tenant_id = t.id AND (r.status = 'pending') IS TRUE AND r.root_run_id IS NULL
                 AND (%(only)s::uuid IS NULL OR r.id = %(only)s)
                 -- A pending run with an owner was made by someone who means to run it, and has the first seconds for it.
                 AND (r.owner IS NULL OR r.owner = %(owner)s OR r.lease_until < clock_timestamp())
                 -- With the overlap policy `queue` the runs of a schedule come one after the other.
                 AND (r.schedule_id IS NULL OR NOT EXISTS (
                     SELECT FROM runs before JOIN schedules s ON s.id = before.schedule_id
                     WHERE before.schedule_id = r.schedule_id AND before.status IN ('pending', 'running')
                         AND before.scheduled_for < r.scheduled_for AND s.overlap_policy = 'queue'))
             ORDER BY r.priority DESC, r.created_at LIMIT %(limit)s)
            UNION ALL
            (SELECT r.id, r.fence, r.status, r.lease_until, r.priority, r.created_at FROM runs r
             WHERE r.tenant_id = t.id AND (r.status = 'running') IS TRUE AND r.root_run_id IS NULL AND r.owner IS NULL
                 AND r.wake_at <= statement_timestamp() AND r.cancel_requested_at IS NULL AND (%(only)s::uuid IS NULL OR r.id = %(only)s)
             ORDER BY r.priority DESC, r.created_at LIMIT %(limit)s)
        ) AS r ORDER BY r.priority DESC, r.created_at
        LIMIT greatest(0, (
            SELECT CASE WHEN jsonb_typeof(t.settings -> 'max_concurrent_runs') = 'number'
                        THEN least((t.settings -> 'max_concurrent_runs')::numeric, 1000000)::bigint
                        ELSE %(default_most)s END - count(*)
            FROM runs a WHERE a.tenant_id = t.id AND (a.status = 'running') IS TRUE AND a.root_run_id IS NULL AND a.wake_at IS NULL))
    ) AS due WHERE t.id = ANY (%(tenants)s::uuid[])
), due AS MATERIALIZED (
    SELECT *, 1 AS turn FROM resting UNION ALL SELECT *, false, 2 FROM queued
    ORDER BY turn, priority DESC, created_at LIMIT %(limit)s
), chosen AS MATERIALIZED (
    SELECT r.id, due.taken_over, due.turn, r.takeover_path
    FROM due CROSS JOIN LATERAL (SELECT * FROM runs WHERE id = due.id OFFSET 0 FOR UPDATE SKIP LOCKED) AS r
    -- As it was when it was found: whoever was faster changed one of these.
    WHERE r.fence = due.fence AND r.status = due.status AND r.lease_until IS NOT DISTINCT FROM due.lease_until
), flying AS MATERIALIZED (
    -- A run that only waits, at a breakpoint say, has no part in the death of its worker, however often that happens.
    SELECT c.id, min(s.path COLLATE "C") FILTER (WHERE s.status <> 'waiting') AS first,
        bool_or(s.path = c.takeover_path AND s.status <> 'waiting') AS again
    FROM chosen c JOIN step_runs s ON s.run_id = c.id AND s.status NOT IN ('completed', 'failed', 'skipped', 'cancelled', 'lost')
    WHERE c.taken_over GROUP BY c.id
), claimed AS (
    UPDATE runs r SET
        status = 'running', owner = %(owner)s, lease_until = clock_timestamp() + %(lease_s)s * interval '1 second', fence = r.fence + 1,
        started_at = coalesce(r.started_at, clock_timestamp()),
        -- What is taken up only to be cancelled keeps its sleep, and so takes no place.
        wake_at = CASE WHEN r.cancel_requested_at IS NOT NULL THEN r.wake_at END,
        takeovers = CASE WHEN NOT c.taken_over THEN r.takeovers
                         WHEN f.id IS NOT NULL AND f.first IS NULL THEN 0
                         WHEN r.takeover_path IS NULL OR f.first IS NULL OR f.again THEN r.takeovers + 1 ELSE 1 END,
        takeover_path = CASE WHEN NOT c.taken_over OR f.first IS NULL OR f.again THEN r.takeover_path ELSE f.first END
    FROM chosen c LEFT JOIN flying f ON f.id = c.id WHERE r.id = c.id
    RETURNING r.*, c.turn
)
SELECT r.id, r.tenant_id, r.workflow_id, r.workflow_version, r.fence, r.mode, r.triggered_by, r.started_at,
    r.input::text, r.definition::text, r.takeovers, r.cancel_requested_at IS NOT NULL,
    -- The time in which it paused is no time of its own.
    extract(epoch FROM clock_timestamp() - r.started_at)::float8 - CASE WHEN r.request ? 'breakpoints' THEN (
        SELECT coalesce(sum(extract(epoch FROM coalesce(s.completed_at, clock_timestamp()) - s.started_at)), 0)::float8
        FROM step_runs s WHERE s.run_id = r.id AND s.step_type = 'breakpoint') ELSE 0 END,
    (WITH RECURSIVE above (id, n) AS (
        SELECT r.parent_run_id, 1 WHERE r.parent_run_id IS NOT NULL
        UNION ALL SELECT p.parent_run_id, n + 1 FROM above JOIN runs p ON p.id = above.id WHERE p.parent_run_id IS NOT NULL AND n < 100
    ) SELECT coalesce(max(n), 0) FROM above),
    -- A run that was made from another has rows of that one.
    r.fence = 1 AND NOT EXISTS (SELECT FROM step_runs s WHERE s.run_id = r.id),
    r.request, r.answers
FROM claimed r
ORDER BY r.turn, r.priority DESC, r.created_at"""

HEARTBEAT: Final = """
WITH mine AS MATERIALIZED (
    SELECT * FROM unnest(%(ids)s::uuid[], %(fences)s::bigint[]) AS m(id, fence)
), found AS MATERIALIZED (
    SELECT mine.id, mine.fence, r.fence AS now, r.cancel_requested_at, r.answers
    FROM mine LEFT JOIN LATERAL (SELECT * FROM runs WHERE id = mine.id OFFSET 0) AS r ON true
), prolonged AS (
    -- A row that someone just writes is left for the next heartbeat: waiting here could end in a deadlock with the journal.
    UPDATE runs r SET lease_until = clock_timestamp() + %(lease_s)s * interval '1 second'
    FROM (SELECT free.id FROM found
          CROSS JOIN LATERAL (SELECT * FROM runs WHERE id = found.id OFFSET 0 FOR NO KEY UPDATE SKIP LOCKED) AS free
          WHERE free.fence = found.fence AND free.owner IS NOT NULL AND free.status = 'running') AS free
    WHERE r.id = free.id
)
SELECT id, now IS DISTINCT FROM fence, cancel_requested_at IS NOT NULL, answers FROM found"""

GIVE_BACK: Final = """
WITH free AS (
    UPDATE runs SET owner = NULL, lease_until = NULL,
        -- An answer that nobody here has seen any more is not slept over.
        wake_at = clock_timestamp() + (CASE WHEN answers > %(answers)s THEN least(%(wake_in_s)s::float8, 0) ELSE %(wake_in_s)s::float8 END)
            * interval '1 second'
    WHERE id = %(id)s AND fence = %(fence)s AND status = 'running'
    RETURNING id
)
SELECT count(*), (SELECT count(pg_notify('orchestrion', p)) FROM json_array_elements_text(%(rings)s::json) AS p) FROM free"""

# A run without a definition cannot be interpreted; it ends here, under the claim just made.
FAIL: Final = """
UPDATE runs SET status = 'failed', error = %(message)s, error_detail = %(error)s::jsonb, completed_at = clock_timestamp(),
    owner = NULL, lease_until = NULL, wake_at = NULL
WHERE id = %(id)s AND fence = %(fence)s AND status = 'running'"""

RING: Final = "SELECT pg_notify('orchestrion', p) FROM json_array_elements_text(%(rings)s::json) AS p"
