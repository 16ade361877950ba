/** beginBid: the trial opening of the very key block on the very key, before a byte of the bid is handed in. docs/operations/encrypt.md */
import { findRecipient, parseEnvelopedData, sameBytes } from "@certbridge/pki";
import type { Certificate, EnvelopedData } from "@certbridge/pki";
import { bidFormats, type BidHeader, bidHeader } from "@certbridge/protocol/bid";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { parseCanonical } from "@certbridge/protocol/canonical";
import { OperationError } from "@certbridge/protocol/errors";
import type { HostParams, HostResult } from "@certbridge/protocol/host";
import { limits } from "@certbridge/protocol/limits";
import type { SignedNotice } from "@certbridge/trust";
import { wrongPackage } from "../../bids.ts";
import type { Handlers } from "../../dispatch.ts";
import type { Holder } from "../../holder.ts";
import type { Host, Run } from "../../host.ts";
import { withKeyBlock } from "../../key-block.ts";
import { ledgerHeadOf } from "../../ledger.ts";
import type { FoundClosedKey, OpenKey } from "../../key-store.ts";
import { usePlannedKey } from "../consented-key.ts";
import type { KeyPlan } from "../consented-key.ts";
import { askOutside, checkNewBid, refuseBad } from "./check.ts";
import { acceptNotice } from "./notice.ts";
import { recorded } from "./recorded.ts";
import { countOpeners, findRecipients } from "./recipients.ts";
import type { BidRecipient } from "./recipients.ts";

/** The trial, and the signatures of trailer and report. */
const CALLS = 3;

function unfit(path: string): OperationError {
  return new OperationError("INVALID_REQUEST", { path });
}

/**
 * The header of the notice's lot and profile and of the key that will sign, in the one spelling that it has.
 *
 * @throws OperationError MALFORMED, INVALID_REQUEST
 */
function readHeader(bytes: Uint8Array, { said }: SignedNotice, keyId: string): BidHeader {
  const header = parseCanonical(bidHeader, bytes, limits.bidHeaderLen, "header");
  const fits =
    header.format === bidFormats[said.profile ?? "standard"] &&
    header.platformId === said.platformId &&
    header.projectCode === said.projectCode &&
    header.projectName === said.projectName &&
    header.lot === said.lot &&
    header.openingTime === said.openingTime &&
    // A key is named by the SM3 of its signing certificate.
    header.signingCertificateSm3 === keyId;
  if (!fits) throw unfit("header");
  return header;
}

/** Whoever inserts a second key meanwhile need not begin anew. */
const MAY_BE_MISSING: readonly BidRecipient["role"][] = ["second", "expiring-second"];

/**
 * Nobody is among the recipients whom the person was not shown, and nobody is missing who has to be there. That what is encrypted for
 * the others opens for them cannot be seen without their keys.
 */
function checkRecipients(envelope: EnvelopedData, expected: readonly BidRecipient[]): Certificate {
  const found = expected.filter(({ certificate }) => findRecipient(envelope, certificate) !== null);
  const own = found.find(({ role }) => role === "own");
  const isWhole = expected.every((recipient) => MAY_BE_MISSING.includes(recipient.role) || found.includes(recipient));
  if (own === undefined || !isWhole || found.length !== envelope.recipients.length) throw unfit("keyBlock");
  return own.certificate;
}

/** What was asked, read; nothing of it was tried yet. */
interface Asked {
  readonly params: HostParams<"beginBid">;
  readonly notice: SignedNotice;
  readonly header: BidHeader;
  readonly headerBytes: Uint8Array;
  readonly keyBlock: Uint8Array;
  readonly envelope: EnvelopedData;
}

type Result = HostResult<"beginBid">;

async function plan(host: Host, run: Run, asked: Asked, holder: Holder, own: FoundClosedKey): Promise<KeyPlan<Result>> {
  const { params, notice, header, headerBytes, keyBlock, envelope } = asked;
  const { keyId, consentId } = params;
  const { carrier } = own;
  const expected = await findRecipients(host, holder, own, notice);
  const openers = countOpeners(expected.filter((one) => findRecipient(envelope, one.certificate) !== null));
  // The person has said so, with the PIN: a certificate that its CA took back is told before the PIN is tried.
  const check = await checkNewBid(host, { holder, own, notice, recipients: openers }, askOutside(host));
  refuseBad(check(null));
  const certificate = checkRecipients(envelope, expected);

  async function tryOpening(key: OpenKey): Promise<Result> {
    const commitment = await withKeyBlock(host.gm, key, { envelope, certificate }, (opened) =>
      sameBytes(opened.headerBytes, headerBytes) ? opened.commitment : null,
    );
    const results = check(commitment !== null);
    refuseBad(results);
    if (commitment === null) throw new OperationError("BID_REFUSED", { rule: "trial-opening" });
    const begun = { consentId, key, keyId, carrier, signer: holder, encryptionCertificate: certificate, notice };
    run.begun.put({ ...begun, headerBytes, header, keyBlock, commitment, openers, results });
    return { results: [...results] };
  }

  async function use(key: OpenKey): Promise<Result> {
    try {
      return await tryOpening(key);
    } catch (error) {
      key.close();
      throw error;
    }
  }
  return { calls: CALLS, opensFor: certificate, use };
}

/** Leaves the key open for the two calls that are left, until finishBid, abandonBid, or the end of the run. */
export function beginBid(host: Host, run: Run): Handlers["beginBid"] {
  return async (params) => {
    run.begun.mustHaveRoom();
    const notice = await acceptNotice(host, params);
    const headerBytes = decodeBase64Url(params.header);
    const header = readHeader(headerBytes, notice, params.keyId);
    const keyBlock = decodeBase64Url(params.keyBlock);
    const envelope = parseEnvelopedData(keyBlock, limits.keyBlockLen);
    if ((await host.bids.find(header.packageId)) !== null) throw wrongPackage();
    const asked = { params, notice, header, headerBytes, keyBlock, envelope };
    const { consentId } = params;
    const { packageId } = header;
    const tried = await recorded(host, { packageId, step: "trial" }, () =>
      usePlannedKey(host, params, (holder, own) => plan(host, run, asked, holder, own)),
    );
    try {
      return { ...tried, ...(await ledgerHeadOf(host, packageId)) };
    } catch (error) {
      // Its report could not be made either: told now, and not after an hour of encrypting; nobody asks for the key that was left open.
      run.begun.take(consentId)?.key.close();
      throw error;
    }
  };
}
