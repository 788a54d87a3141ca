"""What holds for the repository as a whole: what may stand in its files, what it is built on, what ships with it."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import app

TOP = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
PICTURES_AND_FONTS = {".png", ".ttf", ".ico", ".icns"}

# Written in pieces, so that this file does not hold what it looks for.
MACHINE_PATHS = re.compile(r"(?<![\w.$}\])-])/(?:" + "|".join(["work", "root", "home"]) + r")/")
REGISTRIES = re.compile(r"py" + r"pi\.org|python" + r"hosted\.org|registry\.npm" + r"js|--(?:extra-)?index-" + r"url[ =]", re.IGNORECASE)
MAKERS = re.compile(
    r"co-authored-" + r"by|claude" + r" code|chat" + r"gpt|git" + r"hub copilot|coding" + r" agent|sub" + r"agent"
    r"|\b(?:ai|llm|machine)[- ](?:generated|written|authored|assisted)\b|generated (?:by|with) (?:an? )?(?:ai|llm|model|assistant)\b"
    r"|\bas an ai\b|\bin this " + r"session\b|previous " + r"session's",
    re.IGNORECASE,
)

ALLOWED_LICENCES = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CNRI-Python", "ISC", "LGPL-3.0-only", "MIT", "MIT-0"),
    *("MPL-2.0", "PSF-2.0", "Zlib"),
    # In the words of packages that know no SPDX:
    *("Apache 2.0", "Apache Software License", "BSD License", "BSD 2-Clause License", "BSD 3-Clause License", "3-Clause BSD License"),
    *("ISC License", "MIT License", "Mozilla Public License 2.0 (MPL 2.0)"),
}


def kept_files() -> list[Path]:
    """The files under version control; in an unpacked archive, all but what tools leave behind."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return [path for name in listed.stdout.split("\0") if name and (path := TOP / name).is_file()]
    return [path for path in TOP.rglob("*") if path.is_file() and not {".venv", "__pycache__"} & set(path.relative_to(TOP).parts)]


def hits(pattern: re.Pattern[str], text: str) -> list[str]:
    return [text[found.start() - 20 if found.start() > 20 else 0 : found.end() + 20] for found in pattern.finditer(text)]


def locked() -> Iterator[tuple[Requirement, str]]:
    """Each requirement of the lock, with its lines."""
    text = re.sub(r"\\\n\s*", " ", (TOP / "requirements.lock").read_text(encoding="utf-8"))
    for line in text.splitlines():
        if line and not line.lstrip().startswith("#"):
            requirement = line.split(" --hash", 1)[0].strip()
            yield Requirement(requirement), line


def licence_words(name: str) -> str:
    """What a distribution says of its licence: the expression, else the short text, else the classifiers."""
    told = importlib.metadata.metadata(name)
    text = told.get("License-Expression") or told.get("License") or ""
    if text and len(text) < 100:
        return str(text)
    classifiers = [line.rpartition("::")[2].strip() for line in told.get_all("Classifier") or [] if line.startswith("License ::")]
    return " OR ".join(classifiers)


def is_allowed(words: str) -> bool:
    """Every part joined by AND has an allowed alternative among those joined by OR."""
    parts = re.split(r"\s+AND\s+(?![^(]*\))", words)
    return all(ALLOWED_LICENCES & {choice.strip() for choice in re.sub(r"^\((.*)\)$", r"\1", part.strip()).split(" OR ")} for part in parts)


# Files


