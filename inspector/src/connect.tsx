/** Where the server is, and the token. */
import { type FormEvent, useState } from "react";
import { ICON } from "./lib/address";
import { connect, type Connection } from "./lib/connection";

export function Connect({ now }: { now: Exclude<Connection, { state: "connected" }> }) {
  const [endpoint, setEndpoint] = useState(now.server.endpoint);
  const [token, setToken] = useState(now.server.token);
  const trying = now.state === "trying";
  const problem = now.state === "asking" ? now.problem : undefined;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void connect({ endpoint, token, headers: now.server.headers });
  };
  return (
    <main className="connect">
      <form className="card" onSubmit={submit}>
        <img src={ICON} alt="" width="40" height="40" />
        <h1>Sandbox Agent</h1>
        <p className="hint">See and steer every session.</p>
        <label>
          Server
          <input value={endpoint} onChange={(event) => setEndpoint(event.target.value)} inputMode="url" required spellCheck={false} />
        </label>
        <label>
          Token
          <input type="password" value={token} onChange={(event) => setToken(event.target.value)} autoComplete="off" placeholder="If the server asks for one" />
        </label>
        {problem && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" className="main" disabled={trying}>
          {trying ? "Connecting …" : "Connect"}
        </button>
      </form>
    </main>
  );
}
