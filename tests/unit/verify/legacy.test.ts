/** Packages in the legacy profile on a platform's server: taken in, opened with a released key, opened by a recipient. docs/formats/legacy-package.md */
import { encodeKeyBlockContent } from "@certbridge/bid";
import type { BidNotice } from "@certbridge/protocol/bid";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { BlamedError, type EnvelopeRecipient, type OpeningRoom } from "@certbridge/verify";
import { beforeAll, describe, expect, test } from "vitest";
import { opener } from "../../support/legacy.ts";
import { makeForeign } from "../../support/legacy-foreign.ts";
import { releaseBackup, releaseKey, seal } from "../../support/sealed-bid.ts";
import { type LegacyChanges, sealLegacyBid, type SealedLegacyBid } from "../../support/sealed-legacy.ts";
import { type BidWorld, collect, createBidWorld, files, memory, OPENING, said } from "./bid-world.ts";
import { codeOf, gm } from "./world.ts";

let world: BidWorld;
let notice: BidNotice;
let bid: SealedLegacyBid;
let signatureSm3: Uint8Array;
let room: OpeningRoom;

const make = (changes: LegacyChanges = {}, of = notice) =>
  sealLegacyBid(gm, world.jianye, of, files, { signedAt: new Date(world.clock()), ...changes });

const receive = (bytes: Uint8Array, notices = [world.notice, notice]) =>
  world.verifier.verifyPackage(memory(bytes), { notices });

const altered = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
};

beforeAll(async () => {
  world = createBidWorld();
  notice = world.desk.issueNotice({ ...said, sequence: 2, profile: "legacy" }).said;
  bid = await make();
});

describe("a package as it is handed in", () => {
  test("says that it is of the legacy profile, whose, and what its receipt covers", async () => {
    const received = await receive(bid.bytes);
    expect(received).toMatchObject({ profile: "legacy", packageId: bid.header.packageId, header: bid.header });
    expect(received.keyBlock).toEqual(bid.keyBlock);
    expect(received.packageLen).toBe(bid.bytes.length);
    ({ signatureSm3 } = received);
    const receipt = await world.desk.issueReceipt(received);
    expect(receipt.said.packageId).toBe(bid.header.packageId);
  });

  test("is refused where no notice asked for the profile, and a standard one where only this profile was asked for", async () => {
    expect(await codeOf(receive(bid.bytes, [world.notice]))).toBe("PACKAGE_NOTICE_UNKNOWN");
    const standard = await world.seal();
    expect(await codeOf(receive(standard.bytes, [notice]))).toBe("PACKAGE_NOTICE_UNKNOWN");
  });

  test("is not read at all where no notice asked for the profile, nor where it is late", async () => {
    let readLen = 0;
    const { read, size } = memory(bid.bytes);
    const source = { size, read: (at: number, len: number) => ((readLen += len), read(at, len)) };
    const { verifyPackage } = world.verifier;
    expect(await codeOf(verifyPackage(source, { notices: [world.notice] }))).toBe("PACKAGE_NOTICE_UNKNOWN");
    expect(readLen).toBe(1);
    expect(await codeOf(verifyPackage(source, { notices: [notice], receivedAt: OPENING }))).toBe("PACKAGE_LATE");
    expect(readLen).toBe(1);
  });

  test("is refused where it was altered, cut, of another lot, signed by another, or made by another program", async () => {
    const { length } = bid.bytes;
    expect(await codeOf(receive(altered(bid.bytes, length >> 1)))).toBe("PACKAGE_PAYLOAD_MISMATCH");
    expect(await codeOf(receive(altered(bid.bytes, length - 20)))).toBe("PACKAGE_SIGNATURE_INVALID");
    expect(await codeOf(receive(bid.bytes.subarray(0, length - 1)))).toBe("PACKAGE_MALFORMED");
    expect(await codeOf(receive(new Uint8Array(0)))).toBe("PACKAGE_MALFORMED");
    expect(await codeOf(receive((await make({ header: { lot: "二标段" } })).bytes))).toBe("PACKAGE_OF_ANOTHER_LOT");
    expect(await codeOf(receive(makeForeign(Uint8Array.of(1))))).toBe("PACKAGE_MALFORMED");
    expect(await codeOf(receive((await make({ keyBlock: Uint8Array.of(5, 0) })).bytes))).toBe("PACKAGE_MALFORMED");
  });
});

