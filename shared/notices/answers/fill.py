"""Fill the templates of the pages; whatever a template is given is escaped, unless our own Markdown made it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from shared.notices.cards.rendering import render
from shared.redaction import visible

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"


def fill(template: str, values: Mapping[str, object]) -> str:
    """Return the HTML of a template.

    Raises:
        jinja2.UndefinedError: the template shows a value that it was not given.
    """
    return _environment().get_template(template).render(values)


def article(markdown: str) -> "Markup":
    """Return our own Markdown as HTML; nothing else reaches a page without being escaped."""
    from markupsafe import Markup

    return Markup(render(markdown))


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        auto_reload=False,
        trim_blocks=True,
        keep_trailing_newline=True,  # the policy allows the style by the hash of its whole file
    )


def _visible(value: object) -> object:
    return value if hasattr(value, "__html__") else visible(str(value))
