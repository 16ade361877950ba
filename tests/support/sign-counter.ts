/**
 * Preloaded into a companion program under test (`node --import sign-counter.ts?log=FILE`): each signature that its cryptography makes
 * leaves a line in the file, the key's name, where the core itself is called. The name is SHA-256 of the key, shortened: it tells one key
 * from another, and nothing else.
 */
import { createHash } from "node:crypto";
import { appendFileSync } from "node:fs";

interface Core {
  readonly memory: WebAssembly.Memory;
  sm2Sign(out: number, e: number, d: number, k: number): number;
}

const log = new URL(import.meta.url).searchParams.get("log") ?? "";
const KEY_LEN = 32;

const isCore = (exports: object): exports is Core => "sm2Sign" in exports;

const instantiate = WebAssembly.instantiate;

/** The core with a `sm2Sign` that is seen. */
function watched(core: Core): Core {
  return {
    ...core,
    sm2Sign(out, e, d, k) {
      const key = new Uint8Array(core.memory.buffer, d, KEY_LEN);
      appendFileSync(log, `${createHash("sha256").update(key).digest("hex").slice(0, 16)}\n`);
      return core.sm2Sign(out, e, d, k);
    },
  };
}

Object.assign(WebAssembly, {
  async instantiate(module: WebAssembly.Module) {
    const instance = await instantiate(module);
    return isCore(instance.exports) ? { exports: watched(instance.exports) } : instance;
  },
});
