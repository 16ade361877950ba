/**
 * SHA-1 or SHA-256 of the bytes, for what the field names or binds by one of these. This package has SM3 alone, and browsers give
 * theirs only later: who can compute it at once, as Node can, may hand it in.
 */
export type ForeignHash = (algorithm: "SHA-1" | "SHA-256", bytes: Uint8Array) => Uint8Array;
