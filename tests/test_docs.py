"""The pages say what is there: links lead somewhere, commands exist, pinning tests do, too."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "sample_data/README.md"])


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text_of(page))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def calls() -> list[str]:
    """All calls of wildpose in code blocks and in code within lines."""
    found = set()
    for page in PAGES:
        for code in re.findall(r"```[a-z]*\n(.*?)```|`([^`\n]+)`", text_of(page), re.DOTALL):
            for line in (code[0] or code[1]).splitlines():
                if re.match(r"(\S*/)?wildpose [a-z-]", line):
                    found.add(line.split("  ")[0].strip())
    return sorted(found)


@pytest.mark.parametrize("call", calls())
def test_commands_and_options_exist(call, capsys):
    from wildpose.cli import main

    _, command, *words = shlex.split(call)
    if command.startswith("-"):
        assert main([command]) == 0
        return
    assert main([command, "--help"]) == 0, f"there is no command {command}"
    known = capsys.readouterr().out
    assert [word for word in words if word.startswith("--") and word not in known] == []


def test_tests_that_pin_a_rule_exist():
    pinned = re.findall(r"`(test_\w+)`", text_of(ROOT / "CONTRIBUTING.md"))
    assert pinned
    written = "\n".join(text_of(path) for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name in pinned if f"def {name}(" not in written] == []


def test_layers_of_the_page_are_those_of_the_test():
    page = text_of(ROOT / "CONTRIBUTING.md").split("## Layers")[1].split("## Style")[0]
    listed = [set(re.findall(r"`(\w+)`", line.split("(")[0]))
              for line in page.splitlines() if re.match(r"\d+\. ", line)]
    inside = {path.parent.name for path in (ROOT / "wildpose").glob("*/__init__.py")}
    modules = {path.stem for path in (ROOT / "wildpose").glob("*.py")} - {"__init__"}
    assert set().union(*listed) == inside | modules | {"cli"}
