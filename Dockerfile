# The book in a container:
#   docker build -t view-to-action .
#   docker run --name book view-to-action && docker cp book:/book/_book .
FROM python:3.11-slim AS tools
ENV PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu PIP_NO_CACHE_DIR=1
RUN apt-get update \
    && apt-get install -y --no-install-recommends git make \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --shell /bin/bash reader

FROM tools
RUN install -d -o reader /book
USER reader
WORKDIR /book
COPY --chown=reader Makefile requirements.lock ./
RUN make .venv/ready
COPY --chown=reader . .
CMD ["make", "report"]
