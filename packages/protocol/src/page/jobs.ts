import * as v from "valibot";
import { packageId, sm3Text } from "../bid/index.ts";
import { instant } from "../instant.ts";
import { defineOperation } from "../operation.ts";

/** What every job says: the lot is as the platform's own notice has it. */
const common = {
  operation: v.literal("encrypt"),
  /** Its name in these answers, 16 random bytes; good for nothing else. */
  jobId: v.string(),
  lot: v.object({
    platformId: v.string(),
    projectCode: v.string(),
    projectName: v.string(),
    lot: v.string(),
    openingTime: instant,
  }),
  startedAt: instant,
};

/** A job (任务): work that goes on where its page is left, from the person's consent on. docs/operations/jobs.md */
export const job = v.variant("state", [
  v.object({
    ...common,
    state: v.literal("working"),
    /** Bytes, as `onProgress` tells them; null before the first are written. */
    progress: v.nullable(v.object({ done: v.number(), total: v.number() })),
  }),
  v.object({
    ...common,
    state: v.literal("done"),
    endedAt: instant,
    packageId,
    /** `<packageId>.cbid`, by reference; null where it was swept, or is not what was written. */
    package: v.nullable(v.instance(File)),
    /** As `encrypt` gives it. */
    ledgerHead: v.exactOptional(sm3Text),
  }),
  /** It ended with this code, and left nothing. */
  v.object({ ...common, state: v.literal("failed"), endedAt: instant, code: v.string() }),
  /** Browser or extension ended while it worked: nothing is left of it, and nothing can go on. `endedAt` is when that was found out. */
  v.object({ ...common, state: v.literal("lost"), endedAt: instant }),
]);

export type Job = v.InferOutput<typeof job>;

/** The jobs of this document; older ones of this origin once the person agrees. docs/operations/jobs.md */
export const jobs = defineOperation({
  name: "jobs",
  /** For older ones; those of the document that asks are its own. */
  consent: "confirm",
  params: v.strictObject({
    /** Asks the person for those of documents before this one, which are this document's from then on. */
    older: v.exactOptional(v.boolean()),
  }),
  result: v.array(job),
});
