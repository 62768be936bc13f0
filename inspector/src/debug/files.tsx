/** The files of a session's directory, or of the home directory: look, take, bring. */
import { useEffect, useRef, useState } from "react";
import type { Files, FsEntry } from "sandbox-agent";
import type { Connected } from "../lib/connection";
import { wordsOf } from "../lib/words";
import { Code } from "../ui/code";
import { size } from "../ui/time";
import { attempt } from "../ui/toasts";

interface Props {
  server: Connected;
  sessionId: string | undefined;
}

const LARGEST = 1_000_000;

export function FilesTab({ server, sessionId }: Props) {
  const files = sessionId ? server.client.session(sessionId).files : server.client.files;
  const [path, setPath] = useState<string>();
  const [entries, setEntries] = useState<readonly FsEntry[]>();
  const [problem, setProblem] = useState<string>();
  const [open, setOpen] = useState<FsEntry>();
  const [again, setAgain] = useState(0);
  const picker = useRef<HTMLInputElement>(null);

  useEffect(() => {
    let current = true;
    files.entries(path).then(
      (found) => {
        if (!current) return;
        setEntries(sorted(found));
        setProblem(undefined);
      },
      (error: unknown) => current && setProblem(wordsOf(error)),
    );
    return () => {
      current = false;
    };
  }, [server, sessionId, path, again]);

  const upload = async (chosen: readonly File[]): Promise<void> => {
    for (const file of chosen) await attempt(files.write(path ? `${path}/${file.name}` : file.name, file));
    setAgain(again + 1);
  };
  return (
    <div className="list-tab">
      <div className="buttons">
        <button type="button" className="quiet" disabled={!path} onClick={() => setPath(parentOf(path ?? ""))}>
          ↑ Up
        </button>
        <code className="grow ellipsis">{path ?? (sessionId ? "session's directory" : "home directory")}</code>
        <button type="button" className="quiet" onClick={() => setAgain(again + 1)}>
          Refresh
        </button>
        <button type="button" onClick={() => picker.current?.click()}>
          Upload
        </button>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          aria-label="Files to upload"
          onChange={(event) => void upload([...(event.target.files ?? [])])}
        />
      </div>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <ul className="files">
        {entries?.map((entry) => (
          <li key={entry.path}>
            <button type="button" className="event-line" onClick={() => (entry.entryType === "directory" ? setPath(entry.path) : setOpen(entry))}>
              <span aria-hidden="true">{entry.entryType === "directory" ? "▸" : " "}</span>
              <span className="ellipsis">{entry.name}</span>
              <span className="hint">{entry.entryType === "directory" ? "folder" : size(entry.size)}</span>
            </button>
          </li>
        ))}
      </ul>
      {entries && !entries.length && <p className="hint none">Empty.</p>}
      {open && <FileView key={open.path} entry={open} files={files} onClose={() => setOpen(undefined)} />}
    </div>
  );
}

function FileView({ entry, files, onClose }: { entry: FsEntry; files: Files; onClose: () => void }) {
  const [text, setText] = useState<string>();
  useEffect(() => {
    if (entry.size > LARGEST) return setText(`Too large to show: ${size(entry.size)}`);
    files.read(entry.path).then((bytes) => setText(shown(bytes)), (error: unknown) => setText(wordsOf(error)));
  }, [entry, files]);
  const download = async (): Promise<void> => {
    const url = URL.createObjectURL(new Blob([(await files.read(entry.path)) as BlobPart]));
    const link = Object.assign(document.createElement("a"), { href: url, download: entry.name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  };
  return (
    <section className="event-detail" aria-label={entry.name}>
      <header>
        <h2>{entry.name}</h2>
        <button type="button" className="quiet" onClick={() => void attempt(download())}>
          Download
        </button>
        <button type="button" className="icon" aria-label="Close the file" onClick={onClose}>
          ✕
        </button>
      </header>
      {text === undefined ? <p className="hint">Loading …</p> : <Code code={text} language={entry.name.split(".").at(-1) ?? ""} />}
    </section>
  );
}

function shown(bytes: Uint8Array): string {
  return bytes.subarray(0, 8192).includes(0) ? `Not a text: ${size(bytes.length)}` : new TextDecoder().decode(bytes);
}

function sorted(entries: readonly FsEntry[]): FsEntry[] {
  const folderFirst = (entry: FsEntry): number => (entry.entryType === "directory" ? 0 : 1);
  return [...entries].sort((a, b) => folderFirst(a) - folderFirst(b) || a.name.localeCompare(b.name));
}

/** Undefined above the topmost folder: back to where it began. */
function parentOf(path: string): string | undefined {
  const parent = path.replace(/\/[^/]*$/, "");
  return parent || undefined;
}
