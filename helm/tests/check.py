#!/usr/bin/env python3
"""Renders the chart in every way that is promised, and judges what comes out. Run by scripts/check.

The renderer is gotpl, which renders Helm's templates in Python: no Helm and no cluster is needed, and none has seen this chart.
Kinds of Kubernetes itself are judged by its schemas; of the others (cert-manager, KEDA, …) only the outline.
"""

import json
import pathlib
import sys

import jsonschema
import kubernetes_validate
import yaml
from gotpl.exts.helm import HelmTemplateEngine

HERE = pathlib.Path(__file__).parent
CHART = HERE.parent / "praan"
KUBERNETES = "1.31"
FOREIGN = {
    "Certificate", "ExternalSecret", "PrometheusRule", "ScaledObject", "ServiceMonitor", "TriggerAuthentication",
}  # fmt: skip
# the values without which there is no house, and what must be said when one is missing
REQUIRED = {
    "image.repository": "image.repository is required",
    "secrets.existingSecret": "secrets.existingSecret is required",
    "s3.endpoint": "s3.endpoint is required",
    "s3.bucket": "s3.bucket is required",
}
REQUIRED_IN_EVERYTHING = {
    "ingress.host": "ingress.host is required",
    "secrets.externalSecret.store.name": "secrets.externalSecret.store.name is required",
    "secrets.externalSecret.remoteKey": "secrets.externalSecret.remoteKey is required",
    "tls.issuer.name": "tls.issuer.name is required",
}


class Files:
    """What templates see as .Files."""

    def get(self, name: str) -> str:
        return (CHART / name).read_text()

    def glob(self, pattern: str) -> dict[str, bytes]:
        return {str(path.relative_to(CHART)): path.read_bytes() for path in sorted(CHART.glob(pattern))}

    Get, Glob = get, glob


def read(path: pathlib.Path) -> dict:
    return yaml.safe_load(path.read_text()) or {}


def merged(under: dict, over: dict) -> dict:
    both = dict(under)
    for key, value in over.items():
        both[key] = merged(both[key], value) if isinstance(value, dict) and isinstance(both.get(key), dict) else value
    return both


def render(values: dict) -> list[dict]:
    """The objects of a release, as Helm would make them, after the values have passed the schema."""
    values = merged(read(CHART / "values.yaml"), values)
    jsonschema.validate(values, json.loads((CHART / "values.schema.json").read_text()))
    chart = {key[0].upper() + key[1:]: value for key, value in read(CHART / "Chart.yaml").items()}
    release = {"Name": "praan", "Namespace": "health", "Service": "Helm", "IsInstall": True, "Revision": 1}
    sources = {str(path.relative_to(CHART.parent)): path.read_text() for path in CHART.glob("templates/*")}
    context = {"Values": values, "Chart": chart, "Release": release, "Files": Files()}
    shown = {name: context for name in sources if not pathlib.Path(name).name.startswith("_")}
    texts = HelmTemplateEngine(sources).render(shown)
    return [
        made
        for name, text in sorted(texts.items())
        if name.endswith(".yaml")
        for made in yaml.safe_load_all(text)
        if made
    ]


def judge(objects: list[dict], case: str) -> None:
    seen = set()
    for made in objects:
        kind, name = made["kind"], made["metadata"]["name"]
        assert (kind, name) not in seen, f"{case}: {kind} {name} is there twice"
        seen.add((kind, name))
        if kind in FOREIGN:
            assert made["apiVersion"] and made["spec"], f"{case}: {kind} {name}"
        else:
            kubernetes_validate.validate(made, KUBERNETES, strict=True)
        for pod in pods(made):
            judge_pod(pod, f"{case}: {kind} {name}")
    for made in objects:
        if made["kind"] == "NetworkPolicy" and made["metadata"]["name"].endswith("default-deny"):
            assert set(made["spec"]) == {"podSelector", "policyTypes"}, f"{case}: the default lets something through"


def pods(made: dict):
    spec = made.get("spec") or {}
    if made["kind"] in ("Deployment", "Job"):
        yield spec["template"]["spec"]
    if made["kind"] == "CronJob":
        yield spec["jobTemplate"]["spec"]["template"]["spec"]


def judge_pod(pod: dict, where: str) -> None:
    assert pod["automountServiceAccountToken"] is False, where
    assert pod["securityContext"]["runAsNonRoot"] is True, where
    assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault", where
    for container in pod["containers"]:
        security = container["securityContext"]
        assert security["readOnlyRootFilesystem"] and not security["allowPrivilegeEscalation"], where
        assert security["capabilities"] == {"drop": ["ALL"]}, where
        names = [variable["name"] for variable in container["env"]]
        assert len(names) == len(set(names)), f"{where}: a variable is set twice"
        for variable in container["env"]:
            secret = any(word in variable["name"] for word in ("DATABASE", "AMQP", "REDIS", "AWS_", "DEBUG_SECRET"))
            assert secret == ("valueFrom" in variable), f"{where}: {variable['name']}"


