/** @lifeni/libsm-js, Rust in WebAssembly: started, and what it hides of itself. */
import init, * as libsm from "@lifeni/libsm-js/libsm_js.js";

export type Libsm = typeof libsm;

/**
 * @param program its module's bytes
 */
export async function openLibsm(program: BufferSource): Promise<Libsm> {
  // It greets the console, where the bench's figures go; and under Node it asks for a `require` that a module does not have, unless
  // it thinks itself in a browser when it first draws a random number.
  const { log } = console;
  const scope = globalThis as { process?: unknown };
  const { process } = scope;
  console.log = () => undefined;
  try {
    await init(program);
    if (process !== undefined) scope.process = undefined;
    new libsm.SM2().new_keypair();
  } finally {
    if (process !== undefined) scope.process = process;
    console.log = log;
  }
  return libsm;
}

/** Its SM4 is CBC with the key for an initial vector. It never frees by itself. */
export function libsmCipher(lib: Libsm, key: Uint8Array) {
  const run = (way: "encrypt" | "decrypt", data: Uint8Array): Uint8Array => {
    const cipher = new lib.SM4(key);
    const out = cipher[way](data);
    cipher.free();
    return out;
  };
  return {
    encrypt: (data: Uint8Array) => run("encrypt", data),
    decrypt: (data: Uint8Array) => run("decrypt", data),
  };
}

export function libsmHash(lib: Libsm, data: Uint8Array): Uint8Array {
  const hash = new lib.SM3(data);
  const out = hash.get_hash();
  hash.free();
  return out;
}

/** 04 ‖ C1 ‖ C3 ‖ C2 from or to its 04 ‖ C1 ‖ C2 ‖ C3. */
export function swapParts(ciphertext: Uint8Array, to: "C1C2C3" | "C1C3C2"): Uint8Array<ArrayBuffer> {
  const middle = to === "C1C2C3" ? 97 : ciphertext.length - 32;
  const out = ciphertext.slice();
  out.set(ciphertext.subarray(middle), 65);
  out.set(ciphertext.subarray(65, middle), 65 + ciphertext.length - middle);
  return out;
}
