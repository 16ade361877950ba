import * as v from "valibot";
import { base64Url } from "../bytes.ts";
import { requestId } from "../page/wire.ts";
import { sealedPin } from "./sealed-pin.ts";

/** A file name is not to be trusted with more than this: SM3 of the signing certificate, base64url. */
export const keyId = base64Url(32, 32);

/** What a consent authorises: named once, used once, by this verb with these params. */
export const consented = {
  consentId: requestId,
  keyId,
  sealedPin,
  /** The person was told that a wrong PIN would lock this CA锁, and goes on. */
  mayUseLastTry: v.exactOptional(v.literal(true)),
};
