import type { OperationName } from "@certbridge/protocol/page/names";
import type { Answer } from "@certbridge/protocol/page/wire";
import type { Asked, Platform } from "@certbridge/protocol/surface";
import { openTable } from "../platform/storage.ts";
import type { RequestState } from "./states.ts";

/** A request as the browser's memory keeps it. No PIN, no content, no Blob is ever in it. */
export interface RequestRecord {
  readonly id: string;
  readonly operation: OperationName;
  /** Params without content: of `sign`, names and format. */
  readonly params: unknown;
  readonly platform: Platform;
  readonly tabId: number;
  readonly documentId: string | null;
  /** SHA-256 over all of the above, hexadecimal: what a consent is bound to. */
  readonly hash: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly state: RequestState;
  readonly asked: Asked | null;
  readonly windowId: number | null;
  readonly answer: Answer | null;
}

export interface Records {
  get(id: string): Promise<RequestRecord | null>;
  put(record: RequestRecord): Promise<void>;
  /** Writes the fields if the request is in that state still; null where it is not. One writer at a time. */
  advance(id: string, from: RequestState, fields: Partial<RequestRecord>): Promise<RequestRecord | null>;
  remove(id: string): Promise<void>;
  all(): Promise<readonly RequestRecord[]>;
}

export function openRecords(): Records {
  // storage.session is written by this background alone, so that what is read has the shape that was written.
  const table = openTable("session", "request");
  let turn: Promise<unknown> = Promise.resolve();

  function inTurn<T>(use: () => Promise<T>): Promise<T> {
    const result = turn.then(use);
    turn = result.catch(() => undefined);
    return result;
  }

  const get = async (id: string) => ((await table.get(id)) as RequestRecord | undefined) ?? null;

  return {
    get,
    put: (record) => inTurn(() => table.set(record.id, record)),
    advance: (id, from, fields) =>
      inTurn(async () => {
        const record = await get(id);
        if (record === null || record.state !== from) return null;
        const next = { ...record, ...fields };
        await table.set(id, next);
        return next;
      }),
    remove: (id) => inTurn(() => table.remove(id)),
    all: async () => (await table.all()) as readonly RequestRecord[],
  };
}

/** SHA-256 over what the person agrees to and for whom, hexadecimal. */
export async function hashRequest(
  parts: Pick<RequestRecord, "id" | "operation" | "params" | "platform" | "tabId" | "documentId">,
): Promise<string> {
  const { id, operation, params, platform, tabId, documentId } = parts;
  const canonical = JSON.stringify([id, operation, params, platform.origin, tabId, documentId]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(canonical));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
