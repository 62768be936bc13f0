/** The requests that this page made, for its Requests tab. Tokens never get into it. */
import { Store } from "./store";

export interface Recorded {
  id: number;
  time: number;
  method: string;
  url: string;
  headers: Record<string, string>;
  request: string;
  status?: number;
  milliseconds?: number;
  response?: string;
  error?: string;
}

const KEPT = 200;
const SHOWN = 50_000;
const SECRET = /authorization|token|key|secret|cookie/i;

export const requests = new Store<readonly Recorded[]>([]);
let count = 0;

/** `fetch` that keeps what it did. */
export const recordingFetch: typeof fetch = async (input, init = {}) => {
  const began = performance.now();
  const entry: Recorded = {
    id: (count += 1),
    time: Date.now(),
    method: init.method ?? "GET",
    url: String(input),
    headers: redacted(new Headers(init.headers)),
    request: typeof init.body === "string" ? withoutSecrets(init.body).slice(0, SHOWN) : init.body ? "(bytes)" : "",
  };
  requests.update((all) => [entry, ...all].slice(0, KEPT));
  try {
    const response = await fetch(input, init);
    amend(entry.id, { status: response.status, milliseconds: performance.now() - began });
    void keepBody(entry.id, response.clone());
    return response;
  } catch (error) {
    amend(entry.id, { error: String(error), milliseconds: performance.now() - began });
    throw error;
  }
};

async function keepBody(id: number, response: Response): Promise<void> {
  const type = response.headers.get("content-type") ?? "";
  if (!type.includes("json")) {
    await response.body?.cancel();
    return amend(id, { response: type ? `(${type})` : "" });
  }
  const text = withoutSecrets(await response.text().catch(() => ""));
  amend(id, { response: text.length > SHOWN ? `${text.slice(0, SHOWN)} ...` : text });
}

function amend(id: number, change: Partial<Recorded>): void {
  requests.update((all) => all.map((entry) => (entry.id === id ? { ...entry, ...change } : entry)));
}

function redacted(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].map(([name, value]) => [name, SECRET.test(name) ? "(hidden)" : value]));
}

/** A JSON text whose secrets, by the names of their fields, are left out; any other text as it is. */
export function withoutSecrets(text: string): string {
  if (!SECRET.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), (name, value: unknown) =>
      typeof value === "string" && SECRET.test(name) ? "(hidden)" : value,
    );
  } catch {
    return text;
  }
}

/** The request for a shell; the token is left to a variable. */
export function curlOf({ method, url, headers, request }: Recorded): string {
  const words = ["curl", "-X", method, quoted(url)];
  for (const [name, value] of Object.entries(headers)) {
    words.push("-H", value === "(hidden)" ? `"${name}: Bearer $TOKEN"` : quoted(`${name}: ${value}`));
  }
  if (request && request !== "(bytes)") words.push("-d", quoted(request));
  return words.join(" ");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
