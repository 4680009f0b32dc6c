"""Where templates run: in a sandbox, with nothing undefined, each with its language's formats."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context, select_autoescape
from jinja2.environment import TemplateModule
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from orderwright.services.telling import formats

FALLBACK = "en"
FOLDER = Path(__file__).parent / "templates"
LONGEST = 200_000
Given = Mapping[str, Any]  # Any: what a template may name


class _Files(FileSystemLoader):
    """A language's words are one file, compiled twice: with HTML's escapes and without."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        folder, _, name = template.rpartition("/")
        shared = f"{folder}/words.jinja" if name in ("words.html", "words.txt") else template
        return super().get_source(environment, shared)


class Sandbox(ImmutableSandboxedEnvironment):
    """What a shop wrote reads what it is given, and cannot fill the memory."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ARG002 - Any and form: Jinja's own
        """Numbers of everyday size are multiplied, texts and lists are not."""
        if operator == "**" or not all(isinstance(one, int) and abs(one) < 10**9 for one in (left, right)):
            raise SecurityError(f"{operator} is for whole numbers here")
        return left * right


@cache
def sandbox() -> Sandbox:
    """The one environment: shipped templates and the shops' own run under the same rules."""
    made = Sandbox(
        loader=_Files(FOLDER),
        autoescape=select_autoescape(enabled_extensions=("html",), default_for_string=False, default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name, written in (("money", formats.money), ("day", formats.day), ("clock", formats.clock)):
        made.filters[name] = _in_language(written)
    return made


@cache
def escaping() -> Environment:
    """The same for HTML that a shop wrote: everything is escaped, whatever the template is called."""
    return sandbox().overlay(autoescape=True)


def _in_language(written: Callable[[Any, str], str]) -> Callable[[Context, Any], str]:
    @pass_context
    def shown(context: Context, value: Any) -> str:  # Any: each filter's own kind
        return written(value, context["language"])

    return shown


def spoken(language: str) -> str:
    """The language that there are words in: itself, without its region, or English."""
    folders = (language.lower(), language.lower().partition("-")[0])
    known = languages()
    return next((one for one in folders if one in known), FALLBACK)


@cache
def languages() -> frozenset[str]:
    """Languages that ship with words for every stage."""
    return frozenset(file.parent.name for file in FOLDER.glob("*/words.jinja"))


def words(language: str, given: Given, *, html: bool) -> TemplateModule:
    """Every sentence of a language about what is given."""
    name = f"{spoken(language)}/words.{'html' if html else 'txt'}"
    return sandbox().get_template(name).make_module(dict(given))
