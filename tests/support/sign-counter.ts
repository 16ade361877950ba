/**
 * Preloaded into a companion program under test (`node --import sign-counter.ts?log=FILE`): each private-key call that its cryptography
 * makes leaves a line in the file, `sign` or `open` and the key's name, where the core itself is called. The name is SHA-256 of the key,
 * shortened: it tells one key from another, and nothing else.
 *
 * With `&fileKeys=FILE` the file key of each key block that was opened is left there, in hexadecimal: a test that looks for it everywhere
 * has to know it. With `&aheadMs=NUMBER` the program's clock goes so much before the machine's. With `&diesAt=sign:3` it is killed as it
 * begins its third signature, with `open:3` its third opening of a ciphertext; with `content:1` when the first key block's content lies open
 * in its memory.
 */
import { createHash } from "node:crypto";
import { appendFileSync } from "node:fs";

interface Core {
  readonly memory: WebAssembly.Memory;
  sm2Sign(out: number, e: number, d: number, k: number): number;
  sm2DecryptStart(context: number, d: number, point: number): number;
  sm4CbcDecrypt(keys: number, iv: number, data: number, len: number): void;
}

const { searchParams } = new URL(import.meta.url);
const log = searchParams.get("log") ?? "";
const fileKeys = searchParams.get("fileKeys");
const aheadMs = Number(searchParams.get("aheadMs") ?? 0);
const diesAt = searchParams.get("diesAt");

const reached = { sign: 0, open: 0, content: 0 };
function reach(step: keyof typeof reached): void {
  reached[step] += 1;
  if (`${step}:${reached[step]}` === diesAt) process.kill(process.pid, "SIGKILL");
}

const KEY_LEN = 32;
/** A key block's content: file key, commitment, header. */
const FILE_KEY_LEN = 32;
const HEADER_AT = 64;
const HEADER_START = '{"format":"shared-certificate-bid:1"';

const isCore = (exports: object): exports is Core => "sm2Sign" in exports;

const instantiate = WebAssembly.instantiate;

/** The core with calls that are seen. */
function watched(core: Core): Core {
  const note = (what: "sign" | "open", d: number) => {
    const key = new Uint8Array(core.memory.buffer, d, KEY_LEN);
    appendFileSync(log, `${what} ${createHash("sha256").update(key).digest("hex").slice(0, 16)}\n`);
    reach(what);
  };
  return {
    ...core,
    sm2Sign(out, e, d, k) {
      note("sign", d);
      return core.sm2Sign(out, e, d, k);
    },
    sm2DecryptStart(context, d, point) {
      note("open", d);
      return core.sm2DecryptStart(context, d, point);
    },
    sm4CbcDecrypt(keys, iv, data, len) {
      core.sm4CbcDecrypt(keys, iv, data, len);
      const content = Buffer.from(core.memory.buffer, data, len);
      if (content.indexOf(HEADER_START, 0, "latin1") !== HEADER_AT) return;
      if (fileKeys !== null) appendFileSync(fileKeys, `${content.toString("hex", 0, FILE_KEY_LEN)}\n`);
      reach("content");
    },
  };
}

Object.assign(WebAssembly, {
  async instantiate(module: WebAssembly.Module) {
    const instance = await instantiate(module);
    return isCore(instance.exports) ? { exports: watched(instance.exports) } : instance;
  },
});

if (aheadMs !== 0) {
  const { now } = Date;
  Date.now = () => now() + aheadMs;
}
