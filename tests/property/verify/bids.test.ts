import * as fc from "fast-check";
import { hexOf, parseCertificate } from "@certbridge/pki";
import { type ReleasedKey, releasedKey } from "@certbridge/protocol/bid";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { readNotice, readOrder, readReceipt, type Registry } from "@certbridge/trust";
import type { OpeningRoom, VerifiedPackage } from "@certbridge/verify";
import { beforeAll, describe, expect, test } from "vitest";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";
import { openKeyBlock, type ReleaseChanges, releaseKey, type SealedBid } from "../../support/sealed-bid.ts";
import { type BidWorld, createBidWorld, memory } from "../../unit/verify/bid-world.ts";
import { codeOf, gm, OTHER_ORIGIN } from "../../unit/verify/world.ts";

/**
 * One thing of a message is another: it is refused. Of a platform's messages a few bytes say nothing (version numbers, the list of
 * digest algorithms): what is said, by whom and when, stays the same.
 */
let world: BidWorld;
let bid: SealedBid;
let received: VerifiedPackage;
let room: OpeningRoom;
let registry: Registry;
let messages: Readonly<Record<"notice" | "receipt" | "order", Uint8Array>>;

beforeAll(async () => {
  world = createBidWorld();
  bid = await world.seal();
  received = await world.receive(bid.bytes);
  const receipt = (await world.desk.issueReceipt(received)).der;
  room = await world.begin();
  messages = { notice: world.desk.issueNotice(world.notice).der, receipt, order: room.order };
  const key = hexOf(gm.sm3(parseCertificate(world.platform.certificate).publicKey));
  const row = { id: "demo-a", name: "甲", origins: [OTHER_ORIGIN], signingKeysSm3: [key], enabled: true };
  registry = { platforms: [row], authorities: [], timeStampKeysSm3: [world.timeStamps.keySm3] };
});

const release = (changes: ReleaseChanges = {}) => releaseKey(gm, world.jianye, bid.keyBlock, room.order, changes);

const judge = (key: Uint8Array, bytes: Uint8Array = bid.bytes) =>
  codeOf(world.verifier.verifyReleasedKey(memory(bytes), key, room, { signatureSm3: received.signatureSm3 }));

const change = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }));

function alter(bytes: Uint8Array, [at, mask]: readonly [number, number]): Uint8Array {
  const other = bytes.slice();
  const place = at % other.length;
  other[place] = (other[place] ?? 0) ^ mask;
  return other;
}

/** What a message says, who said it, and when it was stamped; null where it is refused. */
function read(kind: keyof typeof messages, der: Uint8Array): string | null {
  const asker = { registry, origin: OTHER_ORIGIN };
  try {
    switch (kind) {
      case "notice":
        return JSON.stringify(readNotice(gm, asker, der).said);
      case "receipt": {
        const { said, stampedAt } = readReceipt(gm, asker, der);
        return JSON.stringify([said, stampedAt]);
      }
      case "order": {
        const { said, stampedAt } = readOrder(gm, asker, der);
        return JSON.stringify([said, stampedAt]);
      }
    }
  } catch (error) {
    if (error instanceof OperationError) return null;
    throw error;
  }
}

/** Where the local header of the payload begins. */
const isPayloadHeader = (at: number): boolean =>
  Buffer.from(bid.bytes.subarray(at, at + 4)).equals(Buffer.from("PK\x03\x04")) &&
  Buffer.from(bid.bytes.subarray(at + 30, at + 37)).toString() === "payload";

describe("a byte of it another", () => {
  test.each(["notice", "receipt", "order"] as const)("%s", (kind) => {
    const genuine = read(kind, messages[kind]);
    expect(genuine).not.toBeNull();
    fc.assert(
      fc.property(change, (where) => {
        expect([null, genuine]).toContain(read(kind, alter(messages[kind], where)));
      }),
      cases(100, 30_000),
    );
  });

  test(
    "a released key",
    async () => {
      const genuine = release();
      await fc.assert(
        fc.asyncProperty(change, async (where) => {
          expect(await judge(alter(genuine, where))).not.toBe("accepted");
        }),
        cases(150, 30_000),
      );
    },
    timeoutMs,
  );

  test(
    "a package, its frame, header, commitment, key block, trailer and signature",
    async () => {
      const key = release();
      // All but the payload, whose bytes are looked at when it is read: what stands before it, and behind.
      const payloadLen = 2 * (1_048_576 + 16);
      const payloadAt =
        bid.bytes.findIndex((_byte, at) => at > 1000 && isPayloadHeader(at)) + 30 + "payload".length + 20;
      const places = bid.bytes.length - payloadLen;
      await fc.assert(
        fc.asyncProperty(fc.nat(places - 1), fc.integer({ min: 1, max: 255 }), async (place, mask) => {
          const at = place < payloadAt ? place : place + payloadLen;
          expect(await judge(key, alter(bid.bytes, [at, mask]))).not.toBe("accepted");
        }),
        cases(40, 2000),
      );
    },
    timeoutMs,
  );
});

describe("a released key that says another thing, signed by the right key", () => {
  /** The head of the ledger is the bidder's own word: it is kept, and nothing is decided by it. */
  type Changed = Exclude<keyof ReleasedKey, "ledgerHead">;
  const changed = Object.keys(releasedKey.entries).filter((key) => key !== "ledgerHead") as Changed[];
  const others: Readonly<Record<Changed, fc.Arbitrary<string>>> = {
    format: fc.constantFrom("shared-certificate-released-key:2", "shared-certificate-order:1", ""),
    packageId: bytesText(16),
    keyBlockSm3: bytesText(32),
    orderSm3: bytesText(32),
    roomCertificateSm3: bytesText(32),
    envelope: fc.uint8Array({ minLength: 1, maxLength: 300 }).map(encodeBase64Url),
  };

  function bytesText(len: number): fc.Arbitrary<string> {
    return fc.uint8Array({ minLength: len, maxLength: len }).map(encodeBase64Url);
  }

  test.each(changed)("%s", async (key) => {
    await fc.assert(
      fc.asyncProperty(others[key], async (other) => {
        expect(await judge(release({ said: { [key]: other } }))).not.toBe("accepted");
      }),
      cases(10, 1000),
    );
  });

  test("a byte of the envelope's content", async () => {
    const content = openKeyBlock(gm, world.jianye, bid.keyBlock);
    await fc.assert(
      fc.asyncProperty(change, async (where) => {
        expect(await judge(release({ content: alter(content, where) }))).toBe("RELEASED_KEY_WRONG");
      }),
      cases(40, 5000),
    );
  });
});
