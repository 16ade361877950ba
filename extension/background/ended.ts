import { openTable } from "../platform/storage.ts";

/** How a request ended, as far as a report may tell: when, which verb, "ok" or the code. */
export interface Ended {
  readonly at: string;
  readonly operation: string;
  readonly outcome: string;
}

/** The last ends of requests, in the browser's memory: for the report that a person makes, and for nothing else. */
export interface EndedRequests {
  note(ended: Ended): Promise<void>;
  /** Oldest first. */
  list(): Promise<readonly Ended[]>;
}

const KEPT = 30;
const KEY = "last";

export function openEndedRequests(): EndedRequests {
  const table = openTable("session", "ended");
  const list = async () => ((await table.get(KEY)) as readonly Ended[] | undefined) ?? [];
  let turn: Promise<unknown> = Promise.resolve();
  return {
    list,
    note(ended) {
      const noted = turn.then(async () => table.set(KEY, [...(await list()), ended].slice(-KEPT)));
      turn = noted.catch(() => undefined);
      return noted;
    },
  };
}
