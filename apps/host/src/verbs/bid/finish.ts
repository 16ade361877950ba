/** finishBid, confirmBid and abandonBid: what becomes of a bid that was begun, and the end of its open key. docs/operations/encrypt.md */
import { encodeLegacyContext } from "@certbridge/bid";
import { sameBytes } from "@certbridge/pki";
import { type BidReport, type BidTrailer, type LegacyBidTrailer, trailerOf } from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical, parseCanonical } from "@certbridge/protocol/canonical";
import { BID_REPORT, BID_TRAILER, LEGACY_PACKAGE } from "@certbridge/protocol/content-types";
import { OperationError } from "@certbridge/protocol/errors";
import type { HostResult } from "@certbridge/protocol/host";
import { limits } from "@certbridge/protocol/limits";
import type { BegunBid } from "../../begun.ts";
import { instantOf } from "../../clock.ts";
import type { Handlers } from "../../dispatch.ts";
import type { Host, Run } from "../../host.ts";
import type { OpenKey } from "../../key-store.ts";
import { withOpened } from "../../key-store.ts";
import { failureOf, failureOfCode, ledgerHeadOf } from "../../ledger.ts";
import type { LedgerHead } from "../../ledger.ts";
import { isOfDevice } from "../consented-key.ts";
import { type Message, signMessage } from "../signed-message.ts";

/**
 * The trailer of the bid that was begun, in its one spelling; of its payload nothing is known here.
 *
 * @param head of the bid's ledger: where the trailer has one, it is this
 * @throws OperationError MALFORMED, INVALID_REQUEST
 */
function readTrailer(
  { gm }: Host,
  begun: BegunBid,
  bytes: Uint8Array,
  head: string | undefined,
): BidTrailer | LegacyBidTrailer {
  const trailer = parseCanonical(trailerOf(begun.header.format), bytes, limits.bidTrailerLen, "trailer");
  const fits =
    sameBytes(decodeBase64Url(trailer.headerSm3), gm.sm3(begun.headerBytes)) &&
    sameBytes(decodeBase64Url(trailer.commitment), begun.commitment) &&
    sameBytes(decodeBase64Url(trailer.keyBlockSm3), gm.sm3(begun.keyBlock)) &&
    (trailer.ledgerHead === undefined || trailer.ledgerHead === head);
  if (!fits) throw new OperationError("INVALID_REQUEST", { path: "trailer" });
  return trailer;
}

function reportOf(
  { gm, clock, identity, version }: Host,
  begun: BegunBid,
  trailer: Uint8Array,
  ledger: LedgerHead,
): BidReport {
  return {
    format: "shared-certificate-bid-report:1",
    packageId: begun.header.packageId,
    trailerSm3: encodeBase64Url(gm.sm3(trailer)),
    encryptionCertificateSm3: encodeBase64Url(gm.sm3(begun.encryptionCertificate.der)),
    carrier: begun.carrier,
    results: begun.results.map(({ rule, outcome }) => ({ rule, outcome })),
    ledger: { entries: ledger.entries, head: encodeBase64Url(ledger.head) },
    madeAt: instantOf(clock()),
    program: version,
    programSm3: encodeBase64Url(gm.sm3(decodeBase64Url(identity.publicKey))),
  };
}

/**
 * What is signed of a bid: its trailer; in the legacy profile the envelope, of which the trailer has the SM3, with header, trailer and key block as
 * they were begun. Either way the bytes are put together here, and mean a bid and nothing else.
 */
function messageOf(
  { headerBytes, keyBlock }: BegunBid,
  bytes: Uint8Array,
  trailer: BidTrailer | LegacyBidTrailer,
): Pick<Message, "contentType" | "content" | "more"> {
  if (trailer.format === "shared-certificate-bid-trailer:1") return { contentType: BID_TRAILER, content: bytes };
  const context = encodeLegacyContext({ header: headerBytes, trailer: bytes, keyBlock });
  return { contentType: LEGACY_PACKAGE, content: { sm3: decodeBase64Url(trailer.payloadSm3) }, more: [context] };
}

