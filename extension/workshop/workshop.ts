import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import type { Answer } from "@certbridge/protocol/page/wire";
import {
  type ReadItem,
  workshopMessage,
  type WorkshopParams,
  type WorkshopPlace,
  type WorkshopResult,
  type WorkshopVerb,
  workshopVerbs,
} from "@certbridge/protocol/workshop";
import { attachContent } from "@certbridge/pki";
import * as v from "valibot";
import { handOver } from "../platform/bid-files.ts";
import type { Sender } from "../platform/messages.ts";
import { createBackups } from "./package/backups.ts";
import { openPackageJob, type PackageJob } from "./package/job.ts";
import { HANDED_OVER_MS } from "./package/picked-files.ts";
import { createOpenings } from "./package/openings.ts";
import { releaseBackup } from "./package/release-backup.ts";
import { openReader } from "./reader.ts";

/** What a request's content became, until it is released: readings in order, null for what could not be read. */
interface Held {
  readonly items: readonly ReadItem[];
  readonly bytes: readonly (Uint8Array | null)[];
}

/** A reading, and what ends it early: a page may have handed over more than anybody could ever read. */
interface Reading {
  readonly content: Promise<Held>;
  stop(): void;
}

export interface WorkshopOptions {
  readonly place: WorkshopPlace;
  /** How far the reading is: a workshopProgress message. */
  readonly report: (progress: object) => void;
  /** Contents that were brought for a request by another way than its message. */
  readonly contentsOf?: (id: string) => readonly Blob[] | undefined;
}

/**
 * Reads and keeps the content of requests. Runs in a document that outlives the service worker, or in the background itself where
 * that is a page: what is held then goes with it, and is read again (docs/operations/sign.md).
 */
