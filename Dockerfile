# The image of Baton: a worker; the HTTP app with `-m api`; and the command line:
# docker compose run --rm worker starter.py status ...
FROM python:3.11-slim

# Time zones come from the pinned tzdata, not from the image.
ENV PYTHONTZPATH="" PYTHONUNBUFFERED=1

WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock

RUN useradd --system --home-dir /app --shell /usr/sbin/nologin baton \
    && install --directory --owner baton --group baton /app/.baton
COPY --chown=root:root . ./
# The sandbox loads the workflow's modules for each lead, and the worker may not write compiled ones.
RUN python -m compileall -q .

USER baton
VOLUME /app/.baton
ENTRYPOINT ["python"]
CMD ["worker.py"]
