/**
 * Status numbers of the exported functions. The face (`packages/gm/src/core`) turns them into values and errors;
 * nothing in this folder throws.
 */
export type Status = i32;

/** Done. */
export const OK: Status = 0;

/** This nonce leads nowhere (r = 0, s = 0, r + k = n, or an all-zero key stream): draw another. */
export const RETRY: Status = 1;

/** A private key outside [1, n − 2], or a nonce outside [1, n − 1]. */
export const BAD_SCALAR: Status = 2;

/** Bytes that are no point of the curve, the point at infinity included. */
export const BAD_POINT: Status = 3;

/** A signature, padding or check value that does not fit. */
export const MISMATCH: Status = 4;
