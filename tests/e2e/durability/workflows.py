"""The six reference workflows, each effect a request to the outside counter; what a run without a crash does is known beforehand."""

from __future__ import annotations

import json
from typing import Any

from tests.engine.workflows import REFERENCE

Doc = dict[str, Any]

# The http adapter answers an object, and what was sent comes back in its body.
_IN_BODY = {
    "{{ $ + 1 }}": "{{ $.body + 1 }}",
    "$.n > 3": "$.body.n > 3",
    "$.n < 3": "$.body.n < 3",
    "{{ $.n + 1 }}": "{{ $.body.n + 1 }}",
    "{{ $ }}l": "{{ $.body }}l",
    "{{ item }}": "{{ item }}",
}


def counted(document: Doc, address: str, *, takes_ms: int = 0) -> Doc:
    """The workflow with its mock calls replaced by requests to the counter at `address`."""
    copy: Doc = json.loads(json.dumps(document))
    for step in copy["steps"]:
        if step["config"].get("adapter_id") == "mock":
            step["config"] = _request(step["config"], address, takes_ms)
        _read_bodies(step["config"])
    for group in copy["block_groups"]:
        _read_bodies(group["config"])
    if copy["name"] == "nested":
        next(group for group in copy["block_groups"] if group["id"] == "outer")["config"]["input_path"] = "$.body"
    return copy


def _request(config: Doc, address: str, takes_ms: int) -> Doc:
    status = 500 if "error" in config else 200
    others = {name: value for name, value in config.items() if name not in ("response", "error", "adapter_id")}
    url = f"http://{address}/effect/{status}?ms={takes_ms}"
    return {**others, "adapter_id": "http", "method": "POST", "url": url, "body": config.get("response", config.get("error"))}


def _read_bodies(config: Doc) -> None:
    for name, value in config.items():
        if isinstance(value, str):
            config[name] = _IN_BODY.get(value, value)
        elif isinstance(value, dict):
            _read_bodies(value)


def references(address: str, *, takes_ms: int = 0) -> dict[str, Doc]:
    """All six by name."""
    return {name: counted(document, address, takes_ms=takes_ms) for name, document in REFERENCE.items()}
