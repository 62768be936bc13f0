/** What the address bar says: a server to connect to (taken out at once), and what is looked at. */
import { Store } from "./store";

/** In what is built, all code is in a folder beside the page. Named first, or the bundler takes it for a file to bring along. */
const HERE = import.meta.url;
const ROOT = new URL(import.meta.env.DEV ? "/" : "../", HERE);
/** The path of this page: `/ui/`, below the path of a proxy where there is one. */
const BASE = ROOT.pathname;

/** The server that this page came from. */
export const OWN_SERVER = new URL("../", ROOT).href.replace(/\/$/, "");
export const ICON = `${BASE}icon.svg`;

export interface Handed {
  url?: string;
  token?: string;
  headers?: Record<string, string>;
}

export type View =
  | { name: "sessions"; id?: string; item?: string }
  | { name: "compare" };

/** What the address hands over. The token does not stay where it can be read, copied and bookmarked. */
export function takeHanded(): Handed {
  const query = new URLSearchParams(location.search);
  const handed: Handed = {};
  const [url, token, headers] = [query.get("url"), query.get("token"), query.get("headers")];
  if (url) handed.url = url;
  if (token) handed.token = token;
  if (headers) handed.headers = readHeaders(headers);
  for (const name of ["url", "token", "headers"]) query.delete(name);
  const rest = query.toString();
  history.replaceState(null, "", `${location.pathname}${rest ? `?${rest}` : ""}${location.hash}`);
  return handed;
}

function readHeaders(text: string): Record<string, string> {
  try {
    const value: unknown = JSON.parse(text);
    const entries = Object.entries(typeof value === "object" && value !== null ? value : {});
    return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
  } catch {
    return {};
  }
}

function current(): View {
  const path = location.pathname.startsWith(BASE) ? location.pathname.slice(BASE.length) : "";
  const [name, id] = path.split("/");
  if (name === "compare") return { name };
  const item = location.hash.slice(1);
  if (name !== "sessions" || !id) return { name: "sessions" };
  return { name: "sessions", id: decodeURIComponent(id), ...(item ? { item: decodeURIComponent(item) } : {}) };
}

export function addressOf(view: View): string {
  if (view.name === "compare") return `${BASE}compare`;
  if (!view.id) return BASE;
  return `${BASE}sessions/${encodeURIComponent(view.id)}${view.item ? `#${encodeURIComponent(view.item)}` : ""}`;
}

export const view = new Store<View>(current());
addEventListener("popstate", () => view.set(current()));
addEventListener("hashchange", () => view.set(current()));

export function show(next: View): void {
  if (addressOf(next) !== addressOf(view.get())) history.pushState(null, "", addressOf(next));
  view.set(next);
}
