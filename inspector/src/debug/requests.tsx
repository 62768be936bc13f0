/** What this page asked the server. Tokens are not kept. */
import { useState } from "react";
import { curlOf, type Recorded, requests } from "../lib/requests";
import { useStore } from "../lib/store";
import { CopyButton } from "../ui/copy";
import { JsonTree } from "../ui/json";
import { clock, lasting } from "../ui/time";

export function Requests() {
  const all = useStore(requests);
  return (
    <div className="list-tab">
      <div className="buttons">
        <span className="hint grow">{all.length} requests, without the polling</span>
        <button type="button" className="quiet" onClick={() => requests.set([])}>
          Clear
        </button>
      </div>
      {all.map((request) => (
        <Request key={request.id} request={request} />
      ))}
    </div>
  );
}

function Request({ request }: { request: Recorded }) {
  const [open, setOpen] = useState(false);
  const bad = request.error !== undefined || (request.status ?? 0) >= 400;
  const path = new URL(request.url, location.href).pathname;
  return (
    <article className="request-entry">
      <button type="button" className="event-line" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span className={bad ? "kind error" : "kind"}>{request.status ?? (request.error ? "failed" : "…")}</span>
        <span className="ellipsis">
          {request.method} {path}
        </span>
        <span className="hint">{request.milliseconds === undefined ? clock(request.time) : lasting(request.milliseconds)}</span>
      </button>
      {open && (
        <div className="request-body">
          <p className="hint">
            {request.url} <CopyButton label="Copy as curl" text={() => curlOf(request)} />
          </p>
          <Body title="Headers" text={JSON.stringify(request.headers)} />
          <Body title="Request" text={request.request} />
          <Body title="Response" text={request.error ?? request.response ?? ""} />
        </div>
      )}
    </article>
  );
}

function Body({ title, text }: { title: string; text: string }) {
  if (!text) return null;
  return (
    <>
      <h2 className="label">{title}</h2>
      {parsed(text) === undefined ? (
        <pre className="output" tabIndex={0}>
          {text}
        </pre>
      ) : (
        <JsonTree value={parsed(text)} open={text.length < 500 ? 2 : 0} />
      )}
    </>
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
