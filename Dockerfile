# Two stages, so that the image has no installer. Packages are pinned by hash, and nothing runs as root.
FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1
COPY requirements/runtime.txt /build/
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --require-hashes --only-binary :all: -r /build/runtime.txt \
 && /opt/venv/bin/pip uninstall --yes pip
COPY app /srv/app
COPY migrations /srv/migrations
COPY openapi /srv/openapi
COPY docs/errors.md /srv/docs/errors.md
COPY alembic.ini pyproject.toml LICENSE /srv/
RUN /opt/venv/bin/python -m compileall -q /srv/app /srv/migrations

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin sharing \
 && install --directory --owner=sharing --group=sharing --mode=0700 /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv /srv
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 SHARING_DATA_DIR=/data
WORKDIR /srv
USER sharing
VOLUME /data
EXPOSE 8000
# Checks /livez, not /readyz: without its database the service must go on telling callers what to do.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/livez', timeout=4)"]
CMD ["python", "-m", "app", "serve", "--host", "0.0.0.0"]
