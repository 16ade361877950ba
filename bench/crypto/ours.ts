/** Functions of ours that may not be there yet: each figure that needs one appears once it is. */
import type { Gm, Sm2SignOptions } from "@certbridge/gm";

interface Signer {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array<ArrayBuffer>;
  signDigest(e: Uint8Array): Uint8Array<ArrayBuffer>;
  close(): void;
}

interface Verifier {
  verify(message: Uint8Array, signature: Uint8Array): boolean;
  verifyDigest(e: Uint8Array, signature: Uint8Array): boolean;
  close(): void;
}

interface Coming {
  sm2Signer?(privateKey: Uint8Array, options?: Sm2SignOptions): Signer;
  sm2Verifier?(publicKey: Uint8Array, options?: Sm2SignOptions): Verifier;
  sm3Many?(messages: readonly Uint8Array[]): readonly Uint8Array[];
}

/** With what is there of those to come. */
export const withComing = (gm: Gm): Gm & Coming => gm;