def judge_reload(objects: list[dict], values: dict) -> None:
    """What may change without a restart is mounted into every room as the process reads it, and asks for no new pod."""
    values = merged(read(CHART / "values.yaml"), values)
    [held] = [made["data"]["reload.json"] for made in objects if made["metadata"]["name"] == "praan-reload"]
    limits, log = values["limits"], values["telemetry"]["log"]
    wanted = {"per_user": limits["perUser"], "per_address": limits["perAddress"], "routes": limits["routes"]}
    assert json.loads(held) == {"limits": wanted, **({"log": log} if log else {})}, held
    for made in (made for made in objects if made["kind"] == "Deployment"):
        template = made["spec"]["template"]
        [container] = template["spec"]["containers"]
        named = {variable["name"]: variable.get("value") for variable in container["env"]}
        [mount] = [mount for mount in container["volumeMounts"] if mount["name"] == "reload"]
        assert named["PRAAN_RELOAD_FILE"] == f"{mount['mountPath']}/reload.json" and "subPath" not in mount, mount
        assert held not in json.dumps(template) and "PRAAN_LOG" not in named, made["metadata"]["name"]


def judge_edges(objects: list[dict], values: dict) -> None:
    """The network lets through each call of the services' tables and no other."""
    wanted = {
        (caller, callee)
        for caller, service in merged(read(CHART / "values.yaml"), values)["services"].items()
        for callee in service.get("calls", [])
    }
    component = "app.kubernetes.io/component"
    into, out = set(), set()
    for policy in (made for made in objects if made["kind"] == "NetworkPolicy"):
        here = policy["spec"]["podSelector"]["matchLabels"].get(component)
        for edges, rules, side in ((into, "ingress", "from"), (out, "egress", "to")):
            for rule in policy["spec"].get(rules) or []:
                for peer in rule.get(side) or []:
                    there = peer.get("podSelector", {}).get("matchLabels", {}).get(component)
                    if there:
                        edges.add((there, here) if side == "from" else (here, there))
    assert into == out == wanted, f"edges in {into ^ wanted}, out {out ^ wanted}"


def judge_alerts() -> None:
    """Every alert says what to do, has its entry in the runbook, and is let fire and kept silent by a test."""
    groups = read(CHART / "alerts.yaml")["groups"]
    alerts = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    entries = {line[3:] for line in (CHART / "RUNBOOK.md").read_text().splitlines() if line.startswith("## ")}
    assert entries == {alert["alert"] for alert in alerts}, f"the runbook and the alerts differ in {entries}"
    tests = (HERE / "alerts.yaml").read_text()
    for alert in alerts:
        name = alert["alert"]
        assert alert["annotations"]["summary"] and f"RUNBOOK.md, {name}." in alert["annotations"]["runbook"], name
        assert alert["labels"]["severity"] in ("page", "ticket"), name
        assert f'alertname="{name}",alertstate="firing"' in tests and f"alertname: {name}, exp_alerts: []" in tests, name


def without(values: dict, path: str) -> dict:
    first, *rest = path.split(".")
    return {**values, first: without(values.get(first, {}), ".".join(rest)) if rest else ""}


def refused(values: dict, wanted: str) -> None:
    try:
        render(values)
    except Exception as error:  # whichever the renderer throws, it must say this
        assert wanted in str(error), f"{wanted!r} is not in {error}"
    else:
        raise AssertionError(f"rendered, though {wanted}")


def main() -> None:
    cases = {path.stem: read(path) for path in sorted(HERE.glob("values/*.yaml"))}
    for case, values in cases.items():
        objects = render(values)
        judge(objects, case)
        judge_reload(objects, values)
        if values.get("networkPolicy", {}).get("enabled", True):
            judge_edges(objects, values)
        kinds = sorted({made["kind"] for made in objects})
        print(f"{case}: {len(objects)} objects ({', '.join(kinds)})")
    judge_alerts()
    refused({}, "is required")
    for path, wanted in REQUIRED.items():
        refused(without(cases["minimal"], path), wanted)
    for path, wanted in REQUIRED_IN_EVERYTHING.items():
        refused(without(cases["everything"], path), wanted)
    for slip in ({"imag": {}}, {"services": {"kitchen": {}}}, {"tls": {"mode": "maybe"}}, {"s3": {"endpoint": "here"}}):
        refused(merged(cases["minimal"], slip), list(slip)[0] if "imag" in slip else "")


if __name__ == "__main__":
    sys.exit(main())
