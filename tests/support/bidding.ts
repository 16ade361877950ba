/** A platform with its notices, orders and opening room, a time-stamping authority, and bidders' packages: everything around a bid. */
import { randomBytes } from "node:crypto";
import { encodeKeyBlockContent, parseKeyBlockContent } from "@certbridge/bid";
import {
  addUnsignedAttribute,
  encodeEnvelopedData,
  hexOf,
  issueTimeStampToken,
  oid,
  openEnvelopedData,
  parseCertificate,
  parseEnvelopedData,
  parseSignedData,
  signData,
  verifySignedData,
} from "@certbridge/pki";
import {
  type BidHeader,
  type BidNotice,
  type BidReceipt,
  type BidReport,
  type CarriedBid,
  type OpeningOrder,
  type OpeningReceipt,
  releasedKey,
} from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical, parseCanonical } from "@certbridge/protocol/canonical";
import {
  BID_RECEIPT,
  BID_REPORT,
  NOTICE,
  OPENING_RECEIPT,
  ORDER,
  RELEASED_KEY,
} from "@certbridge/protocol/content-types";
import { limits } from "@certbridge/protocol/limits";
import type { Registry } from "@certbridge/trust";
import { DAY, gm, party, type Party } from "./authority.ts";
import { PLATFORM_ORIGIN, registryOf } from "./host.ts";

const MINUTE = 60_000;

export interface OrderOptions {
  readonly change?: Readonly<Record<string, unknown>>;
  /** Null leaves it without a stamp. */
  readonly stampedAt?: number | null;
  readonly by?: Party;
  readonly stamper?: Party;
  /** That the stamp states of itself. */
  readonly accuracyMs?: number;
  /** What is stamped, where it is not the signature. */
  readonly imprint?: Uint8Array;
  readonly contentType?: string;
}

export interface Bidding {
  readonly registry: Registry;
  readonly platform: Party;
  readonly stamper: Party;
  readonly room: Party;
  readonly origin: string;
  /** Milliseconds since 1970. */
  readonly openingAt: number;
  notice(change?: Partial<BidNotice>, by?: Party): Uint8Array;
  order(options?: OrderOptions): Uint8Array;
  /** For a package of this signature, a day before the opening. */
  receipt(of: Pick<BidReceipt, "packageId" | "signatureSm3">, options?: OrderOptions): Uint8Array;
  /** For a released key for that package, two minutes into the opening. */
  openingReceipt(
    of: Pick<BidReceipt, "packageId" | "signatureSm3">,
    releasedKey: Uint8Array,
    options?: OrderOptions,
  ): Uint8Array;
}

const instant = (ms: number): string => new Date(ms).toISOString();

/** SEQUENCE { timeStamping 1.3.6.1.5.5.7.3.8 }. */
const TIME_STAMPING = Uint8Array.of(0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8);

/** A time-stamping authority. */
export function openStamper(life: { readonly notBefore: Date; readonly notAfter: Date }): Party {
  const extensions = [{ type: oid.extendedKeyUsage, critical: true, value: TIME_STAMPING }];
  return party("时间戳中心", null, { keyUsage: ["digitalSignature"], extensions, ...life });
}

