# One image for every Airflow service and for the init job of docker-compose.yaml.
# The build needs nothing from the network but the base image and the package index.
FROM python:3.12-slim-bookworm

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ENTAS_HOME=/var/lib/entas \
    AIRFLOW_HOME=/var/lib/entas/airflow

# A fixed number, so that folders of the host can be handed to it: chown -R 10001:10001 FOLDER
RUN groupadd --gid 10001 entas \
 && useradd --uid 10001 --gid entas --home-dir /var/lib/entas --no-create-home --shell /usr/sbin/nologin entas \
 && install -d -o entas -g entas /var/lib/entas /srv/entas \
    /srv/entas/inbox /srv/entas/archive /srv/entas/feedback /srv/entas/reports /srv/entas/formats

# Mirror of the package index, where the office has one (build argument; pip's default otherwise).
ARG PIP_INDEX_URL

# Dependencies first: this layer is built again only when requirements.txt changes. uv comes first, pinned and
# hashed like the rest, and installs everything else (same as in the Makefile).
WORKDIR /opt/entas
COPY requirements.txt ./
RUN python -m venv /opt/venv \
 && awk '/^[^ ]/ { on = /^uv==/ } on' requirements.txt > /tmp/uv.txt \
 && python -m pip install --quiet --no-cache-dir --disable-pip-version-check --require-hashes -r /tmp/uv.txt \
 && if [ -n "$PIP_INDEX_URL" ]; then export UV_DEFAULT_INDEX="$PIP_INDEX_URL"; fi \
 && uv pip install --quiet --no-cache --python /opt/venv/bin/python --require-hashes --compile-bytecode \
    -r requirements.txt \
 && rm /tmp/uv.txt

COPY pyproject.toml requirements.in LICENSE README* ./
COPY include include
COPY dags dags
COPY plugins plugins
COPY expectations expectations
COPY dbt_project dbt_project
COPY docker /usr/local/lib/entas

# The manifest that the DAGs are made from belongs to the models in this image, so it is written here. dbt and
# Cosmos write beside it, which is why the folder is the user's.
RUN uv pip install --quiet --no-cache --offline --python /opt/venv/bin/python --no-deps --no-build-isolation \
    --editable . \
 && python -m compileall -q include dags plugins \
 && ENTAS_PSEUDONYM_KEY=build ENTAS_HOME=/tmp/entas python -m entas.orchestration manifest \
 && rm -rf /tmp/entas \
 && chown -R entas:entas dbt_project/target

USER entas
ENTRYPOINT ["/usr/local/lib/entas/entrypoint.sh"]
CMD ["scheduler"]
