import { BlamedError, type VerifiedPackage } from "@certbridge/verify";
import { beforeAll, describe, expect, test } from "vitest";
import { type ReleaseChanges, releaseKey, type SealedBid } from "../../support/sealed-bid.ts";
import { type Attempt, type BidWorld, collect, createOpening, memory, type Opening, OPENING } from "./bid-world.ts";
import { codeOf, gm } from "./world.ts";

/** The right key at the opening, and what is wrong with the package: whose fault that is. */
let world: BidWorld;
let bid: SealedBid;
let received: VerifiedPackage;
let room: Opening["room"];
let open: Opening["open"];
beforeAll(async () => {
  ({ world, bid, received, room, open } = await createOpening());
});

const release = (changes: ReleaseChanges = {}, of = bid) =>
  releaseKey(gm, world.jianye, of.keyBlock, room.order, changes);

const codeFor = (key: Uint8Array, attempt?: Attempt) => codeOf(open(key, attempt).opening);

describe("a package is refused at the opening", () => {
  test("where it is not the one that was received", async () => {
    const other = await world.seal();
    expect(await codeFor(release(), { bytes: other.bytes })).toBe("PACKAGE_NOT_RECEIVED");
    expect(await codeFor(release(), { signatureSm3: new Uint8Array(32) })).toBe("PACKAGE_NOT_RECEIVED");
  });

  test("where the server's copy was damaged: nobody is blamed for it", async () => {
    const bytes = bid.bytes.slice();
    const place = bytes.length - 1_000_000;
    bytes[place] = (bytes[place] ?? 0) ^ 1;
    expect(await codeFor(release(), { bytes })).toBe("PACKAGE_PAYLOAD_MISMATCH");
    expect(await codeFor(release(), { bytes: bid.bytes.subarray(1) })).toBe("PACKAGE_MALFORMED");
  });

  test("where it was read wrongly once, and nobody is blamed for that either", async () => {
    let reads = 0;
    const { read, size } = memory(bid.bytes);
    const segmentLen = 1024 * 1024;
    const source = {
      size,
      async read(at: number, len: number) {
        const bytes = await read(at, len);
        if (len >= segmentLen && reads++ === 0) bytes[len - 100] = (bytes[len - 100] ?? 0) ^ 1;
        return bytes;
      },
    };
    const { signatureSm3 } = received;
    const { sink } = collect();
    const error: unknown = await world.verifier
      .openPackage(source, release(), room, { signatureSm3, sink })
      .catch((error: unknown) => error);
    expect(error).not.toBeInstanceOf(BlamedError);
    expect(error).toMatchObject({ code: "PACKAGE_PAYLOAD_MISMATCH" });
    expect(reads).toBeGreaterThan(1);
  });

  test("where it is of another lot than the order", async () => {
    const { desk, notice } = world;
    const of = { ...notice, lot: "二标段" };
    const order = await desk.issueOrder({ notice: of, roomCertificate: room.certificate });
    const other = { order: order.der, privateKey: room.privateKey };
    const key = releaseKey(gm, world.jianye, bid.keyBlock, order.der);
    expect(await codeFor(key, { room: other })).toBe("PACKAGE_OF_ANOTHER_LOT");
  });

  test("where its own maker filled it with what is no payload", async () => {
    const { sealForged } = await import("./forged-payload.ts");
    const forged = await sealForged(world);
    world.setTime(OPENING - 1000);
    const taken = await world.receive(forged.bytes);
    world.setTime(OPENING + 5000);
    const error: unknown = await open(release({}, forged), {
      bytes: forged.bytes,
      signatureSm3: taken.signatureSm3,
    }).opening.catch((error: unknown) => error);
    expect(error).toBeInstanceOf(BlamedError);
    expect(error instanceof BlamedError && error.code).toBe("PACKAGE_CONTENT_INVALID");
  });

  test("what the sink throws comes through, and is no refusal", async () => {
    const sink = {
      write: () => {
        throw new Error("the disk is full");
      },
    };
    const { signatureSm3 } = received;
    const opening = world.verifier.openPackage(memory(bid.bytes), release(), room, { signatureSm3, sink });
    await expect(opening).rejects.toThrow("the disk is full");
  });
});