/** @param openingAt when the opening is announced for; certificates are in force a year before and after */
export function openBidding(authority: Party, openingAt: number): Bidding {
  const life = { notBefore: new Date(openingAt - 365 * DAY), notAfter: new Date(openingAt + 365 * DAY) };
  const platform = party("江南平台", null, { keyUsage: ["digitalSignature"], ...life });
  const stamper = openStamper(life);
  const room = party("开标室", null, { keyUsage: ["keyEncipherment"], ...life });
  const sm3Of = ({ publicKey }: Party) => hexOf(gm.sm3(publicKey));
  const registry: Registry = {
    ...registryOf(authority),
    platforms: [
      {
        id: "demo-a",
        name: "江南公共资源交易平台（演示）",
        origins: [PLATFORM_ORIGIN],
        signingKeysSm3: [sm3Of(platform)],
        enabled: true,
      },
      {
        id: "demo-b",
        name: "岭北平台",
        origins: ["https://bid-b.demo.test"],
        signingKeysSm3: [sm3Of(platform)],
        enabled: true,
      },
    ],
    timeStampKeysSm3: [sm3Of(stamper)],
  };
  let serial = 0;

  function sign(content: object, contentType: string, by: Party, signedAt: number): Uint8Array {
    const { certificate, privateKey } = by;
    const bytes = encodeCanonical(content);
    return signData(gm, { contentType, content: bytes, certificate, privateKey, signedAt: new Date(signedAt) });
  }

  /** The message with a stamp over its signature. */
  function stamp(
    der: Uint8Array,
    at: number,
    options: Pick<OrderOptions, "imprint" | "stamper" | "accuracyMs">,
  ): Uint8Array {
    const [signer] = parseSignedData(der).signers;
    if (signer === undefined) throw new Error("a signer expected");
    const { certificate, privateKey } = options.stamper ?? stamper;
    const value = issueTimeStampToken(gm, {
      imprint: options.imprint ?? gm.sm3(signer.signatureOctets),
      genTime: new Date(at),
      ...(options.accuracyMs === undefined ? {} : { accuracyMs: options.accuracyMs }),
      serialNumber: Uint8Array.of(1, ++serial),
      policy: "2.999.1",
      certificate,
      privateKey,
    });
    return addUnsignedAttribute(der, { type: oid.signatureTimeStamp, value });
  }

  return {
    registry,
    platform,
    stamper,
    room,
    origin: PLATFORM_ORIGIN,
    openingAt,
    notice(change = {}, by = platform) {
      const said: BidNotice = {
        format: "shared-certificate-notice:1",
        platformId: "demo-a",
        projectCode: "JN-2026-118",
        projectName: "滨江路改造工程",
        lot: "1标段",
        openingTime: instant(openingAt),
        sequence: 1,
        ...change,
      };
      return sign(said, NOTICE, by, openingAt - 20 * DAY);
    },
    order(options = {}) {
      const { change = {}, stampedAt = openingAt + MINUTE, by = platform, contentType = ORDER } = options;
      const said: OpeningOrder = {
        format: "shared-certificate-order:1",
        platformId: "demo-a",
        projectCode: "JN-2026-118",
        lot: "1标段",
        openingTime: instant(openingAt),
        roomCertificate: encodeBase64Url(room.certificate.der),
        nonce: encodeBase64Url(randomBytes(32)),
        notAfter: instant(openingAt + 25 * MINUTE),
      };
      const der = sign({ ...said, ...change }, contentType, by, openingAt);
      return stampedAt === null ? der : stamp(der, stampedAt, options);
    },
    receipt({ packageId, signatureSm3 }, options = {}) {
      const { change = {}, by = platform, contentType = BID_RECEIPT } = options;
      const receivedAt = openingAt - DAY;
      const said: BidReceipt = {
        format: "shared-certificate-receipt:1",
        platformId: "demo-a",
        projectCode: "JN-2026-118",
        lot: "1标段",
        packageId,
        signatureSm3,
        packageLen: 1_050_000,
        receivedAt: instant(receivedAt),
      };
      const der = sign({ ...said, ...change }, contentType, by, receivedAt);
      const { stampedAt = receivedAt + MINUTE } = options;
      return stampedAt === null ? der : stamp(der, stampedAt, options);
    },
    openingReceipt({ packageId, signatureSm3 }, key, options = {}) {
      const { change = {}, by = platform, contentType = OPENING_RECEIPT } = options;
      const receivedAt = openingAt + 2 * MINUTE;
      const { content } = parseSignedData(key);
      const { orderSm3, ledgerHead } = parseCanonical(
        releasedKey,
        content ?? new Uint8Array(0),
        limits.noticeLen,
        "released key",
      );
      const said: OpeningReceipt = {
        format: "shared-certificate-opening-receipt:1",
        platformId: "demo-a",
        projectCode: "JN-2026-118",
        lot: "1标段",
        packageId,
        signatureSm3,
        orderSm3,
        releasedKeySm3: encodeBase64Url(gm.sm3(key)),
        ...(ledgerHead === undefined ? {} : { openHead: ledgerHead }),
        refusal: null,
        receivedAt: instant(receivedAt),
      };
      const der = sign({ ...said, ...change }, contentType, by, receivedAt);
      const { stampedAt = receivedAt + 1000 } = options;
      return stampedAt === null ? der : stamp(der, stampedAt, options);
    },
  };
}

