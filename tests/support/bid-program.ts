/**
 * A companion program for bid files in this process, for tests of those who ask it: signatures, envelopes and sealed PINs are real;
 * what it knows it keeps in memory, and a test moves it.
 */
import { randomBytes } from "node:crypto";
import {
  encodeEnvelopedData,
  findRecipient,
  hexOf,
  openEnvelopedData,
  parseCertificate,
  parseEnvelopedData,
  signData,
  verifySignedData,
} from "@certbridge/pki";
import { bidHeader, type BidNotice, type CarriedBid, type OpeningOrder, openingOrder } from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical, parseCanonical } from "@certbridge/protocol/canonical";
import { NOTICE, ORDER, RELEASED_KEY } from "@certbridge/protocol/content-types";
import { OperationError } from "@certbridge/protocol/errors";
import { bidVerbs, type HostKey, type OpenBid, type PreflightResult } from "@certbridge/protocol/host";
import { encodeSealedFileKey } from "@certbridge/protocol/host/sealed-file-key";
import { readSealedPin } from "@certbridge/protocol/host/sealed-pin";
import { limits } from "@certbridge/protocol/limits";
import { readNotice, type Registry } from "@certbridge/trust";
import * as v from "valibot";
import type { HostClient } from "../../extension/background/host-client.ts";
import { gm, NOW, party } from "./authority.ts";
import { sealFor } from "./client.ts";
import { PIN } from "./host.ts";

type Verbs = typeof bidVerbs;
type Verb = keyof Verbs;
type Params<N extends Verb> = v.InferOutput<Verbs[N]["params"]>;
type Result<N extends Verb> = v.InferOutput<Verbs[N]["result"]>;
const drawn = () => ({ contentKey: randomBytes(16), iv: randomBytes(16) });

type Handlers = { readonly [N in Verb]: (params: Params<N>) => Result<N> };

