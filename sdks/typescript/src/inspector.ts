/** Where a person can look at a server. */

export interface InspectorUrlOptions {
  baseUrl: string;
  token?: string;
  headers?: Record<string, string>;
}

/** The address of the server's Inspector. Who has it has the token. */
export function buildInspectorUrl({ baseUrl, token, headers }: InspectorUrlOptions): string {
  const query = new URLSearchParams();
  if (token) query.set("token", token);
  if (headers && Object.keys(headers).length) query.set("headers", JSON.stringify(headers));
  const text = query.toString();
  return `${baseUrl.replace(/\/+$/, "")}/ui/${text ? `?${text}` : ""}`;
}
