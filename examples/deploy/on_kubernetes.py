"""In Kubernetes: a pod for one turn, from the manifest of the guide; reached inside the cluster by its address."""

from __future__ import annotations

import secrets
import sys
import time
from pathlib import Path
from typing import Any

import yaml
from first_turn import first_turn
from kubernetes import client, config, utils

MANIFESTS = Path(__file__).parent / "kubernetes"
PORT = 2468


def pod_named(name: str) -> dict[str, Any]:
    """The pod of the manifest under another name, with a secret of its own."""
    (pod,) = (each for each in yaml.safe_load_all((MANIFESTS / "pod.yaml").read_text()) if each["kind"] == "Pod")
    pod["metadata"]["name"] = name
    (volume,) = (each for each in pod["spec"]["volumes"] if each["name"] == "token")
    volume["secret"]["secretName"] = name
    return dict(pod)


def address_of(core: client.CoreV1Api, namespace: str, name: str) -> str:
    """Where the pod is, once it has been placed."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        status = core.read_namespaced_pod(name, namespace).status
        if status is not None and status.pod_ip:
            return status.pod_ip
        time.sleep(0.5)
    raise TimeoutError(f"pod {name} has no address after two minutes; kubectl describe pod {name} says why")


def main(namespace: str = "default") -> None:
    """Make a secret and a pod, run a turn, take both away."""
    config.load_config()  # the service account inside a cluster, else ~/.kube/config
    core = client.CoreV1Api()
    name, token = f"sandbox-{secrets.token_hex(4)}", secrets.token_urlsafe(32)
    secret = client.V1Secret(metadata=client.V1ObjectMeta(name=name), string_data={"token": token})
    core.create_namespaced_secret(namespace, secret)
    try:
        utils.create_from_dict(core.api_client, pod_named(name), namespace=namespace)
        first_turn(f"http://{address_of(core, namespace, name)}:{PORT}", token)
    finally:
        core.delete_collection_namespaced_pod(namespace, field_selector=f"metadata.name={name}")
        core.delete_namespaced_secret(name, namespace)


if __name__ == "__main__":
    main(*sys.argv[1:2])
