/**
 * HMAC (RFC 2104) and PBKDF2's loop (RFC 8018 clause 5.2) on SM3.
 *
 *   Hmac    an Sm3 that has taken in key ⊕ ipad, and one that has taken in key ⊕ opad. 208 bytes
 *
 * Constant time: in the data and the keys; not in lengths and counts, which are public.
 */
import { storeWord } from "../word";
import { compress } from "./compress";
import { compressLanes } from "./compress-lanes";
import { Sm3, SM3_LEN, sm3Init, sm3Update, squeeze } from "./hash";
import { Lanes, LANES_LEN, lanesLoad, lanesStart, lanesToBytes, lanesWipe, W } from "./lanes";

/** An HMAC key made ready, 208 bytes. */
export type Hmac = usize;

/** Scratch: a running state, and a block. Wiped by every exported function. */
const FORK: Sm3 = memory.data(104, 16);
const PAD = memory.data(64, 16);

/** Scratch of the four lanes: a compression, and what is summed so far. */
const LANES: Lanes = memory.data(128, 16);
const TOTAL: Lanes = memory.data(128, 16);

function macWipe(): void {
  memory.fill(FORK, 0, SM3_LEN);
  memory.fill(PAD, 0, 64);
}

/** hmac ← a key of at most 64 bytes made ready. RFC 2104 clause 2, steps 1, 2 and 5. A longer key is hashed by the caller. */
export function hmacInit(hmac: Hmac, key: usize, len: i32): void {
  memory.fill(PAD, 0, 64);
  memory.copy(PAD, key, len);
  for (let i: usize = 0; i < 64; i++) store<u8>(PAD + i, load<u8>(PAD + i) ^ 0x36);
  sm3Init(hmac);
  sm3Update(hmac, PAD, 64);
  for (let i: usize = 0; i < 64; i++) store<u8>(PAD + i, load<u8>(PAD + i) ^ 0x6a); // 36 ⊕ 5c
  sm3Init(hmac + SM3_LEN);
  sm3Update(hmac + SM3_LEN, PAD, 64);
  macWipe();
}

/** out ← HMAC, 32 bytes, of what `inner`, begun as a copy of the hmac's first state, has taken in. `inner` is used up. */
export function hmacFinish(hmac: Hmac, inner: Sm3, out: usize): void {
  squeeze(inner, PAD);
  memory.copy(FORK, hmac + SM3_LEN, SM3_LEN);
  sm3Update(FORK, PAD, 32);
  squeeze(FORK, out);
  macWipe();
}

/**
 * total ← U₁ ⊕ U₂ ⊕ … over `times` further steps Uᵢ₊₁ = HMAC(P, Uᵢ); u ← the last of them. RFC 8018 clause 5.2 step 3.
 * Both 32 bytes; u = U₁ at the start, total what was summed so far. Two compressions a step.
 */
export function pbkdf2Steps(hmac: Hmac, u: usize, total: usize, times: i32): void {
  // both messages are one block: 32 bytes, the padding bit, zeros, and the length 64 + 32 bytes
  memory.fill(PAD, 0, 64);
  store<u8>(PAD, 0x80, 32);
  store<u16>(PAD, bswap<u16>(768), 62);
  memory.copy(PAD, u, 32);
  for (let i = 0; i < times; i++) {
    memory.copy(FORK, hmac, 32);
    compress(FORK, PAD, 1);
    for (let j: usize = 0; j < 32; j += 4) storeWord(PAD + j, load<u32>(FORK + j));
    memory.copy(FORK, hmac + SM3_LEN, 32);
    compress(FORK, PAD, 1);
    for (let j: usize = 0; j < 32; j += 4) storeWord(PAD + j, load<u32>(FORK + j));
    for (let j: usize = 0; j < 32; j += 8) store<u64>(total + j, load<u64>(total + j) ^ load<u64>(PAD + j));
  }
  memory.copy(u, PAD, 32);
  macWipe();
}

/** W₀ … W₇ ← the compression of W by what `state` has taken in, in every lane. */
function turnLanes(state: Sm3): void {
  lanesStart(LANES, state);
  compressLanes(LANES);
  memory.copy(W, LANES, LANES_LEN);
}

/**
 * u ← U₁ ⊕ U₂ ⊕ … of four blocks of output at once, 32 bytes each, from their U₁ and `times` further steps. It takes twice the time that
 * pbkdf2Steps takes for one.
 */
export function pbkdf2Lanes(hmac: Hmac, u: usize, times: i32): void {
  lanesLoad(u, 32, 32);
  memory.copy(TOTAL, W, LANES_LEN);
  // the rest of the one block: the padding bit, zeros, and the length 64 + 32 bytes
  v128.store(W, i32x4.splat(0x80000000), 128);
  memory.fill(W + 144, 0, 96);
  v128.store(W, i32x4.splat(768), 240);
  for (let i = 0; i < times; i++) {
    turnLanes(hmac);
    turnLanes(hmac + SM3_LEN);
    for (let j: usize = 0; j < 128; j += 16) {
      v128.store(TOTAL + j, v128.xor(v128.load(TOTAL + j), v128.load(W + j)));
    }
  }
  lanesToBytes(u, TOTAL);
  memory.fill(LANES, 0, LANES_LEN);
  memory.fill(TOTAL, 0, LANES_LEN);
  lanesWipe();
}
