/** Several GCM messages sealed and opened in place: as the face does each, and nothing left where one is wrong. */
import { loadGm } from "@certbridge/gm/node";
import { describe, expect, test } from "vitest";
import { makeRun } from "../../support/gcm-run.ts";

const gm = await loadGm();

describe.each([
  { count: 1, len: 0 },
  { count: 1, len: 1 },
  { count: 3, len: 0 },
  { count: 5, len: 17 },
  { count: 4, len: 300_000 },
])("$count messages of $len bytes", (shape) => {
  const { key, plain, nonces, parts, sealed, sealedSm3, partsSm3 } = makeRun(gm, shape);

  test("are sealed where they are, and hashed", () => {
    const memory = new Uint8Array(shape.count * (shape.len + 16)).fill(0xaa);
    for (let place = 0; place < shape.count; place++) {
      memory.set(plain.subarray(place * shape.len, (place + 1) * shape.len), place * (shape.len + 16));
    }
    expect(gm.sm4GcmEncryptRun(key, nonces, memory)).toEqual(sealedSm3);
    expect(Buffer.from(memory).equals(sealed())).toBe(true);
  });

  test("are opened in the memory that they came in, and hashed", () => {
    const memory = sealed();
    const opened = gm.sm4GcmDecryptRun(key, { nonces, sealed: memory, hashSealed: true, parts });
    expect(opened?.plain.buffer).toBe(memory.buffer);
    expect(Buffer.from(opened?.plain ?? []).equals(plain)).toBe(true);
    expect(opened?.sealedSm3).toEqual(sealedSm3);
    expect(opened?.partsSm3).toEqual(partsSm3);
  });

  test("are hashed only as asked", () => {
    const opened = gm.sm4GcmDecryptRun(key, { nonces, sealed: sealed(), hashSealed: false, parts: [] });
    expect(opened).toMatchObject({ sealedSm3: [], partsSm3: [] });
  });

  test("leave nothing where one of them, wherever, is another", () => {
    for (let place = 0; place < shape.count; place++) {
      const memory = sealed();
      const last = (place + 1) * (shape.len + 16) - 1;
      memory[last] = (memory[last] ?? 0) ^ 1;
      expect(gm.sm4GcmDecryptRun(key, { nonces, sealed: memory, hashSealed: true, parts })).toBeNull();
      expect(memory.every((byte) => byte === 0)).toBe(true);
    }
  });

  test("are not taken in another order", () => {
    const run = { nonces: nonces.toReversed(), sealed: sealed(), hashSealed: false, parts: [] };
    expect(gm.sm4GcmDecryptRun(key, run) === null).toBe(shape.count > 1);
  });
});

test("wrong shapes are refused in plain words", () => {
  const key = new Uint8Array(16);
  const nonces = [new Uint8Array(12), new Uint8Array(12)];
  const run = { nonces, sealed: new Uint8Array(40), hashSealed: false, parts: [] };
  const open = (changed: object, by = key) => gm.sm4GcmDecryptRun(by, { ...run, ...changed });
  expect(open({})).toBeNull();
  expect(() => open({}, new Uint8Array(15))).toThrow(new RangeError('"key" expected 16 bytes, got 15'));
  expect(() => open({ nonces: [new Uint8Array(12), new Uint8Array(0)] })).toThrow('"nonce" expected at least 1 byte');
  expect(() => open({ nonces: [] })).toThrow('"nonces" expected a whole number from 1 to 2, got 0');
  expect(() => open({ sealed: new Uint8Array(41) })).toThrow('"sealed" expected 2 messages of one length');
  expect(() => open({ sealed: new Uint8Array(30) })).toThrow('"nonces" expected a whole number from 1 to 1, got 2');
  expect(() => open({ sealed: "text" })).toThrow(TypeError);
  const seal = (messages: Uint8Array<ArrayBuffer>) => gm.sm4GcmEncryptRun(key, nonces, messages);
  expect(() => seal(new Uint8Array(41))).toThrow('"messages" expected 2 messages of one length with their tags');
  expect(() => seal(new Uint8Array(30))).toThrow('"nonces" expected a whole number from 1 to 1, got 2');
  expect(() => open({ parts: [[9, 0]] })).toThrow('"parts" expected a whole number from 0 to 8, got 9');
  expect(() => open({ parts: [[4, 5]] })).toThrow('"parts" expected a whole number from 0 to 4, got 5');
});
