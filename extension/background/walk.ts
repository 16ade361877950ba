import type { Answer, RelayMessage } from "@certbridge/protocol/page/wire";
import type { Sender } from "../platform/messages.ts";

export type RequestMessage = Extract<RelayMessage, { kind: "request" }>;

/** A request that this worker is walking. It is there before the first await, so that what comes next finds it. */
export interface Walk {
  readonly sender: Sender;
  readonly message: RequestMessage;
  readonly answer: Promise<Answer>;
  settle(answer: Answer): void;
  /** The page gave up before there was a record of its request. */
  cancelled: boolean;
  expiry?: ReturnType<typeof setTimeout>;
  unwatch?: () => void;
}

export function createWalk(message: RequestMessage, sender: Sender): Walk {
  let settle: Walk["settle"] = () => undefined;
  const answer = new Promise<Answer>((resolve) => {
    settle = resolve;
  });
  return { sender, message, answer, settle, cancelled: false };
}
