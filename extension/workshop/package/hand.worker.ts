import { hashPieces, openRun, type PayloadKeys, sealSegment } from "@certbridge/bid";
import { type Gm, loadGm } from "@certbridge/gm";
import { limits } from "@certbridge/protocol/limits";
import { readCoreModules } from "../../platform/core-module.ts";
import { answerCalls, transferring } from "./calls.ts";
import type { HandCalls } from "./wire.ts";

/** One more core for the worker of a package: hashes, seals and opens what it is given, in whatever order. */

let core: Promise<Gm> | undefined;
const loadCore = () => (core ??= readCoreModules().then((modules) => loadGm(modules)));

let keys: PayloadKeys | null = null;

function mustHaveKeys(): PayloadKeys {
  if (keys === null) throw new Error("the hand has no keys");
  return keys;
}

function cut(bytes: Uint8Array<ArrayBuffer>, len: number): readonly Uint8Array<ArrayBuffer>[] {
  return Array.from({ length: Math.ceil(bytes.length / len) }, (_, piece) =>
    bytes.subarray(piece * len, (piece + 1) * len),
  );
}

answerCalls<HandCalls>({
  async prepare(given) {
    keys = given;
    await loadCore();
  },

  async hash({ bytes }) {
    return hashPieces(
      await loadCore(),
      cut(new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length), limits.segmentLen),
    );
  },

  async open(run) {
    const opened = openRun(await loadCore(), mustHaveKeys(), run);
    return opened === null ? null : transferring(opened, [opened.plain.buffer]);
  },

  async seal({ index, isLast, plain }) {
    const gm = await loadCore();
    const given = mustHaveKeys();
    const segments = cut(plain, limits.segmentLen);
    const sealed = segments.map((segment, at) =>
      sealSegment(gm, given, index + at, isLast && at === segments.length - 1, segment),
    );
    const digests = hashPieces(gm, sealed);
    plain.fill(0);
    return transferring({ sealed, digests, plain }, [plain.buffer, ...sealed.map(({ buffer }) => buffer)]);
  },
});
