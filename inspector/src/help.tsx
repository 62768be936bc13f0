import type { ReactNode } from "react";
import type { Connected } from "./lib/connection";
import { Dialog } from "./ui/dialog";

const KEYS: readonly (readonly [string, string])[] = [
  ["n", "New session"],
  ["/", "Search sessions"],
  ["j, k", "Next, previous session"],
  ["i", "Write a message"],
  ["Enter", "Send it; Shift + Enter for a new line"],
  ["Ctrl + .", "Interrupt the running turn"],
  ["y", "Allow once"],
  ["a", "Always allow"],
  ["x", "Reject"],
  ["1 to 9", "Choose an answer"],
  ["d", "Debug panel"],
  ["c", "Compare agents"],
  ["t", "Light or dark"],
  ["?", "This help"],
];

export function Help({ server, onClose }: { server: Connected; onClose: () => void }) {
  return (
    <Dialog title="Help" onClose={onClose}>
      <p>
        Everything here goes through the server's API. <Elsewhere href={`${server.endpoint}/v1/docs`}>Read it</Elsewhere>, or look
        at what this page asks in Debug, Requests.
      </p>
      <h3 className="label">Keys</h3>
      <dl className="keys">
        {KEYS.map(([key, words]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

function Elsewhere({ href, children }: { href: string; children: ReactNode }) {
  return (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}
