import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { hostAnswer } from "@certbridge/protocol/host";
import type { RequestProof } from "@certbridge/protocol/host/proof";
import { HOST_NAME } from "@certbridge/protocol/ids";
import * as v from "valibot";
import { connectNative } from "../platform/native.ts";

/** One run of the companion program, from its start to its end. */
export interface Connection {
  /** Asks, and gives what was answered, unread. @throws OperationError the program's own; HOST_… where it is not there any more */
  ask(question: HostQuestion): Promise<unknown>;
  /** Whether a question waits for its answer. */
  isBusy(): boolean;
  close(): void;
}

export interface HostQuestion {
  readonly id: string;
  readonly operation: string;
  readonly params: object;
  readonly proof?: RequestProof;
}

/**
 * What does not answer a call for so long has failed. Half a minute is waited for a key that another browser has; opening it, and two uses of its private key,
 * may take fifty seconds: nobody is told that it failed while it goes on.
 */
const CALL_MS = 90_000;

interface Waiting {
  resolve(result: unknown): void;
  reject(error: OperationError): void;
}

/** The browser's words for why a host did not start; everything else is a host that started and ended. */
function endOf(words: string | null): OperationError {
  if (words?.includes("not found") === true) return new OperationError("HOST_MISSING");
  if (words?.includes("forbidden") === true) return new OperationError("HOST_FORBIDDEN");
  if (words?.includes("No such native application") === true) return new OperationError("HOST_MISSING");
  return new OperationError("HOST_FAILED");
}

export function newId(): string {
  return encodeBase64Url(crypto.getRandomValues(new Uint8Array(16)));
}

/** Starts the program. @param onEnd called once when it has gone by itself */
export function startHost(onEnd: () => void): Connection {
  const waiting = new Map<string, Waiting>();
  let over: OperationError | null = null;

  function end(error: OperationError): void {
    over = error;
    for (const call of waiting.values()) call.reject(error);
    waiting.clear();
  }

  function receive(message: unknown): void {
    const parsed = v.safeParse(hostAnswer, message);
    if (!parsed.success) return;
    const answer = parsed.output;
    const call = waiting.get(answer.id);
    if (answer.ok) call?.resolve(answer.result);
    else call?.reject(OperationError.fromRecord(answer.error));
  }

  const port = connectNative(HOST_NAME, receive, (words) => {
    end(endOf(words));
    onEnd();
  });

  return {
    async ask({ id, operation, params, proof }) {
      if (over !== null) throw over;
      let timer: ReturnType<typeof setTimeout> | undefined;
      try {
        return await new Promise<unknown>((resolve, reject) => {
          waiting.set(id, { resolve, reject });
          timer = setTimeout(() => reject(new OperationError("HOST_FAILED")), CALL_MS);
          try {
            port.send({ v: 1, id, operation, params, ...(proof === undefined ? {} : { proof }) });
          } catch (cause) {
            reject(new OperationError("HOST_FAILED", undefined, { cause }));
          }
        });
      } finally {
        clearTimeout(timer);
        waiting.delete(id);
      }
    },
    isBusy: () => waiting.size > 0,
    close() {
      end(new OperationError("HOST_FAILED"));
      port.close();
    },
  };
}
