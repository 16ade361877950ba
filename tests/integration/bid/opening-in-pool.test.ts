/** A package opened by real threads: what comes out, in which order, and what is refused, is as in one thread. */
import { createPieceHash, type FilePiece, openInPool, readFiles } from "@certbridge/bid";
import { openGmPool } from "@certbridge/gm/pool/node";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gm } from "../../support/authority.ts";
import {
  codeOf,
  fileKeyOf,
  filler,
  makePackage,
  openBytes,
  SEALED_LEN,
  SEGMENT_LEN,
  type TestFile,
} from "../../support/bid.ts";

const fileKey = fileKeyOf(1);
const files: readonly TestFile[] = [
  { name: "投标函.pdf", bytes: filler(12 * SEGMENT_LEN + 17, 3) },
  { name: "空.txt", bytes: new Uint8Array(0) },
  { name: "图纸.dwg", bytes: filler(5 * SEGMENT_LEN, 4) },
];

let pool: Awaited<ReturnType<typeof openGmPool>>;
let whole: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  pool = await openGmPool({ workers: 2 });
  whole = await makePackage(files);
});

afterAll(() => pool.close());

async function open(bytes: Uint8Array, job: { signal?: AbortSignal; onProgress?: (done: number) => void } = {}) {
  const pieces: FilePiece[] = [];
  const sink = { write: (piece: FilePiece) => void pieces.push(piece) };
  const opened = await openBytes(bytes);
  await readFiles({ gm, opened, fileKey, sink, open: openInPool(pool), ...job });
  return pieces;
}

test("the same files, in the order of their bytes", async () => {
  const pieces = await open(whole);
  for (const [place, { name, bytes }] of files.entries()) {
    const own = pieces.filter(({ file }) => file === place);
    expect(own.every((piece) => piece.name === name)).toBe(true);
    expect(own.map(({ offset }) => offset)).toEqual(own.map(({ offset }) => offset).toSorted((a, b) => a - b));
    expect(Buffer.concat(own.map((piece) => piece.bytes)).equals(bytes)).toBe(true);
  }
});

test("what was sealed is hashed on the way, as it stands in the package", async () => {
  const opened = await openBytes(whole);
  const hash = createPieceHash(gm, SEALED_LEN);
  await readFiles({ gm, opened, fileKey, sink: { write: () => undefined }, open: openInPool(pool), hash });
  expect(encodeBase64Url(hash.digest())).toBe(opened.trailer.payloadSm3);
});

test("pieces are each other's no memory: every one can be given away", async () => {
  const pieces = await open(whole);
  const memories = pieces.map(({ bytes }) => bytes.buffer);
  expect(new Set(memories).size).toBe(memories.length);
});

test("one changed bit, in whichever segment, is refused", async () => {
  const { payload } = await openBytes(whole);
  for (const segment of [0, 7, payload.segments - 1]) {
    const changed = whole.slice();
    const at = payload.at + segment * SEALED_LEN + 99;
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(await codeOf(open(changed)), `segment ${segment}`).toBe("BID_NOT_OPENED");
  }
});

test("ends where it is told to, with nothing left on its way", async () => {
  const reason = new Error("given up");
  const abort = new AbortController();
  await expect(open(whole, { signal: abort.signal, onProgress: () => abort.abort(reason) })).rejects.toBe(reason);
  // The workers are free again: the next package opens.
  expect((await open(whole)).length).toBeGreaterThan(0);
});

test("a pool that ends takes the opening along, and says so", async () => {
  const own = await openGmPool({ workers: 1 });
  const opened = await openBytes(whole);
  const opening = readFiles({
    gm,
    opened,
    fileKey,
    open: openInPool(own),
    sink: { write: () => void own.close() },
  });
  await expect(opening).rejects.toThrow("closed");
});
