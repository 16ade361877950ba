/** What the bench calls of sm-crypto, which brings no types. Bytes are plain arrays, keys and ciphertexts hex. */
declare module "sm-crypto" {
  interface Cipher {
    readonly mode: "cbc";
    readonly iv: readonly number[];
    readonly output: "array";
  }
  const smCrypto: {
    sm2: {
      generateKeyPairHex(): { readonly privateKey: string; readonly publicKey: string };
      doSignature(
        message: readonly number[],
        privateKey: string,
        options: { readonly hash: true; readonly publicKey: string },
      ): string;
      doVerifySignature(
        message: readonly number[],
        signature: string,
        publicKey: string,
        options: { readonly hash: true },
      ): boolean;
      doEncrypt(message: readonly number[], publicKey: string, cipherMode: 1): string;
      doDecrypt(
        ciphertext: string,
        privateKey: string,
        cipherMode: 1,
        options: { readonly output: "array" },
      ): readonly number[];
    };
    sm3(data: readonly number[]): string;
    sm4: {
      encrypt(data: readonly number[], key: readonly number[], options: Cipher): readonly number[];
      decrypt(data: readonly number[], key: readonly number[], options: Cipher): readonly number[];
    };
  };
  export default smCrypto;
}
