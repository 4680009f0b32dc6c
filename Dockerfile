# syntax=docker/dockerfile:1.18
# Two images from one checkout: `product` (API, worker, CLI) and `simulator` (the outside world, mail catcher).
# The wheels of the extra `local` hold servers for a developer's machine and never reach `product`.

FROM ghcr.io/astral-sh/uv:0.13.9 AS uv

FROM python:3.11.15-slim-trixie AS base
ENV PYTHONUNBUFFERED=1 PATH=/app/.venv/bin:$PATH
WORKDIR /app

FROM base AS build
COPY --from=uv /uv /bin/uv
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
COPY pyproject.toml uv.lock README.md ./

FROM build AS product-build
# Libraries first: they change seldom, and this layer is kept while only our code changes.
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --frozen --no-dev --extra documents --no-install-project
COPY . .
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --frozen --no-dev --extra documents && rm -r orderwright/simulator && \
    .venv/bin/python -m compileall -q worker.py activities api orderwright workflows

FROM build AS simulator-build
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --frozen --no-dev --extra local --no-install-project
COPY . .
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --frozen --no-dev --extra local

FROM base AS simulator
RUN useradd --system --uid 10001 --no-create-home app && install -d -o app -g app /data
COPY --from=simulator-build /app /app
USER 10001
VOLUME /data
CMD ["python", "-m", "orderwright.simulator", "--host", "0.0.0.0", "--data-dir", "/data"]

FROM base AS product
RUN useradd --system --uid 10001 --no-create-home app
COPY --from=product-build /app /app
USER 10001
CMD ["python", "worker.py"]
