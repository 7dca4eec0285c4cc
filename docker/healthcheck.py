"""Exit 0 when an Airflow component is alive: `healthcheck.py metadatabase|scheduler|triggerer|dag_processor`.

Asks the API server, which judges by the heartbeats that components leave in Airflow's database. `airflow jobs check`
says the same after loading all of Airflow, several seconds of processor time at every check of every service.
"""

from __future__ import annotations

import json
import sys
import urllib.request

_URL = "http://api-server:8080/api/v2/monitor/health"


def main(component: str) -> int:
    try:
        with urllib.request.urlopen(_URL, timeout=8) as answer:
            status = json.load(answer)[component]["status"]
    except (OSError, ValueError, KeyError) as error:
        print(f"{_URL} does not tell of {component}: {error!r}")
        return 1
    print(f"{component} is {status}")
    return 0 if status == "healthy" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
