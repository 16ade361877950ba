import { base64Url } from "../bytes.ts";
import { limits } from "../limits.ts";

/** A server's challenge: 32 to 64 bytes, used once, five minutes. */
export const nonce = base64Url(limits.nonceMinLen, limits.nonceMaxLen);
