/** How long it takes from a module's bytes to a cryptography whose every part has worked once. */
import type { Gm, LoadOptions } from "@certbridge/gm";
import { alone, type Engine, type Figure, median } from "../figure.ts";
import { READY_MS } from "./bounds.ts";

type Program = Uint8Array<ArrayBuffer>;

interface Programs {
  readonly simd: Program;
  readonly relaxed?: Program;
}

const utf8 = new TextEncoder();

/**
 * The module with a custom section at its end (WebAssembly core specification, clause 5.5.3) that says which turn this is: to the engine
 * another module, so that it takes no compiled code from the turn before.
 */
function withTurn(program: Program, turn: number): Program {
  const name = utf8.encode(`turn ${turn}`);
  const section = Uint8Array.of(0, name.length + 1, name.length, ...name);
  const whole = new Uint8Array(program.length + section.length);
  whole.set(program);
  whole.set(section, program.length);
  return whole;
}

/** One call of each kind of work: what starts lazily, has started after it. */
function useOnce(gm: Gm): void {
  const [key, data] = [new Uint8Array(16), new Uint8Array(16 * 1024)];
  gm.sm4CbcDecrypt(key, key, gm.sm4CbcEncrypt(key, key, data));
  gm.sm4GcmDecrypt(key, key, gm.sm4GcmEncrypt(key, key, data));
  gm.sm3(data);
  const { privateKey, publicKey } = gm.sm2KeyPair();
  const signer = gm.sm2Signer(privateKey);
  gm.sm2Verify(publicKey, data, signer.sign(data));
  signer.close();
  gm.sm2Decrypt(privateKey, gm.sm2Encrypt(publicKey, key));
}

/** Compiling, instantiating, tables, the known-answer tests, and the first use of each part, which is the warm-up. */
export async function timeReady(
  loadGm: (options: LoadOptions) => Promise<Gm>,
  { simd, relaxed }: Programs,
  engine: Engine,
  rounds: number,
): Promise<Figure> {
  const samples: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const programs = {
      simd: withTurn(simd, round),
      ...(relaxed === undefined ? {} : { relaxed: withTurn(relaxed, round) }),
    };
    const startedAt = performance.now();
    useOnce(await loadGm(programs));
    samples.push(performance.now() - startedAt);
  }
  return alone("crypto.ready", engine, median(samples), "ms", engine === "chromium" ? READY_MS : undefined);
}
