/**
 * Jobs (任务): work that a person agreed to and that goes on where its page is left. What is known of one is on disk, so that it is found again after a
 * reload, and so that one that died with the browser is told from one that goes on. No content, no name of a file, no key. docs/operations/jobs.md
 */
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import type { Job } from "@certbridge/protocol/page/jobs";
import type { Answer } from "@certbridge/protocol/page/wire";
import { PACKAGE_KEPT_MS } from "../platform/packages.ts";
import { openTable } from "../platform/storage.ts";
import { createTurns } from "./in-turn.ts";
import type { RequestRecord } from "./records.ts";

/** A job as it is kept. */
export interface JobRecord extends Pick<Job, "operation" | "jobId" | "lot"> {
  /** The request's, under which its file is, too. No page ever learns it. */
  readonly id: string;
  readonly origin: string;
  /** Whose it is: the document that asked last, as the browser names it; null where it names none. */
  readonly documentId: string | null;
  /** The run of the background that works on it. */
  readonly run: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly end: JobEnd | null;
  /** Whether its maker was told that it is handed over. */
  readonly confirmed?: true;
}

/** What a job made: the file under its id, of this length in bytes. */
export interface Made {
  readonly packageId: string;
  readonly len: number;
  /** Of the bid's ledger, where the program keeps one. */
  readonly ledgerHead?: string;
}

export type JobEnd =
  | (Made & { readonly state: "done" })
  | { readonly state: "failed"; readonly code: string }
  | { readonly state: "lost" };

type Begun = Pick<RequestRecord, "id" | "platform" | "documentId"> & Pick<JobRecord, "operation" | "lot">;

export interface Jobs {
  /** This run of the background, drawn at its start: work of another one is dead. */
  readonly run: string;
  begin(job: Begun): Promise<void>;
  /** Notes how it ended, once. What another run worked on has died with it, and is lost. */
  end(id: string, answer: Answer, made: (result: unknown) => Made): Promise<void>;
  /** Those that are done, and whose maker was not told so yet: of this run, or of one that died in between. */
  unconfirmed(): Promise<readonly (Pick<JobRecord, "id" | "operation"> & { readonly made: Made })[]>;
  confirmed(id: string): Promise<void>;
  /** As if it had never begun: it is asked again. */
  drop(id: string): Promise<void>;
  /** Bytes, for as long as this run lasts. */
  noteProgress(id: string, done: number, total: number): void;
  progressOf(id: string): { readonly done: number; readonly total: number } | null;
  /** Oldest first. */
  ofOrigin(origin: string): Promise<readonly JobRecord[]>;
  /** From now on they are this document's. */
  adopt(jobIds: readonly string[], documentId: string | null): Promise<void>;
  /** What an earlier run left working is lost; what is over for a day is forgotten. */
  recover(): Promise<void>;
}

/** Whether it is a job of the document that asks. A browser that names no documents has none that are anybody's. */
export const isOfDocument = (job: JobRecord, documentId: string | null): boolean =>
  documentId !== null && job.documentId === documentId;

const drawId = () => encodeBase64Url(crypto.getRandomValues(new Uint8Array(16)));

export function openJobs(now: () => number): Jobs {
  // storage.local is written by this background alone, so that what is read has the shape that was written.
  const table = openTable("local", "job");
  const run = drawId();
  const progress = new Map<string, { readonly done: number; readonly total: number }>();
  const inTurn = createTurns();

  const all = async () => (await table.all()) as readonly JobRecord[];

  async function finish(job: JobRecord, end: JobEnd): Promise<void> {
    progress.delete(job.id);
    await table.set(job.id, { ...job, end, endedAt: now() } satisfies JobRecord);
  }

  return {
    run,
    begin: ({ id, platform: { origin }, documentId, operation, lot }) =>
      inTurn(async () => {
        const begun = { id, origin, documentId, operation, lot, jobId: drawId(), run, startedAt: now() };
        await table.set(id, { ...begun, endedAt: null, end: null } satisfies JobRecord);
      }),
    end: (id, answer, made) =>
      inTurn(async () => {
        const job = (await table.get(id)) as JobRecord | undefined;
        if (job === undefined || job.end !== null) return;
        if (answer.ok) await finish(job, { state: "done", ...made(answer.result) });
        else if (job.run !== run && answer.error.code === "INTERRUPTED") await finish(job, { state: "lost" });
        else await finish(job, { state: "failed", code: answer.error.code });
      }),
    unconfirmed: async () =>
      (await all()).flatMap(({ id, operation, end, confirmed }) =>
        end?.state === "done" && confirmed === undefined ? [{ id, operation, made: end }] : [],
      ),
    confirmed: (id) =>
      inTurn(async () => {
        const job = (await table.get(id)) as JobRecord | undefined;
        if (job !== undefined) await table.set(id, { ...job, confirmed: true } satisfies JobRecord);
      }),
    drop: (id) => inTurn(() => table.remove(id)),
    noteProgress: (id, done, total) => void progress.set(id, { done, total }),
    progressOf: (id) => progress.get(id) ?? null,
    ofOrigin: async (origin) =>
      (await all()).filter((job) => job.origin === origin).toSorted((a, b) => a.startedAt - b.startedAt),
    adopt: (jobIds, documentId) =>
      inTurn(async () => {
        for (const job of await all()) {
          if (jobIds.includes(job.jobId)) await table.set(job.id, { ...job, documentId } satisfies JobRecord);
        }
      }),
    recover: () =>
      inTurn(async () => {
        for (const job of await all()) {
          if (job.end === null && job.run !== run) await finish(job, { state: "lost" });
          else if (job.endedAt !== null && now() - job.endedAt > PACKAGE_KEPT_MS) await table.remove(job.id);
        }
      }),
  };
}
