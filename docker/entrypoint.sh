#!/bin/bash
# Starts what the service is named after: an Airflow component, Celery's worker, or the init job.
set -euo pipefail

case "${1:?say what to start, for example: scheduler}" in
  init)
    exec python /usr/local/lib/entas/init.py
    ;;
  api-server)
    # Airflow's simple auth manager reads passwords from a file. This one lies in memory and is written at every
    # start, so the environment decides; it is readable by this user only.
    (umask 077 && python -c '
import json, os
users = {os.environ["ENTAS_UI_USER"]: os.environ["ENTAS_UI_PASSWORD"]}
with open(os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"], "w") as file:
    json.dump(users, file)
')
    unset ENTAS_UI_PASSWORD
    exec airflow api-server
    ;;
  dag-processor | triggerer)
    exec airflow "$@"
    ;;
  scheduler | worker)
    # Tasks report to the API server, and one that cannot is failed until its retry. After a restart of the host
    # services come up in any order.
    until python /usr/local/lib/entas/healthcheck.py metadatabase; do sleep 2; done
    if [[ $1 == worker ]]; then exec airflow celery "$@"; fi
    exec airflow "$@"
    ;;
  *)
    exec "$@" # anything else: docker compose run --rm scheduler entas report --period 2023-10
    ;;
esac
