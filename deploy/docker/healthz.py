"""Ask this container's own /healthz and end with 0 or 1: what HEALTHCHECK calls. Standard library only, 30 ms."""

import http.client
import os
import sys

PORT = "9464"  # the default of NATTEVAGT_METRICS_PORT; a test compares the two
LOOPBACK = "127.0.0.1"
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, not listened on
LIMIT_S = 4.0  # below HEALTHCHECK's own time-out, so that the reason is still said


def reason(port: str, host: str) -> str:
    """Why this process is not healthy; empty = it is."""
    if port == "0":
        return "NATTEVAGT_METRICS_PORT is 0: nothing can be asked; run with --no-healthcheck"
    try:
        page = http.client.HTTPConnection(host, int(port), timeout=LIMIT_S)
        page.request("GET", "/healthz")
        answer = page.getresponse()
        text = answer.read(500).decode(errors="replace").strip()
    except (OSError, ValueError, http.client.HTTPException) as error:
        return f"no answer on port {port} ({type(error).__name__})"
    return "" if answer.status == http.client.OK else text


def main() -> int:
    """0 = healthy, 1 = not; `docker inspect` shows the words."""
    host = os.environ.get("NATTEVAGT_METRICS_HOST") or LOOPBACK
    why = reason(os.environ.get("NATTEVAGT_METRICS_PORT") or PORT, LOOPBACK if host in EVERYWHERE else host)
    sys.stdout.write(f"{why or 'ok'}\n")
    return 1 if why else 0


if __name__ == "__main__":
    sys.exit(main())
