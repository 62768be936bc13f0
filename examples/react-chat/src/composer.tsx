/** Where one writes, sends and stops. */
import { type KeyboardEvent, useState } from "react";
import type { Conversation } from "./conversation";

interface Props {
  conversation: Conversation;
  running: boolean;
  disabled: boolean;
  attempt: (doing: Promise<unknown>) => void;
}

export function Composer({ conversation, running, disabled, attempt }: Props) {
  const [text, setText] = useState("");

  const send = async (): Promise<void> => {
    if (!text.trim()) return;
    setText(""); // at once: the next message may be written while this one is on its way
    try {
      await conversation.send(text.trim());
    } catch (error) {
      setText((written) => written || text);
      throw error;
    }
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    attempt(send());
  };

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        attempt(send());
      }}
    >
      <textarea
        aria-label="Message"
        placeholder="Write a message"
        rows={Math.min(8, text.split("\n").length)}
        value={text}
        disabled={disabled}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {running && (
        <button type="button" className="stop" onClick={() => attempt(conversation.session.interrupt())}>
          Stop
        </button>
      )}
      <button type="submit" className="primary" disabled={disabled || !text.trim()}>
        Send
      </button>
    </form>
  );
}
