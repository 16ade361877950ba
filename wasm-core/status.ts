/** What exported functions return. The face turns these numbers into values and errors. */
export type Status = i32;

export const OK: Status = 0;
/** The nonce gave r = 0, r + k = n or s = 0: draw another. */
export const RETRY: Status = 1;
/** A value outside its range: private key, nonce, r or s. */
export const OUT_OF_RANGE: Status = 2;
/** Not a point of the curve, or the point at infinity. */
export const BAD_POINT: Status = 3;
/** The signature, check value or padding is not right. One number for all, so that nothing else can be learnt. */
export const REJECTED: Status = 4;
