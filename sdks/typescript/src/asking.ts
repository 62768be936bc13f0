/** Permissions and questions that a program answers by itself: the callbacks of `send` and `stream`. Pure. */
import * as calls from "./calls.js";
import type { Answers } from "./calls.js";
import type { Event, PermissionReply, PermissionRequested, QuestionRequested, SessionDetail } from "./types.js";
import type { Call } from "./wire.js";

/** Says how to answer a permission; undefined leaves it to somebody else. */
export type OnPermission = (
  request: PermissionRequested,
) => PermissionReply | undefined | Promise<PermissionReply | undefined>;

/** The answers to a question; false refuses it; undefined leaves it to somebody else. */
export type OnQuestion = (
  request: QuestionRequested,
) => Answers | false | undefined | Promise<Answers | false | undefined>;

/** Something that waits for an answer. */
export type Request =
  | { type: "permission"; data: PermissionRequested }
  | { type: "question"; data: QuestionRequested };

/** Who answers. */
export interface Callbacks {
  onPermission?: OnPermission;
  onQuestion?: OnQuestion;
}

/** What an event asks for. */
export function requestOf(event: Event): Request | undefined {
  if (event.type === "permission.requested") return { type: "permission", data: event.data };
  if (event.type === "question.requested") return { type: "question", data: event.data };
  return undefined;
}

/** Everything that waited when the session was looked at. */
export function waiting(session: SessionDetail): Request[] {
  const permissions = session.permissions.map((data): Request => ({ type: "permission", data }));
  return [...permissions, ...session.questions.map((data): Request => ({ type: "question", data }))];
}

/** Whether a request still waits: a rule may have answered it, or somebody long ago. */
export function waits({ type, data }: Request, session: SessionDetail): boolean {
  return type === "permission"
    ? session.permissions.some((each) => each.permission_id === data.permission_id)
    : session.questions.some((each) => each.question_id === data.question_id);
}

/** Whether there is somebody to ask. */
export function isFor(request: Request, { onPermission, onQuestion }: Callbacks): boolean {
  return (request.type === "permission" ? onPermission : onQuestion) !== undefined;
}

/** Ask the callback; the call that gives its answer. */
export async function answerOf(id: string, request: Request, callbacks: Callbacks): Promise<Call<void> | undefined> {
  if (request.type === "permission") {
    const reply = await callbacks.onPermission?.(request.data);
    return reply && calls.replyPermission(id, request.data.permission_id, { reply });
  }
  const answers = await callbacks.onQuestion?.(request.data);
  if (answers === false) return calls.rejectQuestion(id, request.data.question_id);
  return answers === undefined ? undefined : calls.replyQuestion(id, request.data.question_id, answers);
}
