import { bidFormats } from "@certbridge/protocol/bid";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import type { Params } from "@certbridge/protocol/page";
import type { PreflightResult } from "@certbridge/protocol/host";
import { failedOutsideOf } from "../answers.ts";
import type { Made } from "../jobs.ts";
import type { RequestRecord } from "../records.ts";
import { packageFor } from "./jobs.ts";
import { type Consent, lastKeyOf, type Means, type OperationHandler, usedKey } from "./handler.ts";

type Files = Params<"encrypt">["files"];

/** What the record keeps of the params: everything but the content. */
interface Kept {
  readonly notice: string;
  readonly files: readonly { readonly name: string; readonly len: number }[] | null;
}

const shown = (files: Files) =>
  files?.map((file) => ({ name: file instanceof File ? file.name : "", len: file.size })) ?? null;

/** What was made, and the check that it passed. */
interface Encrypted extends Made {
  readonly results: readonly PreflightResult[];
}

function madeOf({ packageId, len, ledgerHead }: Made): Made {
  return { packageId, len, ...(ledgerHead === undefined ? {} : { ledgerHead }) };
}

const headOf = ({ ledgerHead }: { readonly ledgerHead?: string }) => (ledgerHead === undefined ? {} : { ledgerHead });

/**
 * Encrypts, signs and opens again, with the key open in the program between its two halves. Always in a document that outlives the page: where
 * the page's own files came to the frame inside it, the frame only hands them over.
 */
async function make(
  record: RequestRecord,
  consent: Consent,
  files: Files,
  { host, workshop }: Means,
): Promise<Encrypted> {
  const { id, place, asked, prepared } = record;
  const { keyId } = consent;
  const isPrepared = prepared?.keyId === keyId && !prepared.results.some(({ outcome }) => outcome === "bad");
  if (asked?.operation !== "encrypt" || !isPrepared) throw new OperationError("INVALID_REQUEST", { path: "key" });
  const { platformId, projectCode, projectName, lot, openingTime, profile = "standard" } = asked.lot;
  const format = bidFormats[profile];
  const { packageId, header, keyBlock } = await workshop.call("own", "beginPackage", {
    id,
    header: { format, platformId, projectCode, projectName, lot, openingTime, signingCertificateSm3: keyId },
    recipients: prepared.recipients.map(({ certificate }) => certificate),
  });
  const { notice } = record.params as Kept;
  const { origin } = record.platform;
  const begun = await host.call("beginBid", { consentId: id, ...usedKey(consent), origin, notice, header, keyBlock });
  try {
    if (place === "frame" && files !== undefined) await workshop.call(place, "handOver", { id });
    const brought = place === "own" && files !== undefined ? { files: [...files] } : {};
    const { trailer } = await workshop.call("own", "writePackage", { id, ...brought, ...headOf(begun) });
    const finished = await host.call("finishBid", { consentId: id, trailer });
    const { len } = await workshop.call("own", "finishPackage", { id, signature: finished.signature });
    return { packageId, len, ...headOf(finished), results: begun.results };
  } catch (error) {
    // Where that fails, too, it stays unfinished.
    await host.call("abandonBid", { consentId: id, code: failedOutsideOf(error) }).catch(() => undefined);
    throw error;
  }
}

/** docs/operations/encrypt.md. */
export const encrypt: OperationHandler<"encrypt"> = {
  job: {
    of({ asked }) {
      if (asked?.operation !== "encrypt") throw new OperationError("INVALID_REQUEST", { path: "key" });
      const { platformId, projectCode, projectName, lot, openingTime } = asked.lot;
      return { operation: "encrypt", lot: { platformId, projectCode, projectName, lot, openingTime } };
    },
    made: (result) => madeOf(result as Encrypted),
    async confirm(id, { packageId }, { host }) {
      const confirm = () => host.call("confirmBid", { consentId: id, packageId });
      // Whoever kept the program from its file has it for a moment only.
      await confirm().catch(confirm);
    },
    undo: ({ id }, { host }) => host.call("abandonBid", { consentId: id, code: "CANCELLED" }),
  },
  withoutContent: ({ notice, files }): Kept => ({ notice, files: shown(files) }),

  async prepare({ platform: { origin } }, { notice, files }, { host }) {
    const total = files?.reduce((sum, { size }) => sum + size, 0) ?? 0;
    const limit = limits.packageContentLen;
    if (total > limit) throw new OperationError("TOO_LARGE", { limit });
    const lot = await host.call("readNotice", { origin, notice });
    return { operation: "encrypt", lot, files: shown(files) };
  },

  async perform(record, consent, means, brought) {
    if (consent === null) throw new OperationError("INVALID_REQUEST", { path: "key" });
    const ofThePage = (record.params as Kept).files !== null;
    // A worker that died since has only what is brought again.
    if (ofThePage && brought === null) throw new OperationError("INTERRUPTED");
    const made = await make(record, consent, brought?.files, means).catch(async (error: unknown) => {
      // The next try, with another PIN, draws a key of its own.
      await means.workshop.call("own", "release", { id: record.id }).catch(() => undefined);
      throw error;
    });
    // A convenience of the next window, and no reason to lose a bid.
    await means.lastKeys.set(lastKeyOf(record), consent.keyId).catch(() => undefined);
    return made;
  },

  /** What a picked file is called is no affair of the page's: it may be the price. */
  forSite(record, error) {
    const ofThePage = (record.params as Kept).files !== null;
    if (ofThePage || !OperationError.is(error, "CONTENT_UNREADABLE")) return error;
    return new OperationError("CONTENT_UNREADABLE", { name: "" });
  },

  tell(result) {
    const { packageId, results } = result as Encrypted;
    return { operation: "encrypt", packageId, hasBackup: true, results: [...results] };
  },

  async deliver({ id, place }, result, _params, means) {
    const { packageId, len, ...head } = madeOf(result as Encrypted);
    const file = await packageFor({ id, packageId, len }, place, means);
    if (file === null) throw new OperationError("INTERRUPTED");
    return { packageId, package: file, ...head };
  },

  /** What is whole stays where it is for a day: the page reads it by reference, `jobs` finds it again, and the window may save it. */
  release: ({ id }, { workshop }) => workshop.call("own", "release", { id }),
};
