/** Answers of SKF (GM/T 0016-2012 Annex A) and algorithm ids that cross our calls (GM/T 0006-2012 clause 5.2). */

export const SAR = {
  OK: 0,
  NOT_SUPPORTED: 0x0a00_0003,
  INVALID_HANDLE: 0x0a00_0005,
  INPUT_DATA: 0x0a00_0011,
  KEY_NOT_FOUND: 0x0a00_001b,
  CERTIFICATE_NOT_FOUND: 0x0a00_001c,
  BUFFER_TOO_SMALL: 0x0a00_0020,
  NO_EVENT: 0x0a00_0022,
  DEVICE_REMOVED: 0x0a00_0023,
  PIN_INCORRECT: 0x0a00_0024,
  PIN_LOCKED: 0x0a00_0025,
  PIN_INVALID: 0x0a00_0026,
  PIN_LEN: 0x0a00_0027,
  NOT_LOGGED_IN: 0x0a00_002d,
  APPLICATION_NOT_FOUND: 0x0a00_002e,
} as const;

/** SGD_SM4_ECB, SGD_SM4_CBC. */
export const SM4 = { ecb: 0x401, cbc: 0x402 } as const;

/** Whose PIN: VerifyPIN and GetPINInfo, clause 7.2. */
export const USER_TYPE = 1;

/** How long LockDev waits, in ms; what waits longer is told so. */
export const LOCK_WAIT_MS = 5000;

/** A call that a library answered with something else than 0. */
export class SkfError extends Error {
  override readonly name = "SkfError";
  /** The function, as `SKF_VerifyPIN`. */
  readonly call: string;
  /** Its answer, unsigned. */
  readonly code: number;

  constructor(call: string, code: number) {
    super(`${call}: 0x${code.toString(16).padStart(8, "0")}`);
    this.call = call;
    this.code = code;
  }
}

/** Bits by which DEVINFO names uses of SM2: those of GM/T 0016-2012 begin at 0x100, those of GM/T 0006-2012 one place higher. */
const SM2_BITS = { lowest: 0x100, highest: 0x800, mask: 0xff00, one: 0x300 } as const;

/**
 * Which of the three families of ids a device's asymmetric capabilities are in; null where they tell nothing. A device of the first family that could sign and
 * agree on keys but not encrypt would look like the third: none such was seen.
 */
export function algorithmsOf(capabilities: number): "2012" | "0006" | "0300" | null {
  const uses = capabilities & SM2_BITS.mask;
  if ((uses & SM2_BITS.highest) !== 0) return "0006";
  if (uses === SM2_BITS.one) return "0300";
  return (uses & SM2_BITS.lowest) === 0 ? null : "2012";
}
