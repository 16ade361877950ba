/** Jobs as a page gets them, and the consent for those of documents before it. docs/operations/jobs.md */
import type { Job } from "@certbridge/protocol/page/jobs";
import type { PackageElsewhere } from "@certbridge/protocol/page/wire";
import type { WorkshopPlace } from "@certbridge/protocol/workshop";
import { isOfDocument, type JobRecord } from "../jobs.ts";
import type { Means, OperationHandler } from "./handler.ts";

type Files = Pick<Means, "packages">;

/**
 * A finished package for the page: the file; or, where messages carry none, what the relay fetches it by. Null where it is not there as it
 * was written.
 */
export async function packageFor(
  { id, packageId, len }: { readonly id: string; readonly packageId: string; readonly len: number },
  place: WorkshopPlace,
  { packages }: Files,
): Promise<File | PackageElsewhere | null> {
  const file = await packages.find(id, packageId, len);
  return file === null || place === "own" ? file : { inFrame: true, id, packageId, len };
}

const instantOf = (ms: number): string => new Date(ms).toISOString();

async function shownToPage(job: JobRecord, place: WorkshopPlace, means: Pick<Means, "packages" | "jobs">) {
  const { operation, jobId, lot, end } = job;
  const common = { operation, jobId, lot, startedAt: instantOf(job.startedAt) };
  if (end === null) return { ...common, state: "working", progress: means.jobs.progressOf(job.id) };
  const ended = { ...common, endedAt: instantOf(job.endedAt ?? job.startedAt) };
  if (end.state !== "done") return { ...ended, ...end };
  const { packageId, len, ledgerHead } = end;
  const head = ledgerHead === undefined ? {} : { ledgerHead };
  return {
    ...ended,
    state: end.state,
    packageId,
    package: await packageFor({ id: job.id, packageId, len }, place, means),
    ...head,
  };
}

/** The jobs of the document that asks: it knows of them already. */
export async function jobsOfDocument(
  { origin, documentId }: { readonly origin: string; readonly documentId: string | null },
  place: WorkshopPlace,
  means: Pick<Means, "packages" | "jobs">,
): Promise<Job[]> {
  const own = (await means.jobs.ofOrigin(origin)).filter((job) => isOfDocument(job, documentId));
  return Promise.all(own.map((job) => shownToPage(job, place, means))) as Promise<Job[]>;
}

/** `jobs({ older: true })`; without it nobody is asked, and nothing comes here. */
export const jobs: OperationHandler<"jobs"> = {
  withoutContent: (params) => params,

  async prepare({ platform: { origin }, documentId }, _params, means) {
    const older = (await means.jobs.ofOrigin(origin)).filter((job) => !isOfDocument(job, documentId));
    return {
      operation: "jobs",
      jobs: older.map(({ jobId, lot: { projectName, lot }, end, startedAt }) => ({
        jobId,
        projectName,
        lot,
        state: end?.state ?? "working",
        startedAt: instantOf(startedAt),
      })),
    };
  },

  /** Exactly those that the person was shown. */
  async perform({ asked, documentId }, _consent, means) {
    const jobIds = asked?.operation === "jobs" ? asked.jobs.map(({ jobId }) => jobId) : [];
    await means.jobs.adopt(jobIds, documentId);
    return jobIds;
  },

  async deliver({ platform: { origin }, place, documentId }, result, _params, means) {
    const shown = (await means.jobs.ofOrigin(origin)).filter(
      (job) => (result as readonly string[]).includes(job.jobId) || isOfDocument(job, documentId),
    );
    return Promise.all(shown.map((job) => shownToPage(job, place, means)));
  },
};
