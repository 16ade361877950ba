/**
 * Invariant 5: one accepted package yields one plaintext on every path, hostile encoders included. A package is made whose first segment has a
 * right tag, and another plaintext, under a second file key; that key comes on each path that there is.
 */
import {
  beginPackage,
  commitmentOf,
  createPayloadReader,
  encodeBackupKey,
  encodeKeyBlockContent,
  openSegment,
  parseBackupKey,
  parseKeyBlockContent,
  payloadKeys,
  readFiles,
} from "@certbridge/bid";
import { parseCertificate, signData } from "@certbridge/pki";
import type { BidHeader } from "@certbridge/protocol/bid";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { BID_TRAILER } from "@certbridge/protocol/content-types";
import { BlamedError, isRefusal } from "@certbridge/verify";
import * as fc from "fast-check";
import { randomBytes } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { isOfBid } from "../../../apps/host/src/key-block.ts";
import { codeOf, crc32, filler, memorySink, openBytes, sameFiles, SEALED_LEN, SEGMENT_LEN } from "../../support/bid.ts";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";
import { contentOf, releaseBackup, releaseKey, seal } from "../../support/sealed-bid.ts";
import { sealForTwoKeys } from "../../support/two-keys.ts";
import { type BidWorld, collect, createBidWorld, memory, OPENING } from "../../unit/verify/bid-world.ts";
import { gm } from "../../unit/verify/world.ts";

let world: BidWorld;
beforeAll(() => {
  world = createBidWorld();
});

const fileKey = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => new Uint8Array(bytes));
const forging = fc.record({
  keys: fc.tuple(fileKey, fileKey).filter(([a, b]) => Buffer.compare(a, b) !== 0),
  seed: fc.nat(1000),
  len: fc.integer({ min: SEGMENT_LEN, max: 2 * SEGMENT_LEN }),
  freeBlock: fc.integer({ min: 1000, max: 65_000 }),
});
type Forging = typeof forging extends fc.Arbitrary<infer T> ? T : never;

async function make({ keys, seed, len, freeBlock }: Forging) {
  const { jianye, notice } = world;
  const { sequence: _ofANotice, format: _alsoOfANotice, committee: _none, ...lot } = notice;
  const header: BidHeader = {
    ...lot,
    format: "shared-certificate-bid:1",
    packageId: encodeBase64Url(new Uint8Array(randomBytes(16))),
    signingCertificateSm3: encodeBase64Url(gm.sm3(jianye.signing)),
  };
  const headerBytes = encodeCanonical(header);
  const { segments, files } = sealForTwoKeys(headerBytes, keys, filler(len, seed), freeBlock);
  const commitment = commitmentOf(gm, keys[0], headerBytes);
  const keyBlock = seal(gm, encodeKeyBlockContent(gm, keys[0], headerBytes), [jianye.encryption]);
  const sink = memorySink();
  const writer = await beginPackage({
    gm,
    crc32,
    header: headerBytes,
    commitment,
    keyBlock,
    payloadLen: segments.length * SEALED_LEN,
    sink,
  });
  for (const segment of segments) await writer.add(segment);
  const { clock } = world;
  const certificate = parseCertificate(jianye.signing);
  const signing = { contentType: BID_TRAILER, content: writer.endPayload(), detached: true, certificate };
  await writer.finish(signData(gm, { ...signing, privateKey: jianye.signingKey, signedAt: new Date(clock()) }));
  return { header, headerBytes, commitment, keyBlock, segments, files, bytes: sink.whole() };
}

