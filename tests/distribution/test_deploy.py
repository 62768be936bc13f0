"""The deploy guides' code, held against the providers' own packages, and the manifests against Kubernetes' schemas.

The services themselves cannot be reached from here; what their packages declare is what can be known.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from .conftest import ROOT

DEPLOY = ROOT / "examples" / "deploy"
PROVIDERS = ROOT / ".cache" / "deploy" / "bin"
"""The environment that has the providers' packages; `make check-deploy` makes it."""
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
KUBERNETES = ("1.29", "1.33", "1.37")
LABELS = {"type": "object", "additionalProperties": {"type": "string"}}
METADATA = {"type": "object", "additionalProperties": False, "properties": {"labels": LABELS, "annotations": LABELS}}
CLAIM = {
    "type": "object",
    "additionalProperties": False,
    "required": ["metadata", "spec"],
    "properties": {"metadata": {"type": "object", "required": ["name"]}, "spec": {"type": "object"}},
}
SANDBOX = {
    "type": "object",
    "additionalProperties": False,
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "properties": {
        "apiVersion": {"const": "agents.x-k8s.io/v1beta1"},
        "kind": {"const": "Sandbox"},
        "metadata": {"type": "object", "required": ["name"]},
        "spec": {
            "type": "object",
            "additionalProperties": False,
            "required": ["podTemplate"],
            "properties": {
                "operatingMode": {"enum": ["Running", "Suspended"]},
                "podTemplate": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["spec"],
                    "properties": {"metadata": METADATA, "spec": {"type": "object"}},
                },
                "service": {"type": "boolean"},
                "shutdownPolicy": {"enum": ["Delete", "Retain"]},
                "shutdownTime": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
                "volumeClaimTemplates": {"type": "array", "items": CLAIM},
            },
        },
    },
}
"""What agents.x-k8s.io/v1beta1 knows of a Sandbox (kubernetes-sigs/agent-sandbox, docs/api.md); its pod and its claims
are Kubernetes' own and checked as such."""