describe("at the opening", () => {
  beforeAll(async () => {
    ({ signatureSm3 } = await receive(bid.bytes));
    room = await world.begin();
  });

  const open = (of: SealedLegacyBid, key: Uint8Array, more: object = {}, bytes: Uint8Array = of.bytes) => {
    const { sink, got } = collect();
    const expected = { signatureSm3, sink, ...more };
    return { got, opening: world.verifier.openPackage(memory(bytes), key, room, expected) };
  };

  test("the released key opens it, and the result says of which profile it is", async () => {
    const key = releaseKey(gm, world.jianye, bid.keyBlock, room.order);
    const released = await world.verifier.verifyReleasedKey(memory(bid.bytes), key, room, { signatureSm3 });
    expect(released).toMatchObject({ profile: "legacy", packageId: bid.header.packageId, fromBackup: false });
    const { got, opening } = open(bid, key);
    expect((await opening).profile).toBe("legacy");
    expect(got).toEqual(files.map(({ bytes }) => bytes));
  });

  test("what is no key on this order does not have the package read", async () => {
    const { size } = memory(bid.bytes);
    const source = { size, read: () => expect.fail("read") };
    const judge = (key: Uint8Array, receivedAt?: number) =>
      codeOf(
        world.verifier.verifyReleasedKey(source, key, room, {
          signatureSm3,
          ...(receivedAt === undefined ? {} : { receivedAt }),
        }),
      );
    expect(await judge(Uint8Array.of(0x30, 0))).toBe("RELEASED_KEY_MALFORMED");
    const key = releaseKey(gm, world.jianye, bid.keyBlock, room.order);
    expect(await judge(key, OPENING + 3600_000)).toBe("RELEASED_KEY_LATE");
    const again = await world.begin();
    expect(await judge(releaseKey(gm, world.jianye, bid.keyBlock, again.order))).toBe("RELEASED_KEY_OF_ANOTHER_ORDER");
  });

  test("so does a backup key file's", async () => {
    const { got, opening } = open(bid, releaseBackup(gm, bid, room.order), { bySubmitter: true });
    expect(await opening).toMatchObject({ profile: "legacy", fromBackup: true });
    expect(got).toEqual(files.map(({ bytes }) => bytes));
  });

  test("another bid's key, an altered copy and another package are refused", async () => {
    const key = releaseKey(gm, world.jianye, bid.keyBlock, room.order);
    world.setTime(OPENING - 1000);
    const other = await make();
    world.setTime(OPENING + 5000);
    const otherKey = releaseKey(gm, world.jianye, other.keyBlock, room.order);
    expect(await codeOf(open(bid, otherKey).opening)).toBe("RELEASED_KEY_OF_ANOTHER_PACKAGE");
    expect(await codeOf(open(bid, key, {}, other.bytes).opening)).toBe("PACKAGE_NOT_RECEIVED");
    const copy = altered(bid.bytes, bid.bytes.length >> 1);
    expect(await codeOf(open(bid, key, {}, copy).opening)).toBe("PACKAGE_PAYLOAD_MISMATCH");
  });

  test("where its own maker filled it with what is no archive, or committed to another key, he is blamed", async () => {
    world.setTime(OPENING - 1000);
    const filled = await make({ content: new Uint8Array(5000) });
    const fileKey = new Uint8Array(32).fill(9);
    const content = encodeKeyBlockContent(gm, fileKey, encodeCanonical(bid.header));
    const keyBlock = seal(gm, content, [world.jianye.encryption]);
    const committed = await make({ header: bid.header, keyBlock });
    const taken = [await receive(filled.bytes), await receive(committed.bytes)];
    world.setTime(OPENING + 5000);
    for (const [at, code] of ["PACKAGE_CONTENT_INVALID", "RELEASED_KEY_WRONG"].entries()) {
      const made = [filled, committed][at] ?? filled;
      const key = releaseKey(gm, world.jianye, made.keyBlock, room.order);
      const { opening } = open(made, key, { signatureSm3: taken[at]?.signatureSm3 });
      const error: unknown = await opening.catch((error: unknown) => error);
      expect(error instanceof BlamedError && [error.code, error.by.der]).toEqual([code, world.jianye.signing]);
    }
  });
});

describe("openEnvelope", () => {
  const recipientOf = (certificate: Uint8Array, privateKey: Uint8Array): EnvelopeRecipient => ({
    certificate,
    openKey: async (keys) => keys.map((key) => gm.sm2Decrypt(privateKey, key)).find((key) => key !== null) ?? null,
  });

  test("opens as a recipient, without an order, and says who signed", async () => {
    const { sink, got } = collect();
    const { encryption, encryptionKey, signing } = world.jianye;
    const opened = await world.verifier.openEnvelope(memory(bid.bytes), recipientOf(encryption, encryptionKey), {
      sink,
    });
    expect(opened).toMatchObject({ profile: "legacy", header: bid.header, signatureSm3 });
    expect(opened.signer.certificate.der).toEqual(signing);
    expect(got).toEqual(files.map(({ bytes }) => bytes));
  });

  test("refuses with a key that opens nothing, for whom it is not, and by whom nobody knows, before anything is handed out", async () => {
    const { encryption, encryptionKey } = world.jianye;
    const attempt = (bytes: Uint8Array, recipient: EnvelopeRecipient) =>
      codeOf(
        world.verifier.openEnvelope(memory(bytes), recipient, { sink: { write: () => expect.fail("handed out") } }),
      );
    const own = recipientOf(encryption, encryptionKey);
    expect(await attempt(bid.bytes, recipientOf(encryption, opener.privateKey))).toBe("PACKAGE_NOT_OPENED");
    expect(await attempt(bid.bytes, recipientOf(opener.certificate.der, opener.privateKey))).toBe("PACKAGE_NOT_OPENED");
    expect(await attempt(altered(bid.bytes, bid.bytes.length >> 1), own)).toBe("PACKAGE_PAYLOAD_MISMATCH");
    expect(await attempt(bid.bytes.subarray(1), own)).toBe("PACKAGE_MALFORMED");
    const foreign = makeForeign(Uint8Array.of(1));
    expect(await attempt(foreign, recipientOf(opener.certificate.der, opener.privateKey))).toBe("CHAIN_UNTRUSTED");
  });
});
