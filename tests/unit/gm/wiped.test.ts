/** What SM3 and SM4 leave behind below the tray, where constants and scratch are: nothing, at every way that its lengths take. */
import { describe, expect, test } from "vitest";
import { filler } from "../../support/oracles/filler.ts";
import { builds, Probe } from "../../support/oracles/probe.ts";

describe.each(builds)("the %s build", (build) => {
  const probe = new Probe(build);
  const [keys, block, data] = [probe.place(160), probe.place(16), probe.place(8192)];
  const scratch = (): Buffer => probe.bytes(0, probe.call("trayAt"));
  const [state, hmac, lanes] = [probe.place(104), probe.place(208), probe.place(128)];
  const before = scratch();

  const functions: Readonly<Record<string, (len: number) => void>> = {
    sm4Ecb: (len) => probe.call("sm4Ecb", keys, data, len & ~15),
    sm4CbcEncrypt: (len) => probe.call("sm4CbcEncrypt", keys, block, data, len & ~15),
    sm4CbcDecrypt: (len) => probe.call("sm4CbcDecrypt", keys, block, data, len & ~15),
    sm4Ctr: (len) => probe.call("sm4Ctr", keys, block, data, len),
    sm4Ctr32: (len) => probe.call("sm4Ctr32", keys, block, data, len),
    gcmStart: () => probe.call("gcmStart", keys),
    ghashUpdate: (len) => probe.call("ghashUpdate", keys + 128, data, len),
    gcmLengths: (len) => probe.call("gcmLengths", keys, len, len),
    ghashPower: (len) => probe.call("ghashPower", block, keys + 128, len),
    ghashJoin: () => probe.call("ghashJoin", keys + 128, block, data),
    sm3: (len) => {
      probe.call("sm3Init", state);
      probe.call("sm3Update", state, data, len);
      probe.call("sm3Digest", state, block);
    },
    sm3Lanes: (len) => {
      probe.call("sm3Init", state);
      probe.call("lanesStart", lanes, state);
      probe.call("sm3Lanes", lanes, data, 64, len >> 6);
      probe.call("lanesToBytes", data, lanes);
    },
    hmac: (len) => {
      probe.call("hmacInit", hmac, data, len & 63);
      probe.heap.copyWithin(state, hmac, hmac + 104);
      probe.call("sm3Update", state, data, len);
      probe.call("hmacFinish", hmac, state, data);
    },
    pbkdf2Lanes: (len) => probe.call("pbkdf2Lanes", hmac, data, len & 7),
    pbkdf2Steps: (len) => probe.call("pbkdf2Steps", hmac, data, data + 32, len & 7),
  };

  test.each(Object.keys(functions))("%s", (name) => {
    for (const len of [
      1, 16, 17, 64, 100, 127, 128, 129, 640, 1000, 1136, 1137, 1151, 1152, 1153, 1279, 1280, 1281, 1536, 2047, 2048,
      2049, 2700, 3199, 3200, 4096, 5000,
    ]) {
      probe.heap.set(filler(16, len), block);
      probe.heap.set(filler(8192, len), data);
      probe.call("sm4ExpandKey", keys, block);
      functions[name]?.(len);
      expect(scratch().equals(before), `${name} of ${len} bytes`).toBe(true);
    }
  });
});