/** A package as far as the companion program sees it. */
export interface MadeBid {
  readonly header: BidHeader;
  readonly headerBytes: Uint8Array;
  readonly fileKey: Uint8Array;
  readonly content: Uint8Array;
  readonly keyBlock: Uint8Array;
  readonly trailer: Uint8Array;
}

/** @param recipients encryption certificates, DER */
export function makeBid(
  keyId: string,
  openingTime: string,
  recipients: readonly Uint8Array[],
  change: Partial<BidHeader> = {},
): MadeBid {
  const header: BidHeader = {
    format: "shared-certificate-bid:1",
    packageId: encodeBase64Url(randomBytes(16)),
    platformId: "demo-a",
    projectCode: "JN-2026-118",
    projectName: "滨江路改造工程",
    lot: "1标段",
    openingTime,
    signingCertificateSm3: keyId,
    ...change,
  };
  const headerBytes = encodeCanonical(header);
  const fileKey = new Uint8Array(randomBytes(32));
  const content = encodeKeyBlockContent(gm, fileKey, headerBytes);
  const keyBlock = sealKeyBlock(content, recipients);
  const trailer = encodeCanonical({
    format: "shared-certificate-bid-trailer:1",
    headerSm3: encodeBase64Url(gm.sm3(headerBytes)),
    commitment: encodeBase64Url(content.subarray(32, 64)),
    keyBlockSm3: encodeBase64Url(gm.sm3(keyBlock)),
    payloadLen: limits.sealedSegmentLen,
    payloadSm3: encodeBase64Url(randomBytes(32)),
  });
  return { header, headerBytes, fileKey, content, keyBlock, trailer };
}

export function sealKeyBlock(content: Uint8Array, recipients: readonly Uint8Array[]): Uint8Array {
  const [contentKey, iv] = [randomBytes(16), randomBytes(16)];
  return encodeEnvelopedData(gm, { content, recipients: recipients.map(parseCertificate), contentKey, iv });
}

/** The bid on its way to another computer, with the report of whoever signs it here: not the one whom its header names. */
export function carryBid(
  made: MadeBid,
  encryptionCertificate: Uint8Array,
  by = party("投标人", null, { keyUsage: ["digitalSignature"] }),
): CarriedBid {
  const sm3 = (bytes: Uint8Array) => encodeBase64Url(gm.sm3(bytes));
  const report: BidReport = {
    format: "shared-certificate-bid-report:1",
    packageId: made.header.packageId,
    trailerSm3: sm3(made.trailer),
    encryptionCertificateSm3: sm3(encryptionCertificate),
    carrier: "software",
    results: [],
    ledger: { entries: 2, head: sm3(made.trailer) },
    madeAt: made.header.openingTime,
    program: "0.1.0",
  };
  const { certificate, privateKey } = by;
  const signed = { contentType: BID_REPORT, content: encodeCanonical(report), certificate, privateKey };
  return {
    format: "shared-certificate-open-bid:1",
    header: encodeBase64Url(made.headerBytes),
    trailer: encodeBase64Url(made.trailer),
    keyBlock: encodeBase64Url(made.keyBlock),
    signatureSm3: sm3(made.trailer),
    encryptionCertificate: encodeBase64Url(encryptionCertificate),
    report: encodeBase64Url(signData(gm, { ...signed, signedAt: certificate.notBefore })),
    notice: null,
    receipt: null,
  };
}

/** The opening room's side: the released key's signature, and the file key out of it. */
export function openReleased(room: Party, der: Uint8Array) {
  const { content, signer } = verifySignedData(gm, der, { contentType: RELEASED_KEY });
  const said = parseCanonical(releasedKey, content ?? new Uint8Array(0), limits.noticeLen, "released key");
  const envelope = parseEnvelopedData(decodeBase64Url(said.envelope), limits.keyBlockLen);
  const opened = openEnvelopedData(gm, envelope, room.certificate, room.privateKey);
  return { said, signer, opened: opened === null ? null : parseKeyBlockContent(gm, opened) };
}
