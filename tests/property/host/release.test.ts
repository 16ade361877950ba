/** A released key implies every equality of its order: whatever one thing is changed, nothing is released. docs/threat-model.md */
import { addUnsignedAttribute, attachContent, oid, parseSignedData, signData } from "@certbridge/pki";
import type { BidHeader } from "@certbridge/protocol/bid";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { ORDER } from "@certbridge/protocol/content-types";
import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { DAY, party } from "../../support/authority.ts";
import { makeBid, sealKeyBlock } from "../../support/bidding.ts";
import { openDesk, outcomeOf, text } from "../../support/bid-desk.ts";
import { temporaryFolder } from "../../support/host.ts";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

const desk = await openDesk(folder.path);
const { bidding, store, keyId } = desk;
const made = await desk.handIn();
desk.time.now = bidding.openingAt + 120_000;
const at = (ms: number) => new Date(bidding.openingAt + ms).toISOString();
const otherRoom = party("别的开标室", null, { keyUsage: ["keyEncipherment"] });

const code = fc.stringMatching(/^[A-Z0-9-]{1,20}$/);
const ms = fc.integer({ min: 1, max: 400 * DAY });

/** Values that a field might have instead, each of the field's own shape. */
const orderFields = {
  platformId: fc.constantFrom("demo-b", "demo-c"),
  projectCode: code,
  lot: fc.constantFrom("2标段", "1标段 ", "1 标段", "一标段"),
  openingTime: fc.oneof(
    ms.map((by) => at(-by)),
    ms.map((by) => at(60_000 + by)),
  ),
  roomCertificate: fc.constant(text(otherRoom.certificate.der)),
  nonce: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => text(bytes)),
  notAfter: ms.map((by) => at(-by)),
};
type Field = keyof typeof orderFields;
const fields = Object.keys(orderFields) as Field[];
const changed = fc.constantFrom(...fields).chain((field) => orderFields[field].map((value) => ({ field, value })));

/** Those that the order shares with what was encrypted, or with the time. */
const EQUAL: readonly Field[] = ["platformId", "projectCode", "lot", "openingTime", "notAfter"];

const genuine = bidding.order();
const [signer] = parseSignedData(genuine).signers;
const said = JSON.parse(new TextDecoder().decode(parseSignedData(genuine).content ?? new Uint8Array(0))) as object;
const [stamp] = signer?.unsignedAttributes(oid.signatureTimeStamp) ?? [];

function sign(content: object, detached = false): Uint8Array {
  const { certificate, privateKey } = bidding.platform;
  const signedAt = new Date(bidding.openingAt);
  const bytes = encodeCanonical(content);
  return signData(desk.host.gm, { contentType: ORDER, content: bytes, certificate, privateKey, signedAt, detached });
}

const stamped = (der: Uint8Array): Uint8Array => {
  if (stamp === undefined) throw new Error("a stamp expected");
  return addUnsignedAttribute(der, { type: oid.signatureTimeStamp, value: stamp });
};

const headerFields = {
  platformId: fc.constantFrom("demo-b", "demo-c"),
  projectCode: code,
  lot: fc.constantFrom("2标段", "1标段 ", "一标段"),
  openingTime: ms.map((by) => at(by)),
  projectName: code,
  packageId: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => text(bytes)),
  signingCertificateSm3: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => text(bytes)),
};
type HeaderField = keyof typeof headerFields;
const headerChanged = fc
  .constantFrom(...(Object.keys(headerFields) as HeaderField[]))
  .chain((field) => headerFields[field].map((value) => ({ field, value })));
const COMPARED: readonly HeaderField[] = ["platformId", "projectCode", "lot", "openingTime"];

type Change = Parameters<typeof desk.release>[1];

/** Each gives what is asked instead. */
const forgeries: fc.Arbitrary<Change> = fc.oneof(
  // Under the old signature.
  changed.map(({ field, value }) => ({
    order: text(attachContent(stamped(sign(said, true)), encodeCanonical({ ...said, [field]: value }))),
  })),
  // Signed again by the platform itself, with the stamp of the order that it had.
  changed.map(({ field, value }) => ({ order: text(stamped(sign({ ...said, [field]: value }))) })),
  // Signed and stamped again, for something else.
  changed
    .filter(({ field }) => EQUAL.includes(field))
    .map(({ field, value }) => ({ order: text(bidding.order({ change: { [field]: value } })) })),
  // The header within the key block, where the encryption could be bent.
  headerChanged.map(({ field, value }) => {
    const header = encodeCanonical({ ...made.header, [field]: value });
    const content = Buffer.concat([made.content.subarray(0, 64), header]);
    return { keyBlock: text(sealKeyBlock(content, [store.encryptionOf(keyId)])) };
  }),
  // Another bid of the same key.
  headerChanged
    .filter(({ field }) => COMPARED.includes(field))
    .map(({ field, value }) => {
      const change: Partial<BidHeader> = { [field]: value };
      return { keyBlock: text(makeBid(keyId, at(0), [store.encryptionOf(keyId)], change).keyBlock) };
    }),
  fc
    .constantFrom("https://bid-b.demo.test", "https://bid-a.demo.test:8443", "http://bid-a.demo.test", "https://a.test")
    .map((origin) => ({ origin })),
);

test("what is genuine is released", async () => {
  expect(await outcomeOf(desk.release(made, { order: text(genuine) }))).toBe("done");
});

test(
  "one field of order, header or origin that is another, and nothing is released",
  async () => {
    const outcomes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(forgeries, async (change) => {
        store.calls.length = 0;
        const outcome = await outcomeOf(desk.release(made, { order: text(genuine), ...change }));
        outcomes.add(outcome);
        expect(outcome).toMatch(/^(PLATFORM_UNPROVED|ORDER_REFUSED|BID_NOT_OPENED)/);
        expect(store.calls).not.toContain("sign");
        expect(store.open()).toBe(0);
      }),
      cases(150, 20_000),
    );
    expect(outcomes.size).toBeGreaterThan(3);
  },
  timeoutMs,
);

test(
  "a newer notice with any later opening, and nothing is released",
  async () => {
    let sequence = 1;
    await fc.assert(
      fc.asyncProperty(ms, async (by) => {
        const { notices } = desk.host;
        const lot = await notices.newest(made.header);
        sequence = Math.max(sequence, lot?.sequence ?? 0) + 1;
        const notice = text(bidding.notice({ sequence, openingTime: at(by) }));
        await desk.handlers.updateNotice({ origin: bidding.origin, notice });
        expect(await outcomeOf(desk.release(made, { order: text(genuine) }))).toBe("ORDER_REFUSED opening");
      }),
      cases(20, 1000),
    );
  },
  timeoutMs,
);