/** Two private-key calls, the last of the consent. */
async function finish(host: Host, begun: BegunBid, bytes: Uint8Array, key: OpenKey): Promise<HostResult<"finishBid">> {
  const { header, signer } = begun;
  const { ledgerHead } = await ledgerHeadOf(host, header.packageId);
  const trailer = readTrailer(host, begun, bytes, ledgerHead);
  const { format: _format, headerSm3: _header, ...trailed } = trailer;
  const maxLen = limits.bidSignatureLen;
  const message = messageOf(begun, bytes, trailer);
  const signature = await signMessage(host, key, signer, { ...message, detached: true, maxLen });
  const ledger = await host.ledger.add(header.packageId, { step: "encrypt", failure: null });
  const content = encodeCanonical(reportOf(host, begun, bytes, ledger));
  const report = encodeBase64Url(await signMessage(host, key, signer, { contentType: BID_REPORT, content, maxLen }));
  // The notice first: a bid without it is still held to its header, a notice without a bid harms nobody.
  await host.notices.keep(begun.notice);
  await host.bids.keep({
    format: "certbridge-bid-file:1",
    packageId: header.packageId,
    header: encodeBase64Url(begun.headerBytes),
    keyBlock: encodeBase64Url(begun.keyBlock),
    signatureSm3: encodeBase64Url(host.gm.sm3(signature)),
    trailer: trailed,
    signed: { trailer: encodeBase64Url(bytes), signature: encodeBase64Url(signature) },
    openers: begun.openers,
    keyId: begun.keyId,
    signingCertificate: encodeBase64Url(signer.certificate.der),
    encryptionCertificate: encodeBase64Url(begun.encryptionCertificate.der),
    madeAt: instantOf(host.clock()),
    unfinished: true,
    rehearsal: null,
    receipt: null,
    report,
    notice: { said: begun.notice.said, der: encodeBase64Url(begun.notice.der) },
  });
  return { signature: encodeBase64Url(signature), report, ledgerHead: encodeBase64Url(ledger.head) };
}

/**
 * Signs the trailer of what was begun, and of nothing else; then the bid is kept, unfinished: half of the work comes after. Whatever goes wrong, the key is closed: it is begun anew.
 *
 * @throws OperationError CONSENT_EXPIRED where it is over or was never begun, MALFORMED, INVALID_REQUEST, NOTICE_OUTDATED, STORE_BUSY
 */
export function finishBid(host: Host, run: Run): Handlers["finishBid"] {
  return async ({ consentId, trailer }) => {
    const begun = run.begun.take(consentId);
    if (begun === null) throw new OperationError("CONSENT_EXPIRED");
    try {
      const done = await withOpened(begun.key, (key) => finish(host, begun, decodeBase64Url(trailer), key));
      run.begun.signed(consentId, begun.header.packageId);
      return done;
    } catch (error) {
      // Its device failed before anything was signed: the person may begin once more in the same window.
      if (isOfDevice(error)) await host.consents.giveBack(consentId);
      await host.ledger.note(begun.header.packageId, { step: "encrypt", failure: failureOf(error) });
      throw error;
    }
  };
}

/** @throws OperationError INVALID_REQUEST where no such bid is here, STORE_BUSY */
export function confirmBid(host: Host, run: Run): Handlers["confirmBid"] {
  return async ({ consentId, packageId }) => {
    await host.bids.finished(packageId);
    run.begun.confirmed(consentId);
    return {};
  };
}

/** Where there is nothing to be abandoned, that is well too. A bid that was signed, but whose package came to nothing, is not kept. */
export function abandonBid(host: Host, run: Run): Handlers["abandonBid"] {
  return async ({ consentId, code }) => {
    // No answer came in time: it may be beginning still. After every other failure the person may begin once more.
    if (code === "HOST_FAILED") run.begun.abandon(consentId);
    const begun = run.begun.take(consentId);
    const signed = run.begun.takeSigned(consentId);
    begun?.key.close();
    if (signed !== null) await host.bids.drop(signed);
    const packageId = begun?.header.packageId ?? signed;
    if (packageId === null) return {};
    await host.ledger.note(packageId, { step: "encrypt", failure: failureOfCode(code) });
    return {};
  };
}
