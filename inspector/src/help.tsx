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

export function Help({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
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
