/** The module's side of the face. */

/** What `wasm-core/index.ts` exports. Pointers, lengths and status numbers. */
export interface Exports {
  readonly memory: WebAssembly.Memory;
  trayAt(): number;
  windowAt(): number;
  windowLen(): number;
  wipe(at: number, len: number): void;
  crc32Margin(): number;
  crc32Update(data: number, len: number, register: number): number;
  sm3Init(state: number): void;
  sm3Update(state: number, data: number, len: number): void;
  sm3Digest(state: number, out: number): void;
  sm3Pad(data: number, len: number, end: number, total: number): void;
  sm3Lanes(lanes: number, data: number, stride: number, count: number): void;
  lanesStart(lanes: number, state: number): void;
  lanesToBytes(out: number, lanes: number): void;
  ghashPower(power: number, hash: number, blocks: number): void;
  ghashJoin(hash: number, power: number, part: number): void;
  hmacInit(hmac: number, key: number, len: number): void;
  hmacFinish(hmac: number, inner: number, out: number): void;
  pbkdf2Lanes(hmac: number, u: number, times: number): void;
  pbkdf2Steps(hmac: number, u: number, total: number, times: number): void;
  sm4ExpandKey(keys: number, key: number): void;
  sm4ReverseKeys(keys: number): void;
  sm4Ecb(keys: number, data: number, len: number): void;
  sm4CbcEncrypt(keys: number, iv: number, data: number, len: number): void;
  sm4CbcDecrypt(keys: number, iv: number, data: number, len: number): void;
  sm4Ctr(keys: number, counter: number, data: number, len: number): void;
  sm4Ctr32(keys: number, counter: number, data: number, len: number): void;
  gcmStart(gcm: number): void;
  ghashUpdate(hash: number, data: number, len: number): void;
  gcmLengths(gcm: number, first: number, second: number): void;
  gcmTag(gcm: number, tag: number): void;
  gcmCompare(a: number, b: number): number;
  paddingLen(block: number): number;
  sm2CheckKey(d: number): number;
  sm2CheckPoint(key: number): number;
  sm2PublicKey(out: number, d: number): number;
  sm2Nonce(k: number, d: number, e: number, fresh: number): void;
  sm2SignerPrepare(signer: number, d: number): number;
  sm2Sign(out: number, e: number, signer: number, k: number): number;
  sm2Verify(key: number, e: number, signature: number): number;
  sm2KeyPrepare(slot: number, key: number): number;
  sm2VerifyPrepared(slot: number, e: number, signature: number): number;
  sm2EncryptStart(context: number, c1: number, key: number, k: number): number;
  sm2EncryptStep(context: number, data: number, len: number): void;
  sm2EncryptFinish(context: number, c3: number): number;
  sm2DecryptStart(context: number, d: number, c1: number): number;
  sm2DecryptStep(context: number, data: number, len: number): void;
  sm2DecryptFinish(context: number, c3: number): number;
}
