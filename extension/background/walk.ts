import type { Answer, RelayMessage } from "@certbridge/protocol/page/wire";
import type { Sender } from "../platform/messages.ts";

export type RequestMessage = Extract<RelayMessage, { kind: "request" }>;

/** A request that this worker is walking. It is there before the first await, so that what comes next finds it. */
export interface Walk {
  readonly sender: Sender;
  readonly message: RequestMessage;
  readonly answer: Promise<Answer>;
  settle(answer: Answer): void;
  /** Kept once there is something to show, or an answer. */
  readonly asked: Promise<unknown>;
  noteAsked(): void;
  /** The page gave up before there was a record of its request. */
  cancelled: boolean;
  expiry?: ReturnType<typeof setTimeout>;
  unwatch?: () => void;
}

function later<T>(): readonly [promise: Promise<T>, resolve: (value: T) => void] {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((keep) => {
    resolve = keep;
  });
  return [promise, resolve];
}

export function createWalk(message: RequestMessage, sender: Sender): Walk {
  const [answer, settle] = later<Answer>();
  const [shown, noteAsked] = later<void>();
  return { sender, message, answer, settle, asked: Promise.race([shown, answer]), noteAsked, cancelled: false };
}
