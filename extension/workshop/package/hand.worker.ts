import { hashPieces, openRun, type PayloadKeys, sealRun } from "@certbridge/bid";
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

answerCalls<HandCalls>({
  async prepare(given) {
    keys = given;
    await loadCore();
  },

  async hash({ bytes }) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / limits.segmentLen) }, (_, piece) =>
      bytes.subarray(piece * limits.segmentLen, (piece + 1) * limits.segmentLen),
    );
    return transferring({ digests: hashPieces(await loadCore(), pieces), bytes }, [bytes.buffer]);
  },

  async open(run) {
    const opened = openRun(await loadCore(), mustHaveKeys(), run);
    return opened === null ? null : transferring(opened, [opened.plain.buffer]);
  },

  async seal({ index, isLast, batch }) {
    const sealed = sealRun(await loadCore(), mustHaveKeys(), { index, isLast, batch });
    return transferring(sealed, [sealed.sealed.buffer]);
  },
});
