import { hexOf } from "@certbridge/pki";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { BlamedError, VerificationError, type VerifiedPackage } from "@certbridge/verify";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type ReleaseChanges,
  releaseBackup,
  releaseKey,
  type SealedBid,
  strangeContent,
} from "../../support/sealed-bid.ts";
import { type Attempt, type BidWorld, createOpening, files, memory, type Opening } from "./bid-world.ts";
import { codeOf, gm } from "./world.ts";

/** Packages at the opening with a key out of a backup key file: whose word it takes, and what it refuses. */
let world: BidWorld;
let bid: SealedBid;
let received: VerifiedPackage;
let room: Opening["room"];
let open: Opening["open"];
beforeAll(async () => {
  ({ world, bid, received, room, open } = await createOpening());
});

const release = (changes: ReleaseChanges = {}, of = bid) => releaseBackup(gm, of, room.order, changes);

const bySubmitter = true;
const codeFor = (key: Uint8Array, attempt: Attempt = { bySubmitter }) => codeOf(open(key, attempt).opening);

test("opens the package of the bidder whose session brought it, and says that nobody signed it", async () => {
  const { opening, got } = open(release(), { bySubmitter });
  const { fromBackup, packageId } = await opening;
  expect({ fromBackup, packageId }).toEqual({ fromBackup: true, packageId: bid.header.packageId });
  for (const [place, { bytes }] of files.entries()) expect(hexOf(got[place] ?? new Uint8Array(1))).toBe(hexOf(bytes));
  const { signatureSm3 } = received;
  const judged = { signatureSm3, bySubmitter };
  expect(await world.verifier.verifyReleasedKey(memory(bid.bytes), release(), room, judged)).toMatchObject({
    fromBackup: true,
  });
  const signed = releaseKey(gm, world.jianye, bid.keyBlock, room.order);
  expect(await world.verifier.verifyReleasedKey(memory(bid.bytes), signed, room, judged)).toMatchObject({
    fromBackup: false,
  });
});

describe("is refused", () => {
  test("without the server's word, also where the key is right", async () => {
    expect(await codeFor(release(), {})).toBe("RELEASED_KEY_UNSIGNED");
    expect(await codeFor(release(), { bySubmitter: false })).toBe("RELEASED_KEY_UNSIGNED");
  });

  test("where it is not in its one spelling, or says that it is the signed form", async () => {
    const spaced = new TextEncoder().encode(JSON.stringify(JSON.parse(new TextDecoder().decode(release())), null, 1));
    expect(await codeFor(spaced)).toBe("RELEASED_KEY_MALFORMED");
    expect(await codeFor(Uint8Array.of(0x7b))).toBe("RELEASED_KEY_MALFORMED");
    expect(await codeFor(Uint8Array.of(0x7b, ...new Uint8Array(32 * 1024)))).toBe("RELEASED_KEY_MALFORMED");
    const format = "shared-certificate-released-key:1" as const;
    expect(await codeFor(release({ said: { format } }))).toBe("RELEASED_KEY_MALFORMED");
  });

  test("where it is another package's, another order's, or late", async () => {
    expect(await codeFor(release({}, await world.seal()))).toBe("RELEASED_KEY_OF_ANOTHER_PACKAGE");
    const orderSm3 = encodeBase64Url(new Uint8Array(32));
    expect(await codeFor(release({ said: { orderSm3 } }))).toBe("RELEASED_KEY_OF_ANOTHER_ORDER");
    const again = await world.begin();
    expect(await codeFor(release(), { bySubmitter, room: again })).toBe("RELEASED_KEY_OF_ANOTHER_ORDER");
    const late = room.notAfter + 60_001;
    expect(await codeFor(release(), { bySubmitter, receivedAt: late })).toBe("RELEASED_KEY_LATE");
  });

  test.each([
    ["another file key, with a commitment of its own", () => ({ content: strangeContent(gm, bid.header) })],
    ["nothing", () => ({ content: new Uint8Array(0) })],
    ["an envelope for another recipient", () => ({ recipients: [world.jianye.encryption] })],
  ])("where it does not open the package, and nobody is blamed for it: %s", async (_what, change) => {
    const error: unknown = await open(release(change()), { bySubmitter }).opening.catch((error: unknown) => error);
    expect(error).toBeInstanceOf(VerificationError);
    expect(error).not.toBeInstanceOf(BlamedError);
    expect(error).toMatchObject({ code: "RELEASED_KEY_WRONG" });
  });
});
