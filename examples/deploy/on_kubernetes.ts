/** In Kubernetes with agent-sandbox: a `Sandbox` for one turn, reached inside the cluster by the name of its service. */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { CoreV1Api, CustomObjectsApi, KubeConfig, loadYaml } from "@kubernetes/client-node";
import { firstTurn } from "./first_turn.ts";

/** What we touch of the manifest; all the rest stays as it is there. */
interface Sandbox {
  metadata: { name: string };
  spec: { shutdownTime: string; podTemplate: { spec: { volumes: { name: string; secret?: { secretName: string } }[] } } };
}

const PORT = 2468;
const namespace = process.argv[2] ?? "default";
const name = `sandbox-${randomBytes(4).toString("hex")}`;
const token = randomBytes(32).toString("base64url");
const kind = { group: "agents.x-k8s.io", version: "v1beta1", plural: "sandboxes", namespace };

const sandbox = loadYaml<Sandbox>(await readFile(new URL("kubernetes/sandbox.yaml", import.meta.url), "utf8"));
sandbox.metadata.name = name;
sandbox.spec.shutdownTime = new Date(Date.now() + 3_600_000).toISOString(); // if we should die before we delete it
for (const { name: volume, secret } of sandbox.spec.podTemplate.spec.volumes) {
  if (volume === "token" && secret) secret.secretName = name;
}

const config = new KubeConfig();
config.loadFromDefault(); // the service account inside a cluster, else ~/.kube/config
const core = config.makeApiClient(CoreV1Api);
const sandboxes = config.makeApiClient(CustomObjectsApi);
await core.createNamespacedSecret({ namespace, body: { metadata: { name }, stringData: { token } } });
try {
  await sandboxes.createNamespacedCustomObject({ ...kind, body: sandbox });
  await firstTurn({ baseUrl: `http://${name}.${namespace}.svc.cluster.local:${PORT}`, token }, "mock", 300);
} finally {
  await sandboxes.deleteNamespacedCustomObject({ ...kind, name });
  await core.deleteNamespacedSecret({ namespace, name });
}
