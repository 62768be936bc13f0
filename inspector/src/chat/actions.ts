/** What can be done from inside a conversation. A view that cannot do one of them leaves it out. */
import { createContext } from "react";

export interface Actions {
  /** Begin another session with the conversation up to the end of this turn. */
  fork?: (turnId: string) => void;
  /** Where the agent works: paths below it are shown without it. */
  directory?: string;
  /** Show the event behind a row. */
  showEvent?: (sequence: number) => void;
}

export const ActionsContext = createContext<Actions>({});

/** A path as short as it is clear. */
export function pathIn(directory: string | undefined, path: string): string {
  return directory && path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : path;
}
