import { commitmentOf } from "@certbridge/bid";
import { demoBidders, obtainKeys } from "@certbridge/demo/bidders";
import {
  addUnsignedAttribute,
  encodeSignedData,
  hexOf,
  parseCertificate,
  parseSignedData,
  signData,
} from "@certbridge/pki";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { BID_TRAILER, RELEASED_KEY } from "@certbridge/protocol/content-types";
import { BlamedError, createVerifier, isRefusal, type VerifiedPackage, type VerifierOptions } from "@certbridge/verify";
import { beforeAll, describe, expect, test } from "vitest";
import {
  openKeyBlock,
  type ReleaseChanges,
  releaseKey,
  type SealedBid,
  strangeContent,
} from "../../support/sealed-bid.ts";
import { type Attempt, type BidWorld, createOpening, files, memory, type Opening, OPENING } from "./bid-world.ts";
import { codeOf, gm } from "./world.ts";

/** Packages at the opening: with the right key, and with every other. */
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

const createOther = () => world.seal();

describe("openPackage", () => {
  test("gives the files as they were sealed, and whose they are", async () => {
    const { opening, got } = open(release());
    const opened = await opening;
    expect(opened.packageId).toBe(bid.header.packageId);
    expect(opened.signer.der).toEqual(world.jianye.signing);
    expect(opened.files).toEqual(files.map(({ name, bytes }) => ({ name, size: bytes.length })));
    for (const [place, { bytes }] of files.entries()) expect(hexOf(got[place] ?? new Uint8Array(1))).toBe(hexOf(bytes));
  });

  test("the key alone is judged without reading the payload", async () => {
    let most = 0;
    const source = {
      size: bid.bytes.length,
      read: async (at: number, len: number) => {
        most = Math.max(most, len);
        return bid.bytes.slice(at, at + len);
      },
    };
    const { signatureSm3 } = received;
    const judged = await world.verifier.verifyReleasedKey(source, release(), room, { signatureSm3 });
    expect(judged.packageId).toBe(bid.header.packageId);
    expect(most).toBeLessThan(100_000);
    const wrong = release({ content: strangeContent(gm, bid.header) });
    expect(await codeOf(world.verifier.verifyReleasedKey(source, wrong, room, { signatureSm3 }))).toBe(
      "RELEASED_KEY_WRONG",
    );
  });
});

describe("a released key is refused", () => {
  test("where it is no such message, or none that its signature covers", async () => {
    expect(await codeFor(Uint8Array.of(0x30, 0))).toBe("RELEASED_KEY_MALFORMED");
    expect(await codeFor(new Uint8Array(0))).toBe("RELEASED_KEY_MALFORMED");
    expect(await codeFor(new Uint8Array(32 * 1024 + 1))).toBe("RELEASED_KEY_MALFORMED");
    expect(await codeFor(release({ contentType: BID_TRAILER }))).toBe("RELEASED_KEY_SIGNATURE_INVALID");
    const altered = release();
    const place = altered.length - 3;
    altered[place] = (altered[place] ?? 0) ^ 1;
    expect(["RELEASED_KEY_SIGNATURE_INVALID", "RELEASED_KEY_MALFORMED"]).toContain(await codeFor(altered));
  });

  test("where it says what none may say", async () => {
    const spaced = (said: object) => new TextEncoder().encode(JSON.stringify(said, null, 1));
    expect(await codeFor(release({ encode: spaced }))).toBe("RELEASED_KEY_MALFORMED");
    const more = (said: object) => encodeCanonical({ ...said, more: 1 });
    expect(await codeFor(release({ encode: more }))).toBe("RELEASED_KEY_MALFORMED");
    const detached = signData(gm, {
      contentType: RELEASED_KEY,
      content: parseSignedData(release()).content ?? new Uint8Array(0),
      detached: true,
      certificate: parseCertificate(world.jianye.signing),
      privateKey: world.jianye.signingKey,
      signedAt: new Date(OPENING),
    });
    expect(await codeFor(detached)).toBe("RELEASED_KEY_SIGNATURE_INVALID");
  });

  test("where another bidder signed it, even with the right key inside", async () => {
    for (const attempt of [{}, { uscc: demoBidders.jianye.uscc }]) {
      expect(await codeFor(release({ signedBy: world.nanling }), attempt)).toBe("RELEASED_KEY_OF_ANOTHER_SIGNER");
    }
  });

  test("but not where a spare or renewed certificate of the same bidder did, and the server says who handed it in", async () => {
    const { uscc } = demoBidders.jianye;
    for (const authority of [world.authorities.jiangnan, world.authorities.lingbei]) {
      const signedBy = obtainKeys(gm, authority, demoBidders.jianye);
      expect(await codeFor(release({ signedBy }), { uscc })).toBe("accepted");
      expect(await codeFor(release({ signedBy }))).toBe("RELEASED_KEY_OF_ANOTHER_SIGNER");
      authority.revoke(signedBy.signing);
      expect(await codeFor(release({ signedBy }), { uscc })).toBe("CERTIFICATE_REVOKED");
    }
    // The package's own is not judged again: what became of it since keeps no bid closed.
    expect(await codeFor(release(), { uscc })).toBe("accepted");
  });

  test("where of a spare certificate nothing can be found out, that is said, and not that it is another's", async () => {
    const { uscc } = demoBidders.jianye;
    const signedBy = obtainKeys(gm, world.authorities.lingbei, demoBidders.jianye);
    const judge = (changes: Partial<VerifierOptions>) =>
      createVerifier({ ...world.usual, ...changes }).verifyReleasedKey(memory(bid.bytes), release({ signedBy }), room, {
        signatureSm3: received.signatureSm3,
        uscc,
      });
    const unreachable = { crl: async () => null, require: true };
    expect(await codeOf(judge({ revocation: unreachable }))).toBe("REVOCATION_UNAVAILABLE");
    // The server's own mistake is no refusal, and no receipt tells it.
    const { trust } = world.usual;
    const authorities = { ...trust.authorities, usccRules: null as never };
    await expect(judge({ trust: { ...trust, authorities } })).rejects.toThrow(TypeError);
  });

  test("a spare certificate's key that does not open the package blames whoever signed it", async () => {
    const signedBy = obtainKeys(gm, world.authorities.lingbei, demoBidders.jianye);
    const wrong = release({ signedBy, content: new Uint8Array(64) });
    const { opening } = open(wrong, { uscc: demoBidders.jianye.uscc });
    await expect(opening).rejects.toMatchObject({
      code: "RELEASED_KEY_WRONG",
      by: { der: parseCertificate(signedBy.signing).der },
    });
  });

  test("where it is another package's, another order's, another room's", async () => {
    const other = await createOther();
    expect(await codeFor(release({}, other))).toBe("RELEASED_KEY_OF_ANOTHER_PACKAGE");
    const nothing = encodeBase64Url(new Uint8Array(32));
    expect(await codeFor(release({ said: { keyBlockSm3: nothing } }))).toBe("RELEASED_KEY_OF_ANOTHER_PACKAGE");
    expect(await codeFor(release({ said: { orderSm3: nothing } }))).toBe("RELEASED_KEY_OF_ANOTHER_ORDER");
    expect(await codeFor(release({ said: { roomCertificateSm3: nothing } }))).toBe("RELEASED_KEY_OF_ANOTHER_ORDER");
    const again = await world.begin();
    expect(await codeFor(release(), { room: again })).toBe("RELEASED_KEY_OF_ANOTHER_ORDER");
  });

  test("after the order's end, but for the skew of clocks", async () => {
    expect(await codeFor(release(), { receivedAt: room.notAfter + 60_000 })).toBe("accepted");
    expect(await codeFor(release(), { receivedAt: room.notAfter + 60_001 })).toBe("RELEASED_KEY_LATE");
  });

  test("before the opening time by the server's clock", async () => {
    world.setTime(OPENING - 1);
    expect(await codeFor(release())).toBe("OPENING_NOT_BEGUN");
    world.setTime(OPENING + 5000);
  });
});

