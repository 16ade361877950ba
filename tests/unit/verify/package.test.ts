import { parseCertificate } from "@certbridge/pki";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { NOTICE } from "@certbridge/protocol/content-types";
import { beforeAll, describe, expect, test } from "vitest";
import type { SealedBid } from "../../support/sealed-bid.ts";
import { type BidWorld, createBidWorld, memory, OPENING } from "./bid-world.ts";
import { codeOf, DAY_MS, gm, START } from "./world.ts";

/** Packages as they are handed in: taken, or refused by a code. */
let world: BidWorld;
let bid: SealedBid;
beforeAll(async () => {
  world = createBidWorld();
  bid = await world.seal();
});

const codeFor = (bytes: Uint8Array, of: BidWorld = world) => codeOf(of.receive(bytes));

/** One byte another, `at` from the front or, negative, from the end. */
function flip(bytes: Uint8Array, at: number): Uint8Array {
  const other = bytes.slice();
  const place = at < 0 ? other.length + at : at;
  other[place] = (other[place] ?? 0) ^ 1;
  return other;
}

describe("verifyPackage", () => {
  test("gives the signer, and what the receipt is to say", async () => {
    const { receive, jianye } = world;
    const verified = await receive(bid.bytes);
    expect(verified.signer.subject).toEqual(jianye.applicant);
    expect(verified.signer.revocation).toBe("good");
    expect(verified.packageId).toBe(bid.header.packageId);
    expect(verified.header).toEqual(bid.header);
    expect(verified.keyBlock).toEqual(bid.keyBlock);
    expect(verified.packageLen).toBe(bid.bytes.length);
    expect(verified.signedAt).toEqual(new Date(START));
    expect(verified.receivedAt).toBe(START);
    expect(verified.signatureSm3).toHaveLength(32);
  });

  test("reads no more at once than a few segments, and tells how far it is", async () => {
    let most = 0;
    const done: number[] = [];
    const source = {
      size: bid.bytes.length,
      read: async (at: number, len: number) => {
        most = Math.max(most, len);
        return bid.bytes.slice(at, at + len);
      },
    };
    const onProgress = (doneLen: number) => void done.push(doneLen);
    await world.verifier.verifyPackage(source, { notices: world.notices, onProgress });
    expect(most).toBeLessThanOrEqual(4 * (1_048_576 + 16));
    expect(done.at(-1)).toBe(2 * (1_048_576 + 16));
  });

  test("ends with the signal's reason", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    const work = world.verifier.verifyPackage(memory(bid.bytes), { notices: world.notices, signal });
    await expect(work).rejects.toThrow("enough");
  });

  test("is not the package's where one byte of it is another", async () => {
    const { bytes } = bid;
    const payloadAt = bytes.length - 1_000_000;
    expect(await codeFor(flip(bytes, 0))).toBe("PACKAGE_MALFORMED");
    expect(await codeFor(flip(bytes, -1))).toBe("PACKAGE_MALFORMED");
    expect(await codeFor(flip(bytes, payloadAt))).toBe("PACKAGE_PAYLOAD_MISMATCH");
    expect(await codeFor(bytes.subarray(0, bytes.length - 1))).toBe("PACKAGE_MALFORMED");
    expect(await codeFor(Uint8Array.of(...bytes.subarray(0, 10)))).toBe("PACKAGE_MALFORMED");
    expect(await codeFor(new Uint8Array(0))).toBe("PACKAGE_MALFORMED");
  });

  test("for another platform, project or lot is refused", async () => {
    for (const header of [{ platformId: "demo-b" }, { projectCode: "JN-2026-119" }, { lot: "二标段" }]) {
      expect(await codeFor((await world.seal({ header })).bytes)).toBe("PACKAGE_OF_ANOTHER_LOT");
    }
  });

  test("for an opening that was never announced, or is called something else, is refused", async () => {
    for (const header of [{ openingTime: "2026-11-23T10:00:01Z" }, { projectName: "滨江路改造" }]) {
      expect(await codeFor((await world.seal({ header })).bytes)).toBe("PACKAGE_NOTICE_UNKNOWN");
    }
  });

  test("made before the opening was postponed is taken; made before it was brought forward is not", async () => {
    const { notice, verifier, desk } = world;
    const at = (openingAt: number) =>
      desk.issueNotice({ ...notice, sequence: 2, openingTime: new Date(openingAt).toISOString() }).said;
    const judge = (second: typeof notice) =>
      codeOf(verifier.verifyPackage(memory(bid.bytes), { notices: [second, notice] }));
    expect(await judge(at(OPENING + DAY_MS))).toBe("accepted");
    expect(await judge(at(OPENING - 60_000))).toBe("PACKAGE_NOTICE_UNKNOWN");
  });

  test("that is complete at the opening time is late; a millisecond before it is not, however long it takes to judge", async () => {
    const { verifier, notices } = world;
    const at = (receivedAt: number) => codeOf(verifier.verifyPackage(memory(bid.bytes), { notices, receivedAt }));
    expect(await at(OPENING)).toBe("PACKAGE_LATE");
    expect(await at(OPENING - 1)).toBe("accepted");
  });

  test("signed by another certificate than its header names cannot even be made; of another type neither", async () => {
    const signedBy = world.nanling;
    await expect(world.seal({ signedBy })).rejects.toThrow();
    await expect(world.seal({ contentType: NOTICE })).rejects.toThrow();
  });

  test("signed by the encryption key is refused", async () => {
    const { jianye } = world;
    const keys = { ...jianye, signing: jianye.encryption, signingKey: jianye.encryptionKey };
    expect(await codeFor((await world.seal({}, keys)).bytes)).toBe("CERTIFICATE_USAGE");
  });

  test("of a revoked, expired or unknown certificate is refused", async () => {
    const other = createBidWorld();
    const { bytes } = await other.seal();
    other.authorities.jiangnan.revoke(other.jianye.signing);
    expect(await codeFor(bytes, other)).toBe("CERTIFICATE_REVOKED");
    expect(await codeFor(bytes)).not.toBe("accepted");
    const stranger = createBidWorld();
    expect(await codeFor((await stranger.seal({}, other.nanling)).bytes, stranger)).not.toBe("accepted");
  });

  test("with a key block that nobody could open is refused while there is time for another", async () => {
    const keyBlock = Uint8Array.of(0x30, 3, 2, 1, 1);
    expect(await codeFor((await world.seal({ keyBlock })).bytes)).toBe("PACKAGE_MALFORMED");
  });

  test("needs a notice to be held against", async () => {
    await expect(world.verifier.verifyPackage(memory(bid.bytes), { notices: [] })).rejects.toThrow(RangeError);
  });

  test("of a certificate that the header does not name is refused, though the signature holds", async () => {
    // The header names the other certificate of the same key: a renewal.
    const { jianye } = world;
    const header = { signingCertificateSm3: encodeBase64Url(gm.sm3(parseCertificate(jianye.encryption).der)) };
    await expect(world.seal({ header })).rejects.toThrow();
  });
});
