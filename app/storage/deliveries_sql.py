"""The statements of a listener: a webhook with all that decides about a delivery, and deliveries with the runs they make."""

from __future__ import annotations

from typing import Final

_LATEST = "(SELECT max(v.version) FROM workflow_versions v WHERE v.workflow_id = w.workflow_id)"
_STAMP = f"""md5(concat_ws('|', w.secret, coalesce(w.previous_secret, ''), coalesce(w.previous_valid_until::text, ''), w.enabled,
    coalesce(w.deleted_at::text, ''), w.workflow_id, coalesce(w.workflow_version, 0), coalesce(w.input_mapping::text, ''), w.signature,
    coalesce(w.respond_within_ms, 0), coalesce(w.rate_limit, 0), coalesce({_LATEST}, 0),
    (SELECT f.deleted_at IS NOT NULL FROM workflows f WHERE f.id = w.workflow_id),
    (SELECT t.deleted_at IS NOT NULL FROM tenants t WHERE t.id = w.tenant_id)))"""  # noqa: S608 - pieces of this module

HOOK: Final = f"""
SELECT w.id, w.tenant_id, w.workflow_id, w.signature, w.secret,
    CASE WHEN w.previous_valid_until > clock_timestamp() THEN w.previous_secret END,
    extract(epoch FROM w.previous_valid_until)::float8,
    w.enabled AND f.deleted_at IS NULL AND t.deleted_at IS NULL,
    w.input_mapping::text, w.respond_within_ms, w.rate_limit, v.version, v.definition ->> 'input_schema', {_STAMP},
    extract(epoch FROM clock_timestamp())::float8, coalesce(w.workflow_version, 0)
FROM webhooks w
JOIN workflows f ON f.id = w.workflow_id
JOIN tenants t ON t.id = w.tenant_id
LEFT JOIN LATERAL (
    SELECT v.version, v.definition FROM workflow_versions v
    WHERE v.workflow_id = w.workflow_id AND (coalesce(w.workflow_version, 0) = 0 OR v.version = w.workflow_version)
    ORDER BY v.version DESC LIMIT 1
) AS v ON true
WHERE w.id = %(id)s AND w.deleted_at IS NULL"""  # noqa: S608 - pieces of this module

# Locked in one order, so that two listeners never wait for each other in a circle. What is accepted is answered after this statement,
# and its time counts on in here; refusals were answered before.
WRITE: Final = f"""
WITH given AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(rows)s::json) AS g(n int, run_id uuid, webhook_id uuid, tenant_id uuid, workflow_id uuid, version int,
        message_id text, verdict text, reason text, status_code int, input jsonb, headers jsonb, payload jsonb, body_bytes int,
        took_ms float8, stamp text)
), live AS MATERIALIZED (
    SELECT w.id, {_STAMP} AS stamp FROM webhooks w
    WHERE w.id IN (SELECT webhook_id FROM given) ORDER BY w.id FOR NO KEY UPDATE OF w
), fit AS MATERIALIZED (
    SELECT g.* FROM given g JOIN live ON live.id = g.webhook_id AND (g.verdict <> 'accepted' OR live.stamp = g.stamp)
), made AS (
    INSERT INTO runs (id, tenant_id, workflow_id, workflow_version, mode, input, triggered_by, webhook_id, idempotency_key)
    SELECT run_id, tenant_id, workflow_id, version, 'production', input, 'webhook', webhook_id, message_id
    FROM fit WHERE verdict = 'accepted' ORDER BY n
    ON CONFLICT (webhook_id, idempotency_key) DO NOTHING
    RETURNING id
), noted AS (
    INSERT INTO webhook_deliveries (tenant_id, webhook_id, message_id, verdict, reason, run_id, headers, payload, status_code, received_at,
        body_bytes, took_ms)
    SELECT f.tenant_id, f.webhook_id, f.message_id,
        CASE WHEN f.verdict = 'accepted' AND made.id IS NULL THEN 'duplicate' ELSE f.verdict END,
        CASE WHEN f.verdict = 'accepted' AND made.id IS NULL THEN 'The same message arrived before.' ELSE f.reason END,
        made.id, f.headers, f.payload, f.status_code, clock_timestamp(), f.body_bytes,
        f.took_ms + CASE f.verdict WHEN 'accepted' THEN extract(epoch FROM clock_timestamp() - statement_timestamp()) * 1000 ELSE 0 END
    FROM fit f LEFT JOIN made ON made.id = f.run_id ORDER BY f.n
), counted AS (
    UPDATE webhooks w SET trigger_count = w.trigger_count + c.number, last_triggered_at = clock_timestamp(), last_payload = c.payload
    FROM (
        SELECT f.webhook_id, count(*) AS number, (array_agg(f.payload ORDER BY f.n DESC))[1] AS payload
        FROM fit f JOIN made ON made.id = f.run_id GROUP BY f.webhook_id
    ) AS c WHERE w.id = c.webhook_id
), audited AS (
    INSERT INTO audit_logs (tenant_id, action, resource_type, resource_id, metadata)
    SELECT f.tenant_id, 'execute', 'run', f.run_id, jsonb_build_object('webhook', f.webhook_id)
    FROM fit f JOIN made ON made.id = f.run_id ORDER BY f.tenant_id, f.n
)
SELECT (SELECT coalesce(array_agg(n), '{{}}') FROM fit), (SELECT coalesce(array_agg(id::text), '{{}}') FROM made)"""  # noqa: S608

EARLIER: Final = """
SELECT r.webhook_id::text, r.idempotency_key, r.id::text, r.status FROM runs r
JOIN unnest(%(hooks)s::uuid[], %(keys)s::text[]) AS k(hook, key) ON r.webhook_id = k.hook AND r.idempotency_key = k.key"""
RING: Final = "SELECT pg_notify('orchestrion', p) FROM json_array_elements_text(%(rings)s::json) AS p"
END: Final = "SELECT status, output::text, error FROM runs WHERE id = %(id)s"
SWEEP: Final = "DELETE FROM webhook_deliveries WHERE received_at < now() - %(days)s * interval '1 day'"

LISTENER: Final = "orchestrion at "
"""How the name of a listener's session begins; where it is reached follows. PostgreSQL keeps 63 bytes of a name."""
LISTENERS: Final = """
SELECT application_name FROM pg_stat_activity
WHERE datname = current_database() AND starts_with(application_name, 'orchestrion at ') ORDER BY backend_start"""