test(
  "a package whose ciphertext is right under two keys has the one plaintext of the key that it commits to",
  async () => {
    await fc.assert(
      fc.asyncProperty(forging, async (how) => {
        world.setTime(OPENING - 1000);
        const made = await make(how);
        const [own, other] = how.keys;
        // It is what it is said to be: GCM alone opens the first segment under either, to two plaintexts.
        const [sealed = new Uint8Array(0)] = made.segments;
        const plains = how.keys.map((key) => openSegment(gm, payloadKeys(gm, key, made.headerBytes), 0, false, sealed));
        expect(plains).not.toContain(null);
        expect(Buffer.compare(plains[0] ?? own, plains[1] ?? own)).not.toBe(0);

        // Whoever has the file key: the reader of files, and the bidder's own computer.
        const opened = await openBytes(made.bytes);
        let reads = 0;
        const watched = {
          ...opened,
          source: { ...opened.source, read: () => Promise.reject(new Error(`read ${++reads}`)) },
        };
        const sink = { write: () => expect.unreachable() };
        expect(await codeOf(readFiles({ gm, opened: watched, fileKey: other, sink }))).toBe("BID_NOT_OPENED");
        expect(reads).toBe(0);

        // Token: a key block of the other key under this commitment is none; under its own it is not of this bid.
        expect(parseKeyBlockContent(gm, contentOf(other, made.commitment, made.headerBytes))).toBeNull();
        const another = encodeKeyBlockContent(gm, other, made.headerBytes);
        const commitment = another.slice(32, 64);
        const kept = {
          bid: { header: encodeBase64Url(made.headerBytes), trailer: { commitment: encodeBase64Url(made.commitment) } },
        };
        const block = { headerBytes: made.headerBytes, header: made.header, commitment, content: another };
        expect(isOfBid(block, kept as never)).toBe(false);

        // Server, by the released key and by what comes out of a backup key file.
        const { signatureSm3 } = await world.receive(made.bytes);
        const room = await world.begin();
        const judge = async (key: Uint8Array) => {
          const got = collect();
          const into = { signatureSm3, bySubmitter: true, sink: got.sink };
          const refused: unknown = await world.verifier.openPackage(memory(made.bytes), key, room, into).then(
            () => null,
            (error: unknown) => error,
          );
          return { refused, got: got.got };
        };
        const wrong = await judge(releaseKey(gm, world.jianye, made.keyBlock, room.order, { content: another }));
        expect(wrong.refused instanceof BlamedError && wrong.refused.code).toBe("RELEASED_KEY_WRONG");
        const backup = await judge(releaseBackup(gm, { header: made.header, fileKey: other }, room.order));
        expect(isRefusal(backup.refused) && backup.refused.code).toBe("RELEASED_KEY_WRONG");
        expect([...wrong.got, ...backup.got]).toEqual([]);

        // The key that was committed to: the same files on each path.
        const rightly = [
          releaseKey(gm, world.jianye, made.keyBlock, room.order),
          releaseBackup(gm, { header: made.header, fileKey: own }, room.order),
        ];
        for (const key of rightly) {
          const { refused, got } = await judge(key);
          expect(refused).toBeNull();
          expect(sameFiles([{ name: "报价.xlsx", bytes: got[0] ?? own }], made.files)).toBe(true);
        }
      }),
      cases(4, 300),
    );
  },
  timeoutMs,
);

test("a backup key file of the other key opens, and its key is refused where it is held against the package", async () => {
  world.setTime(OPENING - 1000);
  const [own, other] = [new Uint8Array(randomBytes(32)), new Uint8Array(randomBytes(32))];
  const made = await make({ keys: [own, other], seed: 2, len: SEGMENT_LEN, freeBlock: 3000 });
  const passphrase = "0123-4567-89AB-CDEF-GHJK";
  const fresh = new Uint8Array(randomBytes(28));
  const file = encodeBackupKey(gm, { header: made.headerBytes, fileKey: other, passphrase, fresh });
  const fileKey = parseBackupKey(file).open(gm, passphrase) ?? new Uint8Array(0);
  expect(Buffer.compare(fileKey, other)).toBe(0);
  const opened = await openBytes(made.bytes);
  const sink = { write: () => expect.unreachable() };
  expect(await codeOf(readFiles({ gm, opened, fileKey, sink }))).toBe("BID_NOT_OPENED");
  // And the second thing that stands in the way: the other plaintext is no stream.
  const keys = payloadKeys(gm, other, made.headerBytes);
  const reader = createPayloadReader({ gm, keys, segments: made.segments.length });
  const taking = Promise.resolve().then(() => reader.take(made.segments[0] ?? own));
  expect(await codeOf(taking)).toBe("BID_NOT_OPENED");
});
