"""Which settings do the stack's processes get: all of them point to the stack itself."""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

DEFAULT_PORTS = {
    "postgres": 5433,
    "temporal": 7233,
    "temporal_ui": 8233,
    "simulator": 8089,
    "smtp": 1025,
    "mail": 8025,
    "api": 8080,
}
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def local_secrets(data_dir: Path) -> dict[str, str]:
    """The secrets that sign webhooks between simulator and product: made once per data dir, mode 600."""
    file = data_dir / "secrets.json"
    known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    made = {
        "stripe": f"whsec_{secrets.token_hex(16)}",
        "adyen": secrets.token_hex(32),
        "easypost": f"easypost_{secrets.token_hex(16)}",
        "links": secrets.token_hex(32),
        "warehouse": f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}",
        "supplier": f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}",
    } | known  # an older data dir lacks the newer ones
    if made == known:
        return known
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        json.dump(made, opened)
    return made


def product_settings(ports: Mapping[str, int], signing: Mapping[str, str]) -> dict[str, str]:
    """Settings for worker, API and CLI: the simulator as every provider."""
    world = f"http://127.0.0.1:{ports['simulator']}"
    return {
        "ORDERWRIGHT_ENVIRONMENT": "local",
        "ORDERWRIGHT_PUBLIC_URL": f"http://127.0.0.1:{ports['api']}",
        "ORDERWRIGHT_LINK_KEY": signing["links"],
        "ORDERWRIGHT_STRIPE_API_BASE": f"{world}/stripe",
        "ORDERWRIGHT_STRIPE_WEBHOOK_SECRET": signing["stripe"],
        "ORDERWRIGHT_ADYEN_API_BASE": f"{world}/adyen",
        "ORDERWRIGHT_ADYEN_DISPUTES_BASE": f"{world}/adyen/disputes",
        "ORDERWRIGHT_ADYEN_WEBHOOK_SECRET": signing["adyen"],
        "ORDERWRIGHT_EASYPOST_API_BASE": f"{world}/easypost",
        "ORDERWRIGHT_EASYPOST_WEBHOOK_SECRET": signing["easypost"],
        "ORDERWRIGHT_TWILIO_API_BASE": f"{world}/twilio",
        "ORDERWRIGHT_SMS_QUIET_HOURS": "",  # a demo at night is told at night
        "ORDERWRIGHT_SMTP_URL": f"smtp://127.0.0.1:{ports['smtp']}",
        "ORDERWRIGHT_WAREHOUSE_URL": f"{world}/warehouse",
        "ORDERWRIGHT_WAREHOUSE_SECRET": signing["warehouse"],
        "ORDERWRIGHT_SUPPLIER_URL": f"{world}/supplier",
        "ORDERWRIGHT_SUPPLIER_SECRET": signing["supplier"],
        "TEMPORAL_ADDRESS": f"127.0.0.1:{ports['temporal']}",
        "TEMPORAL_NAMESPACE": "default",
    }


def simulator_settings(ports: Mapping[str, int], settings: Mapping[str, str]) -> dict[str, str]:
    """Where the simulator sends its webhooks, and how it signs them."""
    inbound = f"http://127.0.0.1:{ports['api']}/v1/inbound"
    return {
        "SIM_STRIPE_WEBHOOK_URL": f"{inbound}/stripe",
        "SIM_STRIPE_WEBHOOK_SECRET": settings["ORDERWRIGHT_STRIPE_WEBHOOK_SECRET"],
        "SIM_ADYEN_WEBHOOK_URL": f"{inbound}/adyen",
        "SIM_ADYEN_WEBHOOK_SECRET": settings["ORDERWRIGHT_ADYEN_WEBHOOK_SECRET"],
        "SIM_EASYPOST_WEBHOOK_URL": f"{inbound}/easypost",
        "SIM_EASYPOST_WEBHOOK_SECRET": settings["ORDERWRIGHT_EASYPOST_WEBHOOK_SECRET"],
        "SIM_WAREHOUSE_SECRET": settings["ORDERWRIGHT_WAREHOUSE_SECRET"],
        "SIM_SUPPLIER_SECRET": settings["ORDERWRIGHT_SUPPLIER_SECRET"],
    }


def chosen_by_user() -> dict[str, str]:
    """The settings in this shell that win over ours."""
    prefixes = ("ORDERWRIGHT_", "TEMPORAL_")
    return {name: value for name, value in os.environ.items() if name.startswith(prefixes)}


def base_environment() -> dict[str, str]:
    """The shell's environment without settings of ours, with loopback kept from any proxy, unbuffered."""
    prefixes = ("ORDERWRIGHT_", "TEMPORAL_", "SIM_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    said = kept.get("NO_PROXY") or kept.get("no_proxy") or ""
    hosts = dict.fromkeys([*filter(None, (host.strip() for host in said.split(","))), *_LOOPBACK])
    no_proxy = ",".join(hosts)
    return {**kept, "NO_PROXY": no_proxy, "no_proxy": no_proxy, "PYTHONUNBUFFERED": "1"}
