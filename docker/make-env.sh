#!/bin/bash
# Writes .env from .env.example with a random value for every secret; never touches a .env that is there.
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ -e .env ]]; then
  echo ".env is there already; a new one would lock you out of what was made with it." >&2
  exit 1
fi
umask 077
while IFS= read -r line; do
  case $line in
    AIRFLOW_FERNET_KEY=) bytes=32 ;; # exactly
    [A-Z]*=) bytes=48 ;;
    *) bytes= ;;
  esac
  printf '%s\n' "$line${bytes:+$(head -c "$bytes" /dev/urandom | base64 | tr -d '\n' | tr '+/' '-_')}"
done < .env.example > .env.part
mv .env.part .env
echo "Wrote .env. Keep a copy of it in a safe place: ENTAS_PSEUDONYM_KEY cannot be made again."
