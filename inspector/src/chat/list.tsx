/** The rows of a conversation: only those in sight are there. Stays at the end until the reader scrolls up. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useContext, useEffect, useLayoutEffect, useRef, useState } from "react";
import { ActionsContext } from "./actions";
import { RowView } from "./rows";
import { addressOf, show } from "../lib/address";
import type { Connected } from "../lib/connection";
import type { Follower } from "../lib/follow";
import type { Row } from "../lib/transcript";

interface Props {
  follower: Follower;
  server: Connected;
  loading: boolean;
  mock: boolean;
  item?: string;
}

const NEAR = 48;

export function RowList({ follower, server, loading, mock, item }: Props) {
  const { rows, running, permissions, questions } = follower.reading;
  const waits = permissions.size + questions.size > 0;
  const scroller = useRef<HTMLDivElement>(null);
  const stuck = useRef(item === undefined);
  const last = useRef(0);
  const [away, setAway] = useState(false);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 72,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 8,
    paddingStart: 16,
    paddingEnd: 24,
  });
  const height = virtual.getTotalSize();

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element && stuck.current) element.scrollTop = element.scrollHeight;
  });

  const [marked, setMarked] = useState<string>();
  useEffect(() => {
    if (!item || loading) return;
    const index = rows.findIndex((row) => holds(row, item));
    if (index < 0) return;
    stuck.current = false;
    setMarked(rows[index]?.id);
    virtual.scrollToIndex(index, { align: "center" });
  }, [item, loading]);

  const scrolled = (): void => {
    const element = scroller.current;
    if (!element) return;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
    if (atEnd) stuck.current = true;
    else if (element.scrollTop < last.current - 2) stuck.current = false;
    last.current = element.scrollTop;
    setAway(!stuck.current);
  };
  const toEnd = (): void => {
    stuck.current = true;
    setAway(false);
    if (rows.length) virtual.scrollToIndex(rows.length - 1, { align: "end" });
  };

  return (
    <div className="rows-frame">
      <div className="rows" ref={scroller} onScroll={scrolled} tabIndex={0} role="log" aria-label="Conversation" aria-busy={loading}>
        {!rows.length && <Empty loading={loading} mock={mock} />}
        <div className="rows-inner" style={{ height }}>
          {virtual.getVirtualItems().map(({ index, start, key }) => {
            const row = rows[index];
            if (!row) return null;
            return (
              <div key={key} data-index={index} ref={virtual.measureElement} className={row.id === marked ? "row marked" : "row"} style={{ transform: `translateY(${start}px)` }}>
                <RowView row={row} version={row.version} server={server} sessionId={follower.id} />
                <RowTools row={row} sessionId={follower.id} />
              </div>
            );
          })}
        </div>
        {running && !waits && <Thinking />}
      </div>
      {away && (
        <button type="button" className="to-end" onClick={toEnd}>
          ↓ Newest
        </button>
      )}
    </div>
  );
}

/** Where a row is in the address bar, and which event it began with: seen by who points at it or comes by Tab. */
function RowTools({ row, sessionId }: { row: Row; sessionId: string }) {
  const { showEvent, fork } = useContext(ActionsContext);
  const turn = row.kind === "turn" ? row.ended.turn_id : undefined;
  const view = { name: "sessions", id: sessionId, item: row.id } as const;
  return (
    <div className="row-tools">
      <a
        href={addressOf(view)}
        aria-label={`Link to ${row.id}`}
        title="Link to this"
        onClick={(event) => {
          event.preventDefault();
          show(view);
        }}
      >
        #
      </a>
      {fork && turn && (
        <button type="button" className="quiet" onClick={() => fork(turn)}>
          Fork from here
        </button>
      )}
      {showEvent && (
        <button type="button" className="quiet" onClick={() => showEvent(row.sequence)}>
          Event
        </button>
      )}
    </div>
  );
}

function Thinking() {
  return (
    <p className="thinking" role="img" aria-label="The agent works">
      <span />
      <span />
      <span />
    </p>
  );
}

function Empty({ loading, mock }: { loading: boolean; mock: boolean }) {
  if (loading) {
    return (
      <div className="skeleton" role="img" aria-label="Loading">
        <span />
        <span />
        <span />
      </div>
    );
  }
  return (
    <p className="hint none">
      Nothing said yet.{" "}
      {mock && (
        <>
          Send <code>help</code> to see what the mock agent can do.
        </>
      )}
    </p>
  );
}

function holds(row: Row, item: string): boolean {
  return row.id === item || (row.kind === "item" && (row.result?.id === item || row.children.some((child) => holds(child, item))));
}
