/** What the tests of bids in packages/verify have beside world.ts: a lot, a desk with a time-stamping authority, a room, packages. */
import { completeUscc, createDemoTimeStamps, obtainKeys } from "@certbridge/demo/bidders";
import type { ByteSource, FilePiece } from "@certbridge/bid";
import { createOpeningDesk, type OpeningExpectation, type OpeningRoom, type VerifiedPackage } from "@certbridge/verify";
import { type PlainFile, releaseKey, sealBid, type SealingChanges } from "../../support/sealed-bid.ts";
import { createWorld, gm, START } from "./world.ts";

export const OPENING = START + 3600_000;

export const said = {
  projectCode: "JN-2026-118",
  projectName: "滨江路改造工程",
  lot: "一标段",
  openingTime: new Date(OPENING).toISOString().replace(".000", ""),
  sequence: 1,
} as const;

/** Twice the segment, so that there are several. */
export const files: readonly PlainFile[] = [
  { name: "商务标.pdf", bytes: Uint8Array.from({ length: 70_001 }, (_, at) => at % 251) },
  { name: "空.txt", bytes: new Uint8Array(0) },
  { name: "技术标.pdf", bytes: new Uint8Array(1_500_000).fill(7) },
];

export const memory = (bytes: Uint8Array): ByteSource => ({
  size: bytes.length,
  read: async (at, len) => bytes.slice(at, at + len),
});

/** A sink that keeps what it got, by the file's place. */
export function collect() {
  const got: Uint8Array[] = [];
  return {
    sink: {
      write({ file, offset, bytes }: FilePiece) {
        const before = got[file] ?? new Uint8Array(0);
        if (before.length !== offset) throw new Error("pieces out of order");
        const longer = new Uint8Array(offset + bytes.length);
        longer.set(before);
        longer.set(bytes, offset);
        got[file] = longer;
      },
    },
    got,
  };
}

let bidders = 0;

export function createBidWorld() {
  const world = createWorld();
  const { authorities, platformKeys, usual, verifier } = world;
  const clock = usual.clock ?? Date.now;
  const timeStamps = createDemoTimeStamps(gm, authorities.jiangnan, clock);
  const platform = { platformId: "demo-a", privateKey: platformKeys.signingKey, certificate: platformKeys.signing };
  const desk = createOpeningDesk({ gm, platform, timeStamping: timeStamps.timeStamping, clock });
  const notice = desk.issueNotice(said).said;
  const notices = [notice];

  const seal = (changes: SealingChanges = {}, keys = world.jianye, of = notice) =>
    sealBid(gm, keys, of, files, { signedAt: new Date(clock()), ...changes });

  return {
    ...world,
    clock,
    timeStamps,
    platform,
    desk,
    notice,
    notices,
    seal,
    newcomer() {
      bidders++;
      const uscc = completeUscc(`91320100MA1TXT${String(bidders).padStart(3, "0")}`);
      return obtainKeys(gm, authorities.jiangnan, { name: `投标人${bidders}`, uscc });
    },
    receive: (bytes: Uint8Array): Promise<VerifiedPackage> => verifier.verifyPackage(memory(bytes), { notices }),
    /** Goes to the opening time, and sends the order. */
    async begin(): Promise<OpeningRoom & { readonly certificate: Uint8Array; readonly notAfter: number }> {
      world.setTime(OPENING + 5000);
      const { encryption, encryptionKey } = obtainKeys(gm, authorities.jiangnan, platformKeys.applicant);
      const order = await desk.issueOrder({ notice, roomCertificate: encryption });
      const notAfter = Date.parse(order.said.notAfter);
      return { order: order.der, privateKey: encryptionKey, certificate: encryption, notAfter };
    },
    release: releaseKey,
  };
}

export type BidWorld = ReturnType<typeof createBidWorld>;

/** An attempt at the opening: what is otherwise than it should be. */
export interface Attempt extends Partial<OpeningExpectation> {
  readonly bytes?: Uint8Array;
  readonly room?: OpeningRoom;
}

/** A world in which a package was received and its opening has begun. */
export async function createOpening() {
  const world = createBidWorld();
  const bid = await world.seal();
  const received = await world.receive(bid.bytes);
  const { signatureSm3 } = received;
  const room = await world.begin();
  function open(key: Uint8Array, { bytes = bid.bytes, room: into = room, ...expected }: Attempt = {}) {
    const { sink, got } = collect();
    return { opening: world.verifier.openPackage(memory(bytes), key, into, { signatureSm3, sink, ...expected }), got };
  }
  return { world, bid, received, room, open };
}

export type Opening = Awaited<ReturnType<typeof createOpening>>;
