/** Every event of the session, newest first, with what the agent itself said. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Event } from "sandbox-agent";
import { Pages } from "./pages";
import { show } from "../lib/address";
import type { Connected } from "../lib/connection";
import type { Follower } from "../lib/follow";
import { useStore } from "../lib/store";
import { CopyButton } from "../ui/copy";
import { JsonTree } from "../ui/json";
import { clock } from "../ui/time";

const HEIGHT = 30;

export function Events({ follower, server }: { follower: Follower; server: Connected }) {
  useStore(follower.version);
  const pages = useMemo(() => new Pages(server.quiet.session(follower.id)), [server, follower]);
  useStore(pages.version);
  const [filter, setFilter] = useState("");
  const chosen = useStore(follower.chosen);
  const setChosen = follower.chosen.set.bind(follower.chosen);
  const { types } = follower;
  const kinds = [...new Set(types)].sort();
  const found = useMemo(() => sequencesOf(types, filter), [types, types.length, filter]);
  const scroller = useRef<HTMLDivElement>(null);
  const count = filter ? found.length : types.length;
  const sequenceAt = (index: number): number => (filter ? (found[count - 1 - index] as number) : count - index);
  const virtual = useVirtualizer({ count, getScrollElement: () => scroller.current, estimateSize: () => HEIGHT, overscan: 10 });
  const event = chosen === undefined ? undefined : pages.get(chosen, types.length);
  const session = server.client.session(follower.id);

  useEffect(() => {
    if (chosen === undefined) return;
    // Whoever asks for an event from elsewhere wants to see it, whatever the list is filtered by.
    if (filter && types[chosen - 1] !== filter) return setFilter("");
    const index = filter ? count - 1 - found.indexOf(chosen) : count - chosen;
    virtual.scrollToIndex(index, { align: "auto" });
  }, [chosen, filter]);

  return (
    <div className="events">
      <div className="buttons">
        <select value={filter} onChange={(change) => setFilter(change.target.value)} aria-label="Type of events">
          <option value="">All events ({types.length.toLocaleString("en")})</option>
          {kinds.map((kind) => (
            <option key={kind} value={kind}>
              {kind}
            </option>
          ))}
        </select>
        <CopyButton label="Copy all" text={async () => JSON.stringify((await session.events({ includeRaw: true })).events, null, 2)} />
      </div>
      <div className="event-rows" ref={scroller} tabIndex={0} role="region" aria-label="Events">
        <ul style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const sequence = sequenceAt(index);
            return (
              <li key={sequence} style={{ transform: `translateY(${start}px)` }}>
                <EventLine sequence={sequence} type={types[sequence - 1] ?? ""} event={pages.get(sequence, types.length)} chosen={sequence === chosen} onChoose={setChosen} />
              </li>
            );
          })}
        </ul>
      </div>
      {event && <EventDetail event={event} onClose={() => setChosen(undefined)} />}
    </div>
  );
}

interface LineProps {
  sequence: number;
  type: string;
  event: Event | undefined;
  chosen: boolean;
  onChoose: (sequence: number) => void;
}

function EventLine({ sequence, type, event, chosen, onChoose }: LineProps) {
  return (
    <button type="button" className="event-line" aria-pressed={chosen} onClick={() => onChoose(sequence)}>
      <span className="number">{sequence}</span>
      <span className={`kind ${type.split(".")[0]}`}>{type}</span>
      <span className="about">{event && aboutOf(event)}</span>
      <span className="hint">{event && `${event.synthetic ? "daemon · " : ""}${clock(event.time)}`}</span>
    </button>
  );
}

function EventDetail({ event, onClose }: { event: Event; onClose: () => void }) {
  const { raw, data, ...rest } = event;
  const item = itemIdOf(event);
  return (
    <section className="event-detail" aria-label={`Event ${event.sequence}`}>
      <header>
        <h2>
          {event.sequence} · {event.type}
        </h2>
        <CopyButton text={() => JSON.stringify(event, null, 2)} />
        {item && (
          <button type="button" className="quiet" onClick={() => show({ name: "sessions", id: event.session_id, item })}>
            In the chat
          </button>
        )}
        <button type="button" className="icon" aria-label="Close the event" onClick={onClose}>
          ✕
        </button>
      </header>
      <JsonTree value={data} open={3} />
      <h3 className="label">Envelope</h3>
      <JsonTree value={rest} open={0} />
      <h3 className="label">As the agent said it</h3>
      {raw === null || raw === undefined ? <p className="hint">Made by the daemon.</p> : <JsonTree value={raw} />}
    </section>
  );
}

const LONGEST = 60;

/** What an event is about, in a few words. */
function aboutOf(event: Event): string {
  if (event.type === "item.delta") return event.data.delta.trim().slice(0, LONGEST);
  if (event.type === "item.started" || event.type === "item.completed") return event.data.item.kind.replace("_", " ");
  if (event.type === "turn.ended") return event.data.reason ?? "";
  if (event.type === "error") return event.data.message.slice(0, LONGEST);
  if (event.type === "permission.requested" || event.type === "permission.resolved") return event.data.action;
  return "";
}

function itemIdOf(event: Event): string | undefined {
  if (event.type === "item.delta") return event.data.item_id;
  return event.type === "item.started" || event.type === "item.completed" ? event.data.item.item_id : undefined;
}

function sequencesOf(types: readonly string[], filter: string): number[] {
  if (!filter) return [];
  const found: number[] = [];
  types.forEach((type, index) => {
    if (type === filter) found.push(index + 1);
  });
  return found;
}
