/** What can be done from inside a conversation. A view that cannot do one of them leaves it out. */
import { createContext } from "react";

export interface Actions {
  /** Begin another session with the conversation up to the end of this turn. */
  fork?: (turnId: string) => void;
  /** Show the event behind a row. */
  showEvent?: (sequence: number) => void;
}

export const ActionsContext = createContext<Actions>({});
