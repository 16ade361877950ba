import { canonicalJson } from "@certbridge/protocol/canonical";
import type { bidVerbs } from "@certbridge/protocol/host";
import type { OperationName } from "@certbridge/protocol/page/names";
import type { Answer } from "@certbridge/protocol/page/wire";
import type { Asked, Platform } from "@certbridge/protocol/surface";
import type { WorkshopPlace } from "@certbridge/protocol/workshop";
import type { InferOutput } from "valibot";
import { openTable } from "../platform/storage.ts";
import { createTurns } from "./in-turn.ts";
import type { RequestState } from "./states.ts";

type HostBid = InferOutput<(typeof bidVerbs)["prepareBid"]["result"]>;

/** A request as the browser's memory keeps it. No PIN, no content, no Blob is ever in it, nor in its answer. */
export interface RequestRecord {
  readonly id: string;
  readonly operation: OperationName;
  /** Params without content: of `sign`, names and format. */
  readonly params: unknown;
  readonly platform: Platform;
  readonly tabId: number;
  readonly documentId: string | null;
  /** Where its content is read. */
  readonly place: WorkshopPlace;
  readonly createdAt: number;
  /** How long the person may take, in ms. */
  readonly timeoutMs: number;
  /** Until when the person may answer; null before they are asked. */
  readonly expiresAt: number | null;
  readonly state: RequestState;
  /** The run of the background that works on it; not there before it does. What another run worked on has died with it. */
  readonly run?: string;
  readonly asked: Asked | null;
  /** Of encrypt: what the chosen key means. Not there until there is one. */
  readonly prepared?: PreparedRecord;
  readonly windowId: number | null;
  readonly answer: Answer | null;
}

/** As the program said it; the certificates are those that the key block is made for. */
export interface PreparedRecord extends Pick<HostBid, "recipients" | "results"> {
  readonly keyId: string;
}

export interface Records {
  get(id: string): Promise<RequestRecord | null>;
  /** The same as this run wrote it last, without asking the browser; asks where it wrote none. */
  recall(id: string): Promise<RequestRecord | null>;
  /** Writes a new one once `check` lets it in. Nothing else is written between the check and the writing. */
  admit(record: RequestRecord, check: (others: readonly RequestRecord[]) => Promise<void>): Promise<void>;
  /** Writes the fields if the request is in that state still; null where it is not. One writer at a time. */
  advance(id: string, from: RequestState, fields: Partial<RequestRecord>): Promise<RequestRecord | null>;
  remove(id: string): Promise<void>;
  all(): Promise<readonly RequestRecord[]>;
}

export function openRecords(): Records {
  // storage.session is written by this background alone, so that what is read has the shape that was written.
  // Whoever asks for one is given what is read then: in Firefox it is these calls that hold the event page while a long file is read.
  const table = openTable("session", "request");
  const inTurn = createTurns();
  /** As they were written last, in this run: whoever writes the next need not ask for them. */
  const written = new Map<string, RequestRecord>();
  async function write(record: RequestRecord): Promise<void> {
    await table.set(record.id, record);
    written.set(record.id, record);
  }

  const get = async (id: string) => ((await table.get(id)) as RequestRecord | undefined) ?? null;
  const recall = async (id: string) => written.get(id) ?? (await get(id));
  const all = async () => (await table.all()) as readonly RequestRecord[];

  return {
    get,
    recall,
    all,
    admit: (record, check) =>
      inTurn(async () => {
        await check((await all()).filter(({ id }) => id !== record.id));
        await write(record);
      }),
    advance: (id, from, fields) =>
      inTurn(async () => {
        const record = await recall(id);
        if (record === null || record.state !== from) return null;
        const next = { ...record, ...fields };
        await write(next);
        return next;
      }),
    remove: (id) =>
      inTurn(async () => {
        written.delete(id);
        await table.remove(id);
      }),
  };
}

/**
 * SHA-256 over what the person is shown and for whom, hexadecimal. The approval window is given it with what it shows and sends
 * it back with the consent: what is then done is what was seen. The order of an object's keys, which the browser's memory may change, is not in it.
 */
export async function hashRequest(record: RequestRecord): Promise<string> {
  const { id, operation, params, platform, tabId, documentId, asked, prepared = null } = record;
  const canonical = canonicalJson([id, operation, params, platform, tabId, documentId, asked, prepared]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(canonical));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
