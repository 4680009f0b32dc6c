"""How does data become a PDF? Through typst, which comes with the extra `documents`."""

import asyncio
import json
import logging
from concurrent.futures import Executor
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

log = logging.getLogger("orderwright.documents")
Json = dict[str, Any]  # Any: JSON for a template
TEMPLATES = Path(__file__).parent / "templates"


class DocumentsMissing(Exception):
    """The extra `documents` is not installed."""

    def __init__(self) -> None:
        super().__init__("PDF documents need typst: install orderwright[documents]")


class Typesetter:
    """Sets one template. Loads typst when made, so that a worker without it learns so at start.

    The data go in as one JSON text and are never read as markup: a `#` in a name stays a `#`.
    """

    def __init__(self, template: str, *, pool: Executor | None = None) -> None:
        """`template`: a file in templates/. `pool`: None is asyncio's own threads."""
        self._typst = _typst()
        self._template, self._pool = TEMPLATES / template, pool

    async def set(self, data: Json, *, dated: datetime | None = None, archival: bool = False) -> bytes:
        """The PDF. `dated` goes into its metadata; with it the same data give the same bytes.

        `archival`: as PDF/A-3b. That refuses text no font here has glyphs for (an emoji in a name): then it
        is a plain PDF, with the same attachments.
        """
        run = asyncio.get_running_loop().run_in_executor
        return await run(self._pool, self._made, data, dated, archival)

    def _made(self, data: Json, dated: datetime | None, archival: bool) -> bytes:
        if archival:
            try:
                return self._compile(data, dated, pdf_standards=["a-3b"])
            except self._typst.TypstError:
                log.warning("a document could not be set as PDF/A-3b and is a plain PDF")
        return self._compile(data, dated)

    def _compile(self, data: Json, dated: datetime | None, **more: Any) -> bytes:  # Any: typst's own options
        pdf: bytes = self._typst.compile(
            self._template.read_bytes(),
            format="pdf",
            font_paths=_fonts(),
            sys_inputs={"data": json.dumps(data)},
            timestamp=dated or datetime.now(UTC),
            **more,
        )
        return pdf


@cache
def _typst() -> ModuleType:
    try:
        import typst  # noqa: PLC0415 - an extra: a process that prints nothing does without it
    except ImportError:
        raise DocumentsMissing from None
    return typst


@cache
def _fonts() -> Any:  # Any: typst.Fonts, of a module that may be missing
    """typst's own fonts and the system's: reading the folders once saves most of the time of a page."""
    return _typst().Fonts()
