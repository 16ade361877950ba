/**
 * A bid that its bidder opens for their own use (自行解密), by no order: its file key goes to the one worker of the extension that has the package, and
 * nobody on the way there can read it. docs/operations/decrypt.md
 */
import { FILE_KEY_LEN } from "@certbridge/bid";
import { parseEnvelopedData, sameBytes } from "@certbridge/pki";
import type { Certificate, EnvelopedData } from "@certbridge/pki";
import { type BidHeader, bidHeader } from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { parseCanonical } from "@certbridge/protocol/canonical";
import { OperationError } from "@certbridge/protocol/errors";
import { encodeSealedFileKey } from "@certbridge/protocol/host/sealed-file-key";
import { limits } from "@certbridge/protocol/limits";
import type { Handlers } from "../../dispatch.ts";
import type { Host } from "../../host.ts";
import { isOfBid, withKeyBlock } from "../../key-block.ts";
import type { OpenKey } from "../../key-store.ts";
import { listKeys, recipientOf } from "../../key-store.ts";
import { withPlannedKey } from "../consented-key.ts";
import { describePlatform } from "./lot.ts";
import { triedOpening } from "./order.ts";
import { recorded } from "./recorded.ts";
import type { Tried } from "./recorded.ts";

/** The opening of the key block. */
const CALLS = 1;

interface Params {
  readonly header: string;
  readonly keyBlock: string;
}

interface OwnBid {
  readonly header: BidHeader;
  readonly headerBytes: Uint8Array;
  readonly envelope: EnvelopedData;
}

/** @throws OperationError MALFORMED */
function readPackage({ header, keyBlock }: Params): OwnBid {
  const headerBytes = decodeBase64Url(header);
  return {
    header: parseCanonical(bidHeader, headerBytes, limits.bidHeaderLen, "header"),
    headerBytes,
    envelope: parseEnvelopedData(decodeBase64Url(keyBlock), limits.keyBlockLen),
  };
}

export function readOwnBid(host: Host): Handlers["readOwnBid"] {
  return async (params) => {
    const { header, envelope } = readPackage(params);
    const here = params.beforeAsking === true ? [] : await listKeys(host.stores);
    const keys = here.filter((key) => recipientOf(key, envelope) !== null);
    return { ...describePlatform(host, header.platformId), keyIds: keys.map(({ keyId }) => keyId) };
  };
}

/** @throws OperationError INVALID_REQUEST where nothing can be encrypted to it: better before a PIN is tried */
function readWorker({ gm }: Host, worker: string): (plaintext: Uint8Array) => Uint8Array {
  const publicKey = decodeBase64Url(worker);
  try {
    gm.sm2Encrypt(publicKey, Uint8Array.of(0));
  } catch (cause) {
    throw new OperationError("INVALID_REQUEST", { path: "worker" }, { cause });
  }
  return (plaintext) => gm.sm2Encrypt(publicKey, plaintext);
}

export function openOwnBid(host: Host): Handlers["openOwnBid"] {
  interface Opening {
    readonly bid: OwnBid;
    readonly certificate: Certificate;
    readonly tried: Tried;
    readonly seal: (fileKey: Uint8Array) => Uint8Array;
  }

  /** @throws OperationError BID_NOT_OPENED */
  async function open({ bid, certificate, tried, seal }: Opening, key: OpenKey): Promise<{ sealedKey: string }> {
    const { header, headerBytes, envelope } = bid;
    const sealed = await withKeyBlock(host.gm, key, { envelope, certificate }, async (opened) => {
      // What the person was shown is the header; the key block of another bid may not hide behind it.
      if (!sameBytes(opened.headerBytes, headerBytes)) return null;
      tried.packageId = header.packageId;
      const known = await host.bids.find(header.packageId);
      if (known !== null && !isOfBid(opened, known)) return null;
      return seal(opened.content.subarray(0, FILE_KEY_LEN));
    });
    if (sealed === null) throw new OperationError("BID_NOT_OPENED");
    return { sealedKey: encodeBase64Url(sealed) };
  }

  return async ({ header, keyBlock, worker, ...consented }) => {
    const bid = readPackage({ header, keyBlock });
    const encrypt = readWorker(host, worker);
    const seal = (fileKey: Uint8Array) => {
      const plaintext = encodeSealedFileKey(consented.consentId, fileKey);
      try {
        return encrypt(plaintext);
      } finally {
        plaintext.fill(0);
      }
    };
    const { tried } = await triedOpening(host, keyBlock, "own");
    return recorded(host, tried, () =>
      withPlannedKey(
        host,
        consented,
        async (_holder, found) => {
          const certificate = recipientOf(found, bid.envelope);
          if (certificate === null) throw new OperationError("KEY_NOT_FOUND");
          return { calls: CALLS, opensFor: certificate, use: (key) => open({ bid, certificate, tried, seal }, key) };
        },
        { mayBeExpired: true },
      ),
    );
  };
}
