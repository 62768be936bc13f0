/** What to say next, with files. */
import { type ClipboardEvent, type DragEvent, type KeyboardEvent, useRef, useState } from "react";
import type { AttachmentInput, Delivery, Session } from "sandbox-agent";
import { queueChanged } from "./queue";
import type { Connected } from "../lib/connection";
import { attempt } from "../ui/toasts";

interface Props {
  session: Session;
  server: Connected;
  running: boolean;
  ended: boolean;
  onInterrupt: () => void;
}

export function Composer({ session, server, running, ended, onInterrupt }: Props) {
  const [text, setText] = useState("");
  const [files, setFiles] = useState<readonly AttachmentInput[]>([]);
  const [over, setOver] = useState(false);
  /** The message before, so that messages arrive in the order they were written. */
  const before = useRef<Promise<unknown>>(Promise.resolve());
  const picker = useRef<HTMLInputElement>(null);

  const attach = async (chosen: Iterable<File>): Promise<void> => {
    for (const file of chosen) {
      const attached = await attempt(upload(file, session, server));
      if (attached) setFiles((before) => [...before, attached]);
    }
  };
  const send = async (delivery: Delivery): Promise<void> => {
    if (ended || (!text.trim() && !files.length)) return;
    // Gone from the box at once: what is typed while it is on its way is the next message.
    setText("");
    setFiles([]);
    const sending = before.current.then(() => attempt(Promise.resolve(session.send(text, { delivery, attachments: files }))));
    before.current = sending;
    const sent = await sending;
    queueChanged.update((count) => count + 1);
    if (sent) return;
    setText((typed) => typed || text);
    setFiles((chosen) => (chosen.length ? chosen : files));
  };
  const pressed = (event: KeyboardEvent): void => {
    if (event.key === "Escape") (event.target as HTMLElement).blur();
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send("queue");
  };
  const pasted = (event: ClipboardEvent): void => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    void attach(event.clipboardData.files);
  };
  const dropped = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    void attach(event.dataTransfer.files);
  };

  if (ended) return <p className="composer hint none">This session has ended.</p>;
  return (
    <div
      className={over ? "composer over" : "composer"}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={dropped}
    >
      {files.length > 0 && (
        <ul className="attachments" aria-label="Attached files">
          {files.map((file, index) => (
            <li key={file.path} className="tag">
              {file.filename ?? file.path}
              <button type="button" className="icon" aria-label={`Remove ${file.filename ?? file.path}`} onClick={() => setFiles(files.filter((_, at) => at !== index))}>
                ✕
              </button>
            </li>
          ))}
        </ul>
      )}
      <textarea
        id="composer"
        rows={2}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={pressed}
        onPaste={pasted}
        placeholder={running ? "Say what comes next; it waits for the running turn" : "Say what to do"}
        aria-label="Message"
      />
      <div className="buttons">
        <button type="button" className="quiet" onClick={() => picker.current?.click()}>
          Attach
        </button>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          aria-label="Files to attach"
          onChange={(event) => {
            void attach([...(event.target.files ?? [])]);
            event.target.value = "";
          }}
        />
        <span className="grow" />
        {running && (
          <button type="button" className="bad" onClick={onInterrupt} title="Ctrl + .">
            Stop
          </button>
        )}
        {running && (
          <button type="button" disabled={!text.trim()} onClick={() => void send("steer")} title="Into the running turn, where the agent can take it">
            Steer
          </button>
        )}
        <button type="button" className="main" disabled={!text.trim() && !files.length} onClick={() => void send("queue")}>
          {running ? "Queue" : "Send"}
        </button>
      </div>
    </div>
  );
}

/** Put a file where the agent can read it: out of its working directory if that may be. */
async function upload(file: File, session: Session, server: Connected): Promise<AttachmentInput> {
  const name = file.name.replaceAll("/", "_") || "pasted";
  const own = `${Date.now().toString(36)}-${name}`;
  const apart = `.cache/sandbox-agent/attachments/${encodeURIComponent(session.id)}/${own}`;
  const { path } = await server.client.files
    .write(apart, file)
    .catch(() => session.files.write(`.attachments/${own}`, file));
  return { path, filename: name, ...(file.type ? { mime: file.type } : {}) };
}