export function createWorkshop({ place, report, contentsOf }: WorkshopOptions) {
  const held = new Map<string, Reading>();
  const packages = new Map<string, PackageJob>();
  const backups = createBackups();
  const openings = createOpenings((id, done, total) => report({ v: 1, kind: "workshop-progress", id, done, total }));

  function beginPackage(id: string): PackageJob {
    const tell = (done: number, total: number) => report({ v: 1, kind: "workshop-progress", id, done, total });
    const job = openPackageJob(id, tell, backups);
    packages.set(id, job);
    return job;
  }

  /** A job goes with the document that it is in. */
  function packageOf(id: string): PackageJob {
    const job = packages.get(id);
    if (job === undefined) throw new OperationError("INTERRUPTED");
    return job;
  }

  async function readAll({ id, items, attach }: WorkshopParams<"read">, stopped: AbortSignal): Promise<Held> {
    const brought = contentsOf?.(id) ?? [];
    const contents = items.map(({ content }, index) => {
      const own = content ?? brought[index];
      if (own === undefined) throw new OperationError("CONTENT_UNREADABLE", { name: items[index]?.name ?? "" });
      return own instanceof Blob ? own : new Blob([new Uint8Array(own)]);
    });
    const reader = openReader();
    stopped.addEventListener("abort", () => reader.close());
    const total = contents.reduce((sum, content) => sum + content.size, 0);
    const read: ReadItem[] = [];
    const bytes: (Uint8Array | null)[] = [];
    let before = 0;
    let attached = 0;
    try {
      for (const [index, content] of contents.entries()) {
        const { name = "" } = items[index] ?? {};
        const start = before;
        before += content.size;
        if (attach && (content.size > limits.attachedContentLen || attached + content.size > limits.attachedTotalLen)) {
          bytes.push(null);
          read.push({ name, error: "TOO_LARGE" });
          continue;
        }
        attached += content.size;
        const reading = await reader.read(content, attach, (done) =>
          report({ v: 1, kind: "workshop-progress", id, done: start + done, total }),
        );
        if (stopped.aborted) throw new OperationError("CANCELLED");
        bytes.push(reading?.bytes ?? null);
        read.push(
          reading === null
            ? { name, error: "CONTENT_UNREADABLE" }
            : { name, len: content.size, digest: encodeBase64Url(reading.digest) },
        );
      }
    } finally {
      reader.close();
    }
    return { items: read, bytes };
  }

  function begin(params: WorkshopParams<"read">): Reading {
    const abort = new AbortController();
    const reading = { content: readAll(params, abort.signal), stop: () => abort.abort() };
    held.set(params.id, reading);
    reading.content.catch(() => {
      if (held.get(params.id) === reading) held.delete(params.id);
    });
    return reading;
  }

  const verbs: { readonly [N in WorkshopVerb]: (params: WorkshopParams<N>) => Promise<WorkshopResult<N>> } = {
    /** A second reading of the same request is the first one: what is shown is what was read, once. */
    async read(params) {
      const { content } = held.get(params.id) ?? begin(params);
      return { items: [...(await content).items] };
    },
    async attach({ id, cms }) {
      const content = await held.get(id)?.content;
      return {
        cms: cms.map((der, index) => {
          const bytes = content?.bytes[index];
          if (der === null || bytes === undefined || bytes === null) return null;
          return encodeBase64Url(attachContent(decodeBase64Url(der), bytes));
        }),
      };
    },
    async beginPackage(params) {
      if (packages.has(params.id)) throw new OperationError("INVALID_REQUEST", { path: "id" });
      const job = beginPackage(params.id);
      try {
        return await job.begin(params);
      } catch (error) {
        packages.delete(params.id);
        await job.close().catch(() => undefined);
        throw error;
      }
    },
    async writePackage({ id, files, ledgerHead }) {
      const brought = files?.map((content) =>
        content instanceof Blob ? content : new Blob([new Uint8Array(content)]),
      );
      return packageOf(id).write(brought, ledgerHead);
    },
    finishPackage: async ({ id, signature }) => packageOf(id).finish(signature),
    async handOver({ id }) {
      const end = handOver(id, contentsOf?.(id) ?? []);
      // Whoever has not taken them by then has given up.
      setTimeout(end, HANDED_OVER_MS);
    },
    backupKey: ({ id }) => backups.make(id),
    releaseBackup,
    readPackage: (params) => openings.read(params),
    expectKey: ({ id }) => openings.expectKey(id),
    openPackage: (params) => openings.open(params),
    openedFiles: async ({ id }) => openings.files(id),
    async release({ id }) {
      openings.release(id);
      const job = packages.get(id);
      packages.delete(id);
      await job?.close();
      const reading = held.get(id);
      held.delete(id);
      reading?.stop();
      const content = await reading?.content.catch(() => null);
      for (const bytes of content?.bytes ?? []) bytes?.fill(0);
    },
  };

  /** Undefined where the message is none of ours. */
  function work(message: unknown): Promise<Answer> | undefined {
    const parsed = v.safeParse(workshopMessage, message);
    if (!parsed.success || parsed.output.place !== place) return undefined;
    const { verb, params } = parsed.output;
    // Each page has a frame of its own: what it does not know is another's.
    const known = v.is(v.object({ id: v.string() }), params) && (held.has(params.id) || contentsOf?.(params.id));
    if (place === "frame" && !known) return undefined;
    const use = verbs[verb] as (params: unknown) => Promise<unknown>;
    const done = async () => {
      const read = v.safeParse<v.GenericSchema>(workshopVerbs[verb].params, params);
      if (read.success) return use(read.output);
      throw new OperationError("INVALID_REQUEST", { path: v.getDotPath(read.issues[0]) ?? "" });
    };
    return done().then(
      (result): Answer => ({ v: 1, ok: true, result }),
      (error: unknown): Answer => ({
        v: 1,
        ok: false,
        error: (error instanceof OperationError
          ? error
          : new OperationError("INTERNAL", { reportId: "workshop" })
        ).toRecord(),
      }),
    );
  }

  return {
    /** For the page that hosts the workshop. */
    work: async (message: object) => work(message),
    /** For messages: only our own pages and background may ask. */
    take: (message: unknown, sender: Sender) => (sender.tabId === null ? work(message) : undefined),
  };
}
