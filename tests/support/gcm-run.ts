import type { Gm, GcmRun } from "@certbridge/gm";
import { filler } from "./oracles/filler.ts";

/** Messages of one length and their run, made by the face one by one. */
export function makeRun(gm: Gm, { count, len }: { readonly count: number; readonly len: number }) {
  const key = filler(16, 1);
  const plain = filler(count * len, 2);
  const nonces = Array.from({ length: count }, (_, place) => filler(12, 3 + place));
  const sealed = nonces.map((nonce, place) =>
    gm.sm4GcmEncrypt(key, nonce, plain.subarray(place * len, (place + 1) * len)),
  );
  const parts: GcmRun["parts"] = [
    [0, count * len],
    [Math.min(5, count * len), 0],
    [Math.floor(len / 2), count * len - Math.floor(len / 2)],
  ];
  return {
    key,
    plain,
    nonces,
    parts,
    sealedSm3: sealed.map((message) => gm.sm3(message)),
    partsSm3: parts.map(([at, partLen]) => gm.sm3(plain.subarray(at, at + partLen))),
    /** Memory of its own each time: opening overwrites it. */
    sealed: () => new Uint8Array(Buffer.concat(sealed)),
  };
}
