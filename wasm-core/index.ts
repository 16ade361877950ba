/** The module's ABI: exactly what is exported here. packages/gm is its only caller, and checks every length before. */
import { prepareBaseTable } from "./sm2/multiply";

export { windowLen, windowPtr, wipe } from "./memory";
export {
  hmacSm3Final,
  hmacSm3Key,
  pbkdf2Sm3Rounds,
  sm3Final,
  sm3Init,
  sm3Update,
} from "./sm3";
export {
  sm4CbcDecrypt,
  sm4CbcEncrypt,
  sm4EcbDecrypt,
  sm4EcbEncrypt,
  sm4Forget,
  sm4Iv,
  sm4Key,
  unpad,
} from "./sm4-modes";
export { sm2Decrypt, sm2Encrypt } from "./sm2/encrypt";
export { sm2CheckPublicKey, sm2PublicKey, sm2Sign, sm2Verify } from "./sm2/sign";

prepareBaseTable();
