/**
 * Nonces for SM2 signatures: RFC 6979 clause 3.2 with SM3 in the place of the hash, hedged with fresh randomness as
 * clause 3.6 allows (k′ after h1). A broken random source then still gives no two messages the same nonce, and a faulted
 * computation does not repeat one.
 *
 * qlen = hlen = 256, so one V is one candidate. A candidate outside [1, n − 1] is for the caller to notice: sm2Sign
 * answers BAD_SCALAR to it, and the caller draws fresh randomness.
 *
 * Constant time: in d, e and the randomness.
 */
import { SM3_LEN, sm3Update } from "../sm3/hash";
import { Hmac, hmacFinish, hmacInit } from "../sm3/mac";
import { scFromBytes, scToBytes, scWipe } from "./scalar";

/** Scratch, wiped: K and V of the RFC, the reduced hash, an HMAC key and its running state. */
const K = memory.data(32, 16);
const V = memory.data(32, 16);
const NUMBER = memory.data(48, 16);
const H1 = memory.data(32, 16);
const HMAC: Hmac = memory.data(208, 16);
const INNER = memory.data(104, 16);
const MARK = memory.data(1, 1);

/** K ← HMAC(K, V ‖ mark ‖ d ‖ h1 ‖ fresh), then V ← HMAC(K, V). HMAC holds K made ready, before and after. */
function stir(mark: u8, d: usize, fresh: usize): void {
  memory.copy(INNER, HMAC, SM3_LEN);
  store<u8>(MARK, mark);
  sm3Update(INNER, V, 32);
  sm3Update(INNER, MARK, 1);
  sm3Update(INNER, d, 32);
  sm3Update(INNER, H1, 32);
  sm3Update(INNER, fresh, 32);
  hmacFinish(HMAC, INNER, K);
  hmacInit(HMAC, K, 32);
  turn();
}

/** V ← HMAC(K, V). */
function turn(): void {
  memory.copy(INNER, HMAC, SM3_LEN);
  sm3Update(INNER, V, 32);
  hmacFinish(HMAC, INNER, V);
}

/** k ← a nonce for signing e with d. All 32 bytes; d and fresh secret; fresh: new randomness for each call. */
export function sm2Nonce(k: usize, d: usize, e: usize, fresh: usize): void {
  scFromBytes(NUMBER, e);
  scToBytes(H1, NUMBER); // bits2octets
  memory.fill(V, 1, 32);
  memory.fill(K, 0, 32);
  hmacInit(HMAC, K, 32);
  stir(0, d, fresh);
  stir(1, d, fresh);
  turn();
  memory.copy(k, V, 32);
  memory.fill(K, 0, 32);
  memory.fill(V, 0, 32);
  memory.fill(H1, 0, 32);
  memory.fill(NUMBER, 0, 36);
  memory.fill(HMAC, 0, 208);
  memory.fill(INNER, 0, 104);
  store<u8>(MARK, 0);
  scWipe();
}
