/** The exports of the built module, as wasm-core/index.ts declares them: addresses and lengths in, status numbers out. */
export interface CoreExports {
  readonly memory: WebAssembly.Memory;
  windowPtr(): number;
  windowLen(): number;
  wipe(p: number, len: number): void;
  sm3Init(state: number): void;
  sm3Update(state: number, p: number, len: number): void;
  sm3Final(out: number, state: number): void;
  hmacSm3Key(inner: number, outer: number, key: number, len: number): void;
  hmacSm3Final(out: number, inner: number, outer: number): void;
  pbkdf2Sm3Rounds(t: number, u: number, inner: number, outer: number, rounds: number): void;
  sm4Key(key: number): void;
  sm4Iv(iv: number): void;
  sm4Forget(): void;
  sm4EcbEncrypt(data: number, len: number): void;
  sm4EcbDecrypt(data: number, len: number): void;
  sm4CbcEncrypt(data: number, len: number): void;
  sm4CbcDecrypt(data: number, len: number): void;
  unpad(last: number): number;
  sm2PublicKey(out: number, d: number): number;
  sm2CheckPublicKey(xy: number): number;
  sm2Sign(out: number, e: number, d: number, k: number): number;
  sm2Verify(xy: number, e: number, signature: number): number;
  sm2Encrypt(c1: number, c3: number, data: number, len: number, xy: number, k: number): number;
  sm2Decrypt(c1: number, c3: number, data: number, len: number, d: number): number;
}

/** Status numbers of wasm-core/status.ts. */
export const STATUS_OK = 0;
export const STATUS_RETRY = 1;
export const STATUS_OUT_OF_RANGE = 2;

const EXPORTS: Readonly<Record<keyof CoreExports, true>> = {
  memory: true,
  windowPtr: true,
  windowLen: true,
  wipe: true,
  sm3Init: true,
  sm3Update: true,
  sm3Final: true,
  hmacSm3Key: true,
  hmacSm3Final: true,
  pbkdf2Sm3Rounds: true,
  sm4Key: true,
  sm4Iv: true,
  sm4Forget: true,
  sm4EcbEncrypt: true,
  sm4EcbDecrypt: true,
  sm4CbcEncrypt: true,
  sm4CbcDecrypt: true,
  unpad: true,
  sm2PublicKey: true,
  sm2CheckPublicKey: true,
  sm2Sign: true,
  sm2Verify: true,
  sm2Encrypt: true,
  sm2Decrypt: true,
};

export const coreExportNames = Object.keys(EXPORTS) as readonly (keyof CoreExports)[];

function isCore(exports: WebAssembly.Exports): exports is WebAssembly.Exports & CoreExports {
  return coreExportNames.every((name) => Object.hasOwn(exports, name));
}

/** Instantiates the module. @throws TypeError where the bytes are another module */
export async function instantiate(simd: WebAssembly.Module | BufferSource): Promise<CoreExports> {
  const module = simd instanceof WebAssembly.Module ? simd : await WebAssembly.compile(simd);
  const { exports } = await WebAssembly.instantiate(module, {});
  if (!isCore(exports)) throw new TypeError("simd: not the module of wasm-core");
  return exports;
}
