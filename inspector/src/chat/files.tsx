/** Files and pictures that an item names. */
import { useContext, useEffect, useState } from "react";
import type { FileRefPart } from "sandbox-agent";
import { ActionsContext, pathIn } from "./actions";
import type { Connected } from "../lib/connection";
import { Diff } from "../ui/diff";

const ACTIONS = { read: "Read", write: "Wrote", patch: "Changed" } as const;

export function FileRef({ part }: { part: FileRefPart }) {
  const { directory } = useContext(ActionsContext);
  return (
    <div className="file-ref">
      <p>
        {ACTIONS[part.action]} <code title={part.path}>{pathIn(directory, part.path)}</code>
      </p>
      {part.diff && <Diff diff={part.diff} />}
    </div>
  );
}

const TYPES: Record<string, string> = { png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", gif: "image/gif", webp: "image/webp" };

interface Props {
  path: string;
  server: Connected;
  sessionId: string;
}

/** A picture by `data:` address, or from the server's files. An SVG may hold scripts, but not in an `img`. */
export function Picture({ path, server, sessionId }: Props) {
  const inline = /^data:image\//i.test(path);
  const loaded = usePicture(inline ? undefined : path, server, sessionId);
  const source = inline ? path : loaded.url;
  if (source) return <img className="picture" src={source} alt={inline ? "Picture" : path} />;
  return (
    <p className="note plain">
      Picture <code>{path.slice(0, 200)}</code> {loaded.missing && <span className="hint">not found</span>}
    </p>
  );
}

function usePicture(path: string | undefined, server: Connected, sessionId: string): { url?: string; missing?: boolean } {
  const [state, setState] = useState<{ url?: string; missing?: boolean }>({});
  useEffect(() => {
    if (path === undefined) return;
    let url: string | undefined;
    let current = true;
    const type = TYPES[path.split(".").at(-1)?.toLowerCase() ?? ""] ?? "application/octet-stream";
    server.client
      .session(sessionId)
      .files.read(path)
      .then((bytes) => {
        if (!current) return;
        url = URL.createObjectURL(new Blob([bytes as BlobPart], { type }));
        setState({ url });
      })
      .catch(() => current && setState({ missing: true }));
    return () => {
      current = false;
      if (url) URL.revokeObjectURL(url);
    };
  }, [path, server, sessionId]);
  return state;
}
