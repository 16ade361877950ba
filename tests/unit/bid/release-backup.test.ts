import { type BackupRelease, encodeBackupKey, parseKeyBlockContent, releaseBackupKey } from "@certbridge/bid";
import { openEnvelopedData, parseEnvelopedData, signData } from "@certbridge/pki";
import { type BidHeader, type OpeningOrder, releasedBackupKey } from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical, parseCanonical } from "@certbridge/protocol/canonical";
import { ORDER } from "@certbridge/protocol/content-types";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { DAY, gm, party } from "../../support/authority.ts";

/** A backup key file on the day of the opening: for which order it gives its key, to whom, and when it does not. */

const OPENING = Date.parse("2026-12-20T01:30:00Z");
const MINUTE = 60_000;
const instant = (ms: number) => new Date(OPENING + ms).toISOString();
const life = { notBefore: new Date(OPENING - DAY), notAfter: new Date(OPENING + DAY) };
const room = party("开标室", null, { keyUsage: ["keyEncipherment"], ...life });
const platform = party("平台", null, { keyUsage: ["digitalSignature"], ...life });

const header: BidHeader = {
  format: "shared-certificate-bid:1",
  packageId: encodeBase64Url(randomBytes(16)),
  platformId: "demo-a",
  projectCode: "JN-2026-118",
  projectName: "滨江路改造工程",
  lot: "1标段",
  openingTime: "2026-12-20T01:30:00Z",
  signingCertificateSm3: encodeBase64Url(randomBytes(32)),
};
const fileKey = Uint8Array.from(randomBytes(32));
const passphrase = "0123-4567-89AB-CDEF-GHJK";

const fileOf = (said: Partial<BidHeader> = {}) =>
  encodeBackupKey(gm, {
    header: encodeCanonical({ ...header, ...said }),
    fileKey,
    passphrase,
    fresh: Uint8Array.from(randomBytes(28)),
  });
const file = fileOf();

function orderOf(change: Partial<OpeningOrder> = {}) {
  const content = encodeCanonical({
    format: "shared-certificate-order:1",
    platformId: header.platformId,
    projectCode: header.projectCode,
    lot: header.lot,
    openingTime: header.openingTime,
    roomCertificate: encodeBase64Url(room.certificate.der),
    nonce: encodeBase64Url(randomBytes(32)),
    notAfter: instant(30 * MINUTE),
    ...change,
  } satisfies OpeningOrder);
  const { certificate, privateKey } = platform;
  return { content, der: signData(gm, { contentType: ORDER, content, certificate, privateKey, signedAt: new Date() }) };
}
const order = orderOf();

const release = (change: Partial<BackupRelease> = {}) =>
  releaseBackupKey(gm, {
    file,
    passphrase,
    order: order.der,
    stampedAt: new Date(OPENING + MINUTE),
    stampedFrom: new Date(OPENING + MINUTE),
    now: OPENING + 2 * MINUTE,
    clockAccepted: false,
    fresh: Uint8Array.from(randomBytes(32)),
    ...change,
  });

function refusal(change: Partial<BackupRelease>): string {
  try {
    release(change);
    return "released";
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return `${error.code} ${JSON.stringify(error.details ?? null)}`;
  }
}

const NOT_OPENED = 'BACKUP_KEY_REFUSED {"fault":"not-opened","retryAt":null}';
const ANOTHER_BID = 'BACKUP_KEY_REFUSED {"fault":"another-bid","retryAt":null}';

test("gives the room what the key block would have: file key, commitment, header; for this order", () => {
  const said = parseCanonical(releasedBackupKey, release(), limits.noticeLen, "released key");
  expect(said).toMatchObject({
    format: "shared-certificate-released-key:1-backup",
    packageId: header.packageId,
    orderSm3: encodeBase64Url(gm.sm3(order.content)),
    roomCertificateSm3: encodeBase64Url(gm.sm3(room.certificate.der)),
  });
  const envelope = parseEnvelopedData(decodeBase64Url(said.envelope), limits.keyBlockLen);
  expect(envelope.recipients).toHaveLength(1);
  const content = openEnvelopedData(gm, envelope, room.certificate, room.privateKey);
  // It is null where the commitment is not that of file key and header.
  const parsed = content === null ? null : parseKeyBlockContent(gm, content);
  expect(parsed).toMatchObject({ fileKey, header });
});

test("draws its envelope from what is fresh, and leaves none of it", () => {
  const fresh = Uint8Array.from(randomBytes(32));
  release({ fresh });
  expect(fresh).toEqual(new Uint8Array(32));
  expect(() => release({ fresh: new Uint8Array(31) })).toThrow(RangeError);
});

describe("no key is given", () => {
  test("for a wrong passphrase, a damaged file, or what is none: one answer", () => {
    expect(refusal({ passphrase: "0123-4567-89AB-CDEF-GHJM" })).toBe(NOT_OPENED);
    expect(refusal({ passphrase: "" })).toBe(NOT_OPENED);
    const text = new TextDecoder().decode(file);
    const sealed = /"sealed":"(.)/.exec(text)?.[1];
    const other = text.replace(/"sealed":"./, `"sealed":"${sealed === "A" ? "B" : "A"}`);
    expect(refusal({ file: new TextEncoder().encode(other) })).toBe(NOT_OPENED);
    for (const none of ["", "{}", "PK\u0003\u0004"]) {
      expect(refusal({ file: new TextEncoder().encode(none) })).toBe(NOT_OPENED);
    }
  });

  test.each([{ platformId: "demo-b" }, { projectCode: "JN-2026-119" }, { lot: "2标段" }])(
    "out of the file of another bid: %o, whatever else holds",
    (said) => {
      expect(refusal({ file: fileOf(said) })).toBe(ANOTHER_BID);
      expect(refusal({ order: orderOf(said).der })).toBe(ANOTHER_BID);
    },
  );

  test("where the header in the file was bent to fit the order", () => {
    const said = JSON.parse(new TextDecoder().decode(fileOf({ lot: "2标段" }))) as object;
    const bent = encodeCanonical({ ...said, header: encodeBase64Url(encodeCanonical(header)) });
    expect(refusal({ file: bent })).toBe(NOT_OPENED);
  });

  test("before the opening that the bid was made for, or outside of the order's time", () => {
    const later = fileOf({ openingTime: "2026-12-20T01:30:01Z" });
    expect(refusal({ file: later })).toBe('ORDER_REFUSED {"rule":"opening"}');
    const early = { stampedFrom: new Date(OPENING - 1) };
    expect(refusal(early)).toBe('ORDER_REFUSED {"rule":"too-early"}');
    expect(refusal({ now: OPENING + 32 * MINUTE })).toBe('ORDER_REFUSED {"rule":"too-late"}');
    const signing = encodeBase64Url(platform.certificate.der);
    expect(refusal({ order: orderOf({ roomCertificate: signing }).der })).toBe(
      'ORDER_REFUSED {"rule":"room-certificate"}',
    );
  });

  test("by a clock that is behind, unless the person saw both times", () => {
    const behind = { now: OPENING - 2 * MINUTE };
    expect(refusal(behind)).toContain("CLOCK_BEHIND");
    expect(refusal({ ...behind, clockAccepted: true })).toBe("released");
  });

  test("on what is no order", () => {
    expect(refusal({ order: Uint8Array.of(0x30, 0) })).toContain("MALFORMED");
  });
});
