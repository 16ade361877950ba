/**
 * What the module exports: the ABI that `packages/gm/src/core` speaks, and nothing else. Pointers, lengths and status numbers; every
 * length is checked there before a pointer is made.
 */
export { crc32Margin, crc32Update } from "./crc32";
export { trayAt, windowAt, windowLen, wipe } from "./memory";
export { sm2DecryptFinish, sm2DecryptStart, sm2DecryptStep } from "./sm2/encrypt";
export { sm2EncryptFinish, sm2EncryptStart, sm2EncryptStep } from "./sm2/encrypt";
export { sm2Nonce } from "./sm2/nonce";
export { sm2CheckKey, sm2CheckPoint, sm2PublicKey, sm2Sign, sm2SignerPrepare } from "./sm2/sign";
export { sm2KeyPrepare, sm2Verify, sm2VerifyPrepared } from "./sm2/verify";
export { sm3Digest, sm3Init, sm3Update } from "./sm3/hash";
export { lanesStart, lanesToBytes } from "./sm3/lanes";
export { hmacFinish, hmacInit, pbkdf2Lanes, pbkdf2Steps } from "./sm3/mac";
export { sm3Lanes, sm3Pad } from "./sm3/many";
export { sm4ExpandKey, sm4ReverseKeys } from "./sm4/cipher";
export { sm4Ctr, sm4Ctr32 } from "./sm4/ctr";
export { gcmCompare, gcmLengths, gcmStart, gcmTag } from "./sm4/gcm";
export { ghashUpdate } from "./sm4/ghash";
export { paddingLen, sm4CbcDecrypt, sm4CbcEncrypt, sm4Ecb } from "./sm4/modes";
export { ghashJoin, ghashPower } from "./sm4/segments";
