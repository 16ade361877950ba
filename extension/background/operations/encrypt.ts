import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import type { Params } from "@certbridge/protocol/page";
import type { RequestRecord } from "../records.ts";
import { type Consent, lastKeyOf, type Means, type OperationHandler } from "./handler.ts";

type Files = Params<"encrypt">["files"];

/** What the record keeps of the params: everything but the content. */
interface Kept {
  readonly notice: string;
  readonly files: readonly { readonly name: string; readonly len: number }[] | null;
}

interface Made {
  readonly packageId: string;
  readonly hasBackup: boolean;
  /** Of the bid's ledger, where the program keeps one. */
  readonly head: { readonly ledgerHead?: string };
}

const shown = (files: Files) =>
  files?.map((file) => ({ name: file instanceof File ? file.name : "", len: file.size })) ?? null;

const headOf = ({ ledgerHead }: { readonly ledgerHead?: string }) => (ledgerHead === undefined ? {} : { ledgerHead });

/** Encrypts, signs and opens again, with the key open in the program between its two halves. */
async function make(record: RequestRecord, consent: Consent, files: Files, { host, workshop }: Means): Promise<Made> {
  const { id, place, asked, prepared } = record;
  const { keyId, sealedPin } = consent;
  const isPrepared = prepared?.keyId === keyId && !prepared.results.some(({ outcome }) => outcome === "bad");
  if (asked?.operation !== "encrypt" || !isPrepared) throw new OperationError("INVALID_REQUEST", { path: "key" });
  const { platformId, projectCode, projectName, lot, openingTime } = asked.lot;
  const { packageId, header, keyBlock } = await workshop.call(place, "beginPackage", {
    id,
    header: { platformId, projectCode, projectName, lot, openingTime, signingCertificateSm3: keyId },
    recipients: prepared.recipients.map(({ certificate }) => certificate),
  });
  const { notice } = record.params as Kept;
  const { origin } = record.platform;
  const begun = await host.call("beginBid", { consentId: id, keyId, sealedPin, origin, notice, header, keyBlock });
  try {
    // In the frame inside the page they are there already.
    const brought = place === "own" && files !== undefined ? { files: [...files] } : {};
    const { trailer } = await workshop.call(place, "writePackage", { id, ...brought, ...headOf(begun) });
    const finished = await host.call("finishBid", { consentId: id, trailer });
    await workshop.call(place, "finishPackage", { id, signature: finished.signature });
    return { packageId, hasBackup: place === "own", head: headOf(finished) };
  } catch (error) {
    await host.call("abandonBid", { consentId: id }).catch(() => undefined);
    throw error;
  }
}

/** docs/operations/encrypt.md. */
export const encrypt: OperationHandler<"encrypt"> = {
  endsEarly: true,
  withoutContent: ({ notice, files }): Kept => ({ notice, files: shown(files) }),

  async prepare({ platform: { origin } }, { notice, files }, { host }) {
    const total = files?.reduce((sum, { size }) => sum + size, 0) ?? 0;
    if (total > limits.packageLen) throw new OperationError("TOO_LARGE", { limit: limits.packageLen });
    const lot = await host.call("readNotice", { origin, notice });
    return { operation: "encrypt", lot, files: shown(files) };
  },

  async perform(record, consent, means, brought) {
    if (consent === null) throw new OperationError("INVALID_REQUEST", { path: "key" });
    const ofThePage = (record.params as Kept).files !== null;
    // A worker that died since has only what is brought again.
    if (ofThePage && brought === null) throw new OperationError("INTERRUPTED");
    try {
      const made = await make(record, consent, brought?.files, means);
      await means.lastKeys.set(lastKeyOf(record), consent.keyId);
      return made;
    } catch (error) {
      // The next try, with another PIN, draws a key of its own.
      await means.workshop.call(record.place, "release", { id: record.id }).catch(() => undefined);
      throw error;
    }
  },

  /** What a picked file is called is no affair of the page's: it may be the price. */
  forSite(record, error) {
    const ofThePage = (record.params as Kept).files !== null;
    if (ofThePage || !OperationError.is(error, "CONTENT_UNREADABLE")) return error;
    return new OperationError("CONTENT_UNREADABLE", { name: "" });
  },

  tell(result) {
    const { packageId, hasBackup } = result as Made;
    return { operation: "encrypt", packageId, hasBackup };
  },

  async deliver({ id, place }, result, _params, { workshop }) {
    const { file } = await workshop.call(place, "takePackage", { id });
    const { packageId, head } = result as Made;
    return { packageId, package: new File([file], `${packageId}.cbid`, { type: file.type }), ...head };
  },

  /** What is whole stays where it is for a day: the page reads it by reference, and the window may save it. */
  release: (record, { workshop }) => workshop.call(record.place, "release", { id: record.id }),
};