def run(*command: str | Path, cwd: Path = ROOT, **variables: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def check_python(*more: Path) -> None:
    """mypy and pyright, both strict."""
    files = [*sorted(DEPLOY.glob("*.py")), *more]
    strict = ["--strict", "--explicit-package-bases", "--untyped-calls-exclude", "kubernetes", "--config-file="]
    places: list[str | Path] = [
        "--cache-dir",
        ROOT / ".cache" / "mypy-deploy",
        "--python-executable",
        PROVIDERS / "python",
    ]
    run(sys.executable, "-m", "mypy", *strict, *places, *files, MYPYPATH="src:examples/deploy")


def test_the_python_guides_call_what_the_providers_have(tmp_path: Path) -> None:
    check_python()
    project = ROOT / "tests" / "deploy" / "pyrightconfig.json"
    said = run(sys.executable, "-m", "pyright", "-p", project, "--pythonpath", PROVIDERS / "python")
    assert "0 errors" in said
    wrong = tmp_path / "wrong.py"
    wrong.write_text((DEPLOY / "on_e2b.py").read_text().replace("sandbox.kill(", "sandbox.slay("))
    with pytest.raises(AssertionError, match="slay"):
        check_python(wrong)


@pytest.fixture(scope="module")
def typescript() -> Path:
    """The folder of the guides, with the providers' packages and our SDK in it."""
    run(sys.executable, "scripts/npm.py", "sdks/typescript")
    run("npm", "run", "--silent", "build", cwd=ROOT / "sdks" / "typescript")
    run(sys.executable, "scripts/npm.py", "examples/deploy")
    return DEPLOY


def test_the_typescript_guides_call_what_the_providers_have(typescript: Path) -> None:
    run("npm", "run", "--silent", "check", cwd=typescript)
    wrong = typescript / "wrong.ts"
    try:
        wrong.write_text((DEPLOY / "on_e2b.ts").read_text().replace("sandbox.kill(", "sandbox.slay("))
        with pytest.raises(AssertionError, match="slay"):
            run("npm", "run", "--silent", "check", cwd=typescript)
    finally:
        wrong.unlink()


def test_the_local_guide_in_typescript_runs_a_turn(typescript: Path, tmp_path: Path) -> None:
    built = typescript / "build"
    try:
        run("node_modules/.bin/tsc", "-p", ".", "--noEmit", "false", "--outDir", built, cwd=typescript)
        command = Path(sys.executable).with_name("sandbox-agent")
        said = run("node", built / "on_local.js", HOME=str(tmp_path), SANDBOX_AGENT_BIN=str(command))
    finally:
        shutil.rmtree(built, ignore_errors=True)
    assert said == "hello\n-- completed\n"


def documents(manifest: Path) -> list[dict[str, Any]]:
    program = "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))"
    found: list[dict[str, Any]] = json.loads(run(PROVIDERS / "python", "-c", program, manifest))
    return found


def check_manifest(folder: Path, document: dict[str, Any]) -> None:
    """Hold one object against the schemas of several releases; unknown fields count as mistakes."""
    path = folder / "document.json"
    path.write_text(json.dumps(document))
    for version in KUBERNETES:
        said = run(PROVIDERS / "kubernetes-validate", "--strict", "-k", version, path)
        assert "passed" in said


def pods() -> list[dict[str, Any]]:
    found = [each for manifest in MANIFESTS for each in documents(manifest)]
    plain = [each for each in found if each["kind"] == "Pod"]
    templates = [each["spec"]["podTemplate"] for each in found if each["kind"] == "Sandbox"]
    return plain + [{"apiVersion": "v1", "kind": "Pod", **each} for each in templates]


def test_the_plain_manifests_are_what_kubernetes_knows(tmp_path: Path) -> None:
    found = documents(DEPLOY / "kubernetes" / "pod.yaml")
    assert [each["kind"] for each in found] == ["Pod", "Service", "NetworkPolicy"]
    for each in found:
        check_manifest(tmp_path, each)
    found[0]["spec"]["containers"][0]["readOnlyRoot"] = True
    with pytest.raises(AssertionError, match="readOnlyRoot"):
        check_manifest(tmp_path, found[0])


def test_the_custom_resource_is_what_agent_sandbox_knows(tmp_path: Path) -> None:
    (sandbox,) = documents(DEPLOY / "kubernetes" / "sandbox.yaml")
    jsonschema.validate(sandbox, SANDBOX)
    template = sandbox["spec"]["podTemplate"]
    claims = sandbox["spec"]["volumeClaimTemplates"]
    # The controller gives the pod a volume for each claim, of the claim's name.
    volumes = [{"name": each["metadata"]["name"], "emptyDir": {}} for each in claims]
    mounted = {each["name"] for each in template["spec"]["containers"][0]["volumeMounts"]}
    assert mounted == {each["name"] for each in [*template["spec"]["volumes"], *volumes]}
    named = {"metadata": {"name": "sandbox"}, "spec": template["spec"]}
    check_manifest(tmp_path, {"apiVersion": "v1", "kind": "Pod", **named})
    for each in claims:
        check_manifest(tmp_path, {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **each})


def test_both_manifests_describe_the_same_pod() -> None:
    plain, templated = pods()
    assert plain["spec"]["containers"] == templated["spec"]["containers"]
    assert plain["spec"]["securityContext"] == templated["spec"]["securityContext"]


def test_the_pods_keep_to_the_restricted_standard_and_take_the_token_from_a_file() -> None:
    for pod in pods():
        spec, (container,) = pod["spec"], pod["spec"]["containers"]
        assert spec["securityContext"]["runAsNonRoot"]
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not spec["automountServiceAccountToken"]
        kept = container["securityContext"]
        assert (kept["allowPrivilegeEscalation"], kept["readOnlyRootFilesystem"]) == (False, True)
        assert kept["capabilities"] == {"drop": ["ALL"]}
        assert {kind for each in spec["volumes"] for kind in each} <= {"name", "secret", "emptyDir"}
        (token,) = (each["mountPath"] for each in container["volumeMounts"] if each["name"] == "token")
        assert container["args"] == ["--token-file", f"{token}/token"]
        assert all(each["httpGet"]["port"] == "http" for name, each in container.items() if name.endswith("Probe"))


def test_the_dockerfile_for_cloudflare_has_the_version_of_the_package() -> None:
    version = json.loads((DEPLOY / "package-lock.json").read_text())["packages"]["node_modules/@cloudflare/sandbox"]
    dockerfile = DEPLOY / "cloudflare" / "Dockerfile"
    assert f"cloudflare/sandbox:{version['version']}-python" in dockerfile.read_text()
    assert run(Path(sys.executable).with_name("hadolint"), dockerfile) == ""