/** The one platform that it knows, at this origin. */
export function openBidProgram(origin: string) {
  const platform = party("平台", null, { keyUsage: ["digitalSignature"] });
  const room = party("开标室", null, { keyUsage: ["keyEncipherment"] });
  const identity = gm.sm2KeyPair();
  const registry: Registry = {
    platforms: [
      {
        id: "demo-a",
        name: "江南公共资源交易平台（演示）",
        origins: [origin],
        signingKeysSm3: [hexOf(gm.sm3(platform.publicKey))],
        enabled: true,
      },
    ],
    authorities: [],
  };

  /** A bidder's certificates, as one key. */
  function issueKey(serialTail: string) {
    const signing = party(`签名${serialTail}`, null, { keyUsage: ["digitalSignature"] });
    const encryption = party(`加密${serialTail}`, null, { keyUsage: ["keyEncipherment"] });
    return { keyId: encodeBase64Url(gm.sm3(signing.certificate.der)), signing, encryption, serialTail };
  }

  const inserted = [issueKey("3F2A")];
  const bids: OpenBid[] = [];
  /** What a test moves. */
  const state = {
    inserted,
    bids,
    clockBehind: false,
    prepared: [] as PreflightResult[],
    opens: true,
    notice: null as BidNotice | null,
    /** The bid whose key block every block is said to be. */
    blockOf: null as string | null,
    /** What can be taken to another computer, by package id. */
    carried: new Map<string, CarriedBid>(),
  };
  /** What was asked, in order, without the verbs that only look. */
  const asked: { readonly verb: Verb; readonly params: unknown }[] = [];
  const begun = new Map<string, { readonly header: Uint8Array; readonly keyId: string }>();

  const sign = (contentType: string, content: unknown) => {
    const { certificate, privateKey } = platform;
    const signed = { contentType, content: encodeCanonical(content), certificate, privateKey, signedAt: NOW };
    return encodeBase64Url(signData(gm, signed));
  };
  const said: BidNotice = {
    format: "shared-certificate-notice:1",
    platformId: "demo-a",
    projectCode: "JN-2026-118",
    projectName: "滨江路改造工程",
    lot: "1标段",
    openingTime: "2026-12-20T01:30:00Z",
    sequence: 1,
  };
  const order: OpeningOrder = {
    format: "shared-certificate-order:1",
    platformId: "demo-a",
    projectCode: said.projectCode,
    lot: said.lot,
    openingTime: said.openingTime,
    roomCertificate: encodeBase64Url(room.certificate.der),
    nonce: encodeBase64Url(randomBytes(32)),
    notAfter: "2026-12-20T02:00:00Z",
  };

  function noticeOf(params: { readonly origin: string; readonly notice: string }): BidNotice {
    return readNotice(gm, { registry, origin: params.origin }, decodeBase64Url(params.notice)).said;
  }
  const lotOf = ({ committee: _ofTheirs, format: _ofANotice, ...lot }: BidNotice) => ({
    ...lot,
    platformName: "江南公共资源交易平台（演示）",
    origins: [origin],
  });

  function orderOf(params: { readonly origin: string; readonly order: string }): OpeningOrder {
    const { content, signer } = verifySignedData(gm, decodeBase64Url(params.order), { contentType: ORDER });
    const isItsKey = params.origin === origin && hexOf(signer.publicKey) === hexOf(platform.publicKey);
    if (!isItsKey || content === null) throw new OperationError("PLATFORM_UNPROVED", { what: "order" });
    return parseCanonical(openingOrder, content, limits.noticeLen, "order");
  }

  /** The key with its PIN, or what is wrong with either. */
  function open({ consentId, keyId, sealedPin }: { consentId: string; keyId: string; sealedPin: string }) {
    const plaintext = gm.sm2Decrypt(identity.privateKey, decodeBase64Url(sealedPin));
    const pin = plaintext === null ? null : readSealedPin(consentId, plaintext);
    const key = state.inserted.find((each) => each.keyId === keyId);
    if (key === undefined) throw new OperationError("KEY_NOT_FOUND");
    if (pin === null || new TextDecoder().decode(pin) !== PIN) {
      throw new OperationError("PIN_INCORRECT", { triesLeft: 2, retryAt: null });
    }
    return key;
  }

  type Key = ReturnType<typeof issueKey>;

  const envelopeOf = (keyBlock: string) => parseEnvelopedData(decodeBase64Url(keyBlock), limits.keyBlockLen);
  const openBlock = ({ encryption }: Key, keyBlock: string) =>
    openEnvelopedData(gm, envelopeOf(keyBlock), encryption.certificate, encryption.privateKey);

  const handlers: Handlers = {
    readNotice: (params) => lotOf(noticeOf(params)),
    prepareBid(params) {
      const key = state.inserted.find(({ keyId }) => keyId === params.keyId);
      if (key === undefined) throw new OperationError("KEY_NOT_FOUND");
      const certificate = encodeBase64Url(key.encryption.certificate.der);
      const own = { certificate, role: "own" as const, authority: "测试数科CA", serialTail: key.serialTail };
      return { lot: lotOf(noticeOf(params)), recipients: [own], results: [...state.prepared] };
    },
    beginBid(params) {
      const key = open(params);
      const opened = state.opens && openBlock(key, params.keyBlock) !== null;
      const results: PreflightResult[] = [{ rule: "trial-opening", outcome: opened ? "good" : "bad" }];
      if (!opened) throw new OperationError("BID_REFUSED", { rule: "trial-opening" });
      begun.set(params.consentId, { header: decodeBase64Url(params.header), keyId: params.keyId });
      return { results };
    },
    finishBid({ consentId, trailer }) {
      const bid = begun.get(consentId);
      const key = state.inserted.find(({ keyId }) => keyId === bid?.keyId);
      if (bid === undefined || key === undefined) throw new OperationError("INVALID_REQUEST", { path: "consentId" });
      begun.delete(consentId);
      const { certificate, privateKey } = key.signing;
      const content = decodeBase64Url(trailer);
      const signature = signData(gm, { contentType: NOTICE, content, certificate, privateKey, signedAt: NOW });
      return { signature: encodeBase64Url(signature), report: "" };
    },
    confirmBid: () => ({}),
    abandonBid({ consentId }) {
      begun.delete(consentId);
      return {};
    },
    bids: () => ({ bids: [...state.bids] }),
    rehearseBid(params) {
      const key = open(params);
      const bid = state.bids.find(({ packageId }) => packageId === params.packageId);
      if (bid?.keyId !== key.keyId) throw new OperationError("KEY_NOT_FOUND");
      const outcome = state.opens ? "good" : "bad";
      return { ...bid, readiness: state.opens ? "green" : "red", results: [{ rule: "trial-opening", outcome }] };
    },
    exportBid({ packageId }) {
      const bid = state.carried.get(packageId);
      if (bid === undefined) throw new OperationError("INVALID_REQUEST", { path: "packageId" });
      return { bid };
    },
    importBid({ bid }) {
      const { packageId } = parseCanonical(bidHeader, decodeBase64Url(bid.header), limits.bidHeaderLen, "header");
      const outcome = state.carried.has(packageId) ? "known" : "added";
      state.carried.set(packageId, bid);
      return { packageId, outcome };
    },
    noteBackup({ packageId }) {
      const bid = state.bids.find((each) => each.packageId === packageId);
      if (bid !== undefined) bid.rungs = { recipients: 1, exportedAt: null, backupAt: NOW.toISOString() };
      return {};
    },
    saveReceipt(params) {
      const bid = state.bids.find(({ packageId }) => packageId === params.packageId);
      if (bid !== undefined) bid.receiptAt = NOW.toISOString();
      return { kept: bid !== undefined };
    },
    bidEvidence({ packageId, piece }) {
      if (!state.bids.some((bid) => bid.packageId === packageId))
        throw new OperationError("INVALID_REQUEST", { path: "packageId" });
      return { html: ["<!doctype html>", `<title>${packageId}</title>`][piece] ?? "", pieces: 2 };
    },
    updateNotice(params) {
      const notice = noticeOf(params);
      if ((state.notice?.sequence ?? 0) > notice.sequence) throw new OperationError("NOTICE_OUTDATED");
      state.notice = notice;
      return { lot: lotOf(notice), packageIds: [] };
    },
    readOwnBid: ({ keyBlock }) => ({
      platformName: "江南公共资源交易平台（演示）",
      origins: [origin],
      keyIds: state.inserted
        .filter(({ encryption }) => findRecipient(envelopeOf(keyBlock), encryption.certificate) !== null)
        .map(({ keyId }) => keyId),
    }),
    openOwnBid(params) {
      const content = openBlock(open(params), params.keyBlock);
      if (content === null) throw new OperationError("BID_NOT_OPENED");
      const plaintext = encodeSealedFileKey(params.consentId, content.subarray(0, 32));
      return { sealedKey: encodeBase64Url(gm.sm2Encrypt(decodeBase64Url(params.worker), plaintext)) };
    },
    readOrder(params) {
      const { projectCode, lot, openingTime } = orderOf(params);
      const opening = state.inserted.filter(
        ({ encryption }) => findRecipient(envelopeOf(params.keyBlock), encryption.certificate) !== null,
      );
      return {
        lot: { platformName: "江南公共资源交易平台（演示）", projectCode, lot, openingTime },
        stampedAt: openingTime,
        stampedFrom: openingTime,
        clockBehind: state.clockBehind,
        keyIds: opening.map(({ keyId }) => keyId),
        hereIds: state.inserted.map(({ keyId }) => keyId),
        packageId: state.blockOf,
      };
    },
    releaseBackup(params) {
      const { openingTime } = orderOf(params);
      return { stampedAt: openingTime, stampedFrom: openingTime };
    },
    noteBackupRelease: () => ({}),
    releaseKey(params) {
      const key = open(params);
      const { roomCertificate } = orderOf(params);
      if (state.clockBehind && !params.clockAccepted) throw new OperationError("ORDER_REFUSED", { rule: "too-early" });
      const content = openBlock(key, params.keyBlock);
      if (content === null) throw new OperationError("KEY_NOT_FOUND");
      const recipients = [parseCertificate(decodeBase64Url(roomCertificate))];
      const envelope = encodeEnvelopedData(gm, { content, recipients, ...drawn() });
      const { certificate, privateKey } = key.signing;
      const released = { contentType: RELEASED_KEY, content: envelope, certificate, privateKey, signedAt: NOW };
      return { releasedKey: encodeBase64Url(signData(gm, released)), packageId: encodeBase64Url(randomBytes(16)) };
    },
  };

  const shown = ({ keyId, serialTail }: Key): HostKey => ({
    keyId,
    carrier: "software",
    holder: { name: "江南建设有限公司", uscc: null },
    authority: "测试数科CA",
    serialTail,
    notBefore: "2026-01-01T00:00:00Z",
    notAfter: "2028-01-01T00:00:00Z",
    state: "usable",
    pin: { triesLeft: 3, retryAt: null },
    credentials: [],
  });

  function call(verb: string, params: object): unknown {
    if (verb === "keys") return { keys: state.inserted.map(shown) };
    const known = verb as Verb;
    asked.push({ verb: known, params });
    const read: unknown = v.parse<v.GenericSchema>(bidVerbs[known].params, params);
    return v.parse<v.GenericSchema>(bidVerbs[known].result, handlers[known](read as never));
  }
  const host = {
    // Whatever it throws is a rejection.
    call: (verb: string, params: object) => Promise.resolve().then(() => call(verb, params)),
    look: () =>
      Promise.resolve({
        state: {
          state: "ready",
          version: "0.1.0",
          identity: {
            publicKey: encodeBase64Url(identity.publicKey),
            fingerprint: "0A3F",
            since: "2026-11-28T00:00:00Z",
          },
          hazards: [],
        },
        operations: Object.keys(bidVerbs),
        carriers: ["software"],
      }),
    trust: () => Promise.resolve(),
  } as HostClient;

  return {
    host,
    state,
    issueKey,
    /** The verbs that it was asked, without those that only look. */
    uses(): readonly Verb[] {
      const looks: readonly Verb[] = ["readNotice", "prepareBid", "bids", "bidEvidence", "readOrder", "readOwnBid"];
      return asked.map(({ verb }) => verb).filter((verb) => !looks.includes(verb));
    },
    timesAsked: (verb: Verb) => asked.filter((each) => each.verb === verb).length,
    paramsOf: (verb: Verb) => asked.findLast((each) => each.verb === verb)?.params,
    notice: (change: Partial<BidNotice> = {}) => sign(NOTICE, { ...said, ...change }),
    order: (change: Partial<OpeningOrder> = {}) => sign(ORDER, { ...order, ...change }),
    /** A key block that these keys open. */
    keyBlock(keys: readonly Key[], content: Uint8Array = randomBytes(80)) {
      const recipients = keys.map(({ encryption }) => encryption.certificate);
      return encodeBase64Url(encodeEnvelopedData(gm, { content, recipients, ...drawn() }));
    },
    /** What the room reads of a released key. */
    release(releasedKey: string): Uint8Array | null {
      const { content } = verifySignedData(gm, decodeBase64Url(releasedKey), { contentType: RELEASED_KEY });
      if (content === null) return null;
      return openEnvelopedData(gm, parseEnvelopedData(content, limits.noticeLen), room.certificate, room.privateKey);
    },
    /** A bid of this computer. */
    bid(key: Key, change: Partial<OpenBid> = {}): OpenBid {
      return {
        packageId: encodeBase64Url(randomBytes(16)),
        lot: lotOf(said),
        keyId: key.keyId,
        authority: "测试数科CA",
        serialTail: key.serialTail,
        notAfter: "2028-01-01T00:00:00Z",
        madeAt: "2026-11-23T09:00:00Z",
        rehearsedAt: null,
        receiptAt: null,
        rungs: { recipients: 1, backupAt: null, exportedAt: null },
        readiness: "amber",
        results: [{ rule: "trial-opening", outcome: "unknown" }],
        ...change,
      };
    },
    /** What the window sends for this key. */
    consent: (id: string, { keyId }: Key, pin = PIN) => ({
      keyId,
      sealedPin: sealFor(encodeBase64Url(identity.publicKey), id, pin),
      credentialId: null,
    }),
  };
}