describe("a wrong key is the work of whoever signed it", () => {
  test("but not where the platform's own key is not the room's: that is no bidder's fault", async () => {
    const { privateKey } = await world.begin();
    await expect(open(release(), { room: { ...room, privateKey } }).opening).rejects.toThrow(RangeError);
    const judged = world.verifier.verifyReleasedKey(memory(bid.bytes), release(), { ...room, privateKey }, received);
    await expect(judged).rejects.toThrow(RangeError);
  });

  async function blamed(changes: ReleaseChanges): Promise<void> {
    const error: unknown = await open(release(changes)).opening.catch((error: unknown) => error);
    expect(error).toBeInstanceOf(BlamedError);
    if (!(error instanceof BlamedError) || !isRefusal(error)) return;
    expect(error.code).toBe("RELEASED_KEY_WRONG");
    expect(error.by.der).toEqual(world.jianye.signing);
  }

  test("garbage, another file key, nothing, another header with a commitment of its own", async () => {
    await blamed({ content: crypto.getRandomValues(new Uint8Array(500)) });
    await blamed({ content: strangeContent(gm, bid.header) });
    await blamed({ content: new Uint8Array(0) });
    await blamed({ content: openKeyBlock(gm, world.jianye, bid.keyBlock).subarray(0, 32) });
    const earlier = { ...bid.header, openingTime: "2026-11-23T09:00:00Z" };
    await blamed({ content: strangeContent(gm, earlier) });
  });

  test("the right file key under a commitment that is not its own", async () => {
    const content = openKeyBlock(gm, world.jianye, bid.keyBlock);
    content[32] = (content[32] ?? 0) ^ 1;
    await blamed({ content });
    const other = openKeyBlock(gm, world.jianye, bid.keyBlock);
    const key = crypto.getRandomValues(new Uint8Array(32));
    other.set(key, 0);
    other.set(commitmentOf(gm, key, other.subarray(64)), 32);
    await blamed({ content: other });
  });

  test("for another recipient than the room, or for one more", async () => {
    await blamed({ recipients: [world.jianye.encryption] });
    await blamed({ recipients: [room.certificate, world.jianye.encryption] });
  });

  test("an envelope that is none", async () => {
    await blamed({ said: { envelope: encodeBase64Url(Uint8Array.of(1, 2, 3)) } });
  });
});

test("a certificate that came along twice is refused: a key has one spelling", async () => {
  const { content, signers } = parseSignedData(release());
  const { attributes = null, signature = new Uint8Array(0) } = signers[0] ?? {};
  const certificate = parseCertificate(world.jianye.signing);
  const [above = new Uint8Array(0)] = world.jianye.chain;
  const spell = (times: number) =>
    encodeSignedData({
      contentType: RELEASED_KEY,
      content,
      attributes: attributes ?? new Uint8Array(0),
      signature,
      certificate,
      chain: Array.from({ length: times }, () => parseCertificate(above)),
    });
  expect(await codeFor(spell(1))).toBe("accepted");
  expect(await codeFor(spell(2))).toBe("RELEASED_KEY_MALFORMED");
});

test("an attribute beside the signature, which no signature covers, is refused", async () => {
  const more = addUnsignedAttribute(release(), { type: "1.2.3.4", value: Uint8Array.of(5, 0) });
  expect(await codeFor(more)).toBe("RELEASED_KEY_MALFORMED");
});