@pytest.mark.parametrize(("what", "pattern"), [("machine", MACHINE_PATHS), ("registry", REGISTRIES), ("makers", MAKERS)])
def test_no_file_tells_where_or_how_it_was_made(what: str, pattern: re.Pattern[str]) -> None:
    found = {
        str(path.relative_to(TOP)): said
        for path in kept_files()
        if path.suffix not in PICTURES_AND_FONTS
        if (said := hits(pattern, path.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_the_patterns_find_what_they_are_for() -> None:
    assert MACHINE_PATHS.search("see /" + "home/ada/notes") and not MACHINE_PATHS.search("~/notes, app/work/x and {root}/home/x")
    assert REGISTRIES.search("https://py" + "pi.org/simple") and not REGISTRIES.search("--no-emit-index-url")
    assert MAKERS.search("Co-Authored-" + "By: someone") and not MAKERS.search("make, run and watch AI workflows; a database session")


def test_every_module_tells_its_idea() -> None:
    silent = [
        str(path.relative_to(TOP))
        for path in sorted((TOP / "app").rglob("*.py"))
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_every_example_has_an_input_and_nothing_else_lies_there() -> None:
    names = {path.name for path in (TOP / "resources" / "examples").iterdir()}
    workflows = {name.removesuffix(".workflow.json") for name in names if name.endswith(".workflow.json")}
    inputs = {name.removesuffix(".input.json") for name in names if name.endswith(".input.json")}
    assert workflows == inputs and len(names) == len(workflows) + len(inputs)


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    for page in [path for path in kept_files() if path.suffix == ".md"]:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            place = target.partition("#")[0]
            if "://" not in target and place and not (page.parent / place).exists():
                broken.append(f"{page.relative_to(TOP)}: {target}")
    assert broken == []


# What it is built on


def test_the_lock_names_versions_and_hashes_and_no_address() -> None:
    for requirement, line in locked():
        assert re.fullmatch(r"==[\w.!+]+", str(requirement.specifier)), line[:80]
        assert requirement.url is None and "://" not in line, line[:80]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), line[:80]


def test_what_the_project_asks_for_is_locked() -> None:
    project = PYPROJECT["project"]
    asked = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    have = {canonicalize_name(requirement.name): next(iter(requirement.specifier)).version for requirement, _ in locked()}
    for line in asked:
        wanted = Requirement(line)
        assert wanted.specifier.contains(have[canonicalize_name(wanted.name)], prereleases=True), line


def test_every_locked_licence_allows_a_program_that_is_sold() -> None:
    refused = {}
    for requirement, _ in locked():
        try:
            words = licence_words(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            assert requirement.marker is not None and not requirement.marker.evaluate(), f"{requirement.name} is not installed"
            continue
        if not is_allowed(words):
            refused[requirement.name] = words
    assert refused == {}


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        ("MIT", True),
        ("LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("ISC License", True),
        ("Mozilla Public License 2.0 (MPL 2.0)", True),
        ("GPL-3.0-only", False),
        ("MIT AND GPL-2.0-or-later", False),
        ("AGPL-3.0", False),
        ("GNU General Public License v3 (GPLv3)", False),
        ("", False),
    ],
)
def test_a_licence_is_read_as_it_is_meant(words: str, allowed: bool) -> None:
    assert is_allowed(words) == allowed


# What it says of itself


def test_licence_and_version_are_told_alike_everywhere() -> None:
    text = (TOP / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text and "The Orchestrion authors" in text and "[yyyy]" not in text
    assert PYPROJECT["project"]["license"] == {"text": "Apache-2.0"}
    assert PYPROJECT["project"]["version"] == app.__version__


def test_the_changelog_has_a_place_for_what_is_new() -> None:
    sections = re.findall(r"^## \[([^\]]+)\]", (TOP / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sections and sections[0] in {"Unreleased", app.__version__}


def test_every_decision_says_what_why_and_against_what() -> None:
    decisions = re.split(r"^## ", (TOP / "DECISIONS.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert [text.split(".")[0] for text in decisions] == [str(number) for number in range(1, len(decisions) + 1)]
    for text in decisions:
        title = text.splitlines()[0]
        assert all(f"**{word}.**" in text for word in ("What", "Why", "Against", "Costs")), title
        assert len([line for line in text.splitlines() if line.strip()]) <= 12, title


def test_no_json_that_ships_is_broken() -> None:
    for path in kept_files():
        if path.suffix == ".json":
            json.loads(path.read_text(encoding="utf-8"))
