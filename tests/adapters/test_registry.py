from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from app.adapters.egress import Egress
from app.adapters.protocol import Adapter, Provider
from app.adapters.registry import ADAPTER_TYPES, builtin_adapters
from app.domain.catalog import AdapterType, Catalog
from app.domain.json_schema import SchemaChecker
from app.domain.json_value import Json
from app.steps.llm import LLM
from app.steps.tool import TOOL


def test_the_builtin_adapters_are_those_of_the_design() -> None:
    assert set(ADAPTER_TYPES) == set(builtin_adapters(Egress())) == {"mock", "http", "openai", "anthropic"}


def test_types_and_adapters_say_the_same_about_who_answers_llm_steps() -> None:
    for id, adapter in builtin_adapters(Egress()).items():
        assert adapter.type is ADAPTER_TYPES[id] and isinstance(adapter, Adapter)
        assert isinstance(adapter, Provider) == (adapter.type.provider_model is not None)


def test_the_types_load_no_http_library() -> None:
    code = "import sys, app.adapters.registry, app.adapters.egress; print([m for m in ('httpx', 'httpcore', 'anyio') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


@pytest.mark.parametrize("kind", ADAPTER_TYPES.values(), ids=lambda kind: kind.id)
def test_each_field_of_a_form_has_a_title(kind: AdapterType) -> None:
    for model in (kind.config_model, kind.provider_model):
        if model is not None:
            properties = json.loads(json.dumps(model.model_json_schema()))["properties"]
            assert all(field.get("title") for field in properties.values())


ANSWER: Json = {
    "text": "x",
    "json": None,
    "model": "m",
    "finish_reason": "stop",
    "usage": {"input_tokens": 1, "output_tokens": None, "cost_usd": None},
}


@pytest.mark.parametrize(
    ("id", "output"),
    [
        ("mock", 7),
        ("mock", None),
        ("http", {"status_code": 200, "headers": {"a": "b"}, "body": None}),
        ("openai", ANSWER),
        ("anthropic", ANSWER),
    ],
)
def test_outputs_fit_the_schema_that_completion_reads(id: str, output: Json) -> None:
    assert SchemaChecker().check(ADAPTER_TYPES[id].output_schema, output) == []


CATALOG = Catalog({"tool": TOOL, "llm": LLM}, {}, ADAPTER_TYPES)


@pytest.mark.parametrize(
    ("type", "config"),
    [
        ("tool", {"adapter_id": "mock"}),
        ("tool", {"adapter_id": "mock", "response": {"a": 1}, "delay_ms": 5, "timeout_ms": 50, "retry": {"max_attempts": 2}}),
        ("tool", {"adapter_id": "mock", "delay_ms": "{{ input.ms }}"}),
        ("tool", {"adapter_id": "http", "url": "{{ input.url }}", "headers": {"Authorization": "Bearer {{ secrets.TOKEN }}"}}),
        ("tool", {"adapter_id": "http", "url": "https://example.com", "method": "post", "query": {"n": 1}, "timeout_ms": 9}),
        ("tool", {"adapter_id": "openai", "model": "m", "prompt": "x", "api_key": "{{ secrets.K }}"}),
        ("llm", {"provider": "mock", "model": "m", "prompt": "x", "response": "Hello {{ input.who }}"}),
        ("llm", {"provider": "openai", "model": "m", "prompt": "x", "base_url": "http://localhost:11434/v1", "organisation": "o"}),
        ("llm", {"provider": "anthropic", "model": "m", "prompt": "x", "api_key": "{{ secrets.K }}"}),
    ],
)
def test_configs_as_people_write_them_are_accepted(type: str, config: dict[str, object]) -> None:
    assert CATALOG.step_faults(type, config) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("type", "config", "code"),
    [
        ("tool", {"adapter_id": "mock", "respons": 1}, "unknown_field"),
        ("tool", {"adapter_id": "mock", "delay_ms": -1}, "bad_config"),
        ("tool", {"adapter_id": "http"}, "bad_config"),
        ("tool", {"adapter_id": "http", "url": "https://x.example", "method": "BREW"}, "bad_config"),
        ("llm", {"provider": "http", "model": "m", "prompt": "x"}, "unknown_adapter"),
        ("llm", {"provider": "openai", "model": "m", "prompt": "x", "response": "y"}, "unknown_field"),
    ],
)
def test_faults_are_told_before_a_run(type: str, config: dict[str, object], code: str) -> None:
    assert [fault.code for fault in CATALOG.step_faults(type, config)] == [code]  # type: ignore[arg-type]


def test_a_provider_uses_its_usual_secret_unless_a_key_or_server_is_named() -> None:
    def key(type: str, **config: Json) -> Json:
        return CATALOG.with_defaults(type, config).get("api_key")

    assert key("llm", provider="openai", model="m") == key("tool", adapter_id="openai") == "{{ secrets.OPENAI_API_KEY }}"
    assert key("llm", provider="anthropic", base_url=None) == "{{ secrets.ANTHROPIC_API_KEY }}"
    assert key("llm", provider="openai", api_key="mine") == "mine"
    assert key("llm", provider="openai", api_key=None) is None
    assert key("llm", provider="openai", base_url="http://localhost:11434/v1") is None
    assert key("tool", adapter_id="mock") is None


def test_what_the_tenants_adapter_gives_stands_in_for_what_a_step_leaves_out() -> None:
    local: dict[str, Json] = {"model": "m", "base_url": "http://localhost:11434/v1", "api_key": "{{ secrets.LOCAL }}"}
    catalog = replace(CATALOG, defaults={"openai": local, "mock": {"respons": 1}})
    asks: dict[str, Json] = {"provider": "openai", "prompt": "x"}
    assert [fault.place for fault in CATALOG.step_faults("llm", asks)] == ["/model"]
    assert catalog.step_faults("llm", asks) == []
    assert catalog.with_defaults("llm", asks) == {**asks, **local}
    assert catalog.with_defaults("llm", {**asks, "model": "own"})["model"] == "own"
    assert catalog.with_defaults("llm", {**asks, "api_key": None})["api_key"] is None
    assert "api_key" not in catalog.with_defaults("llm", {**asks, "base_url": "https://elsewhere.example/v1"})
    (fault,) = catalog.step_faults("tool", {"adapter_id": "mock"})
    assert (fault.code, fault.place) == ("unknown_field", "/respons")
    assert "default config" in fault.message
