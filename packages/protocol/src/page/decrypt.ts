import * as v from "valibot";
import { base64Url } from "../bytes.ts";
import { keyBlockText, noticeText } from "../host/bid.ts";
import { limits } from "../limits.ts";
import { defineOperation } from "../operation.ts";

/** Open one's bid at the bid opening (开标解密): the file key goes to the room that the platform's order names, and nowhere else. docs/operations/decrypt.md */
export const decrypt = defineOperation({
  name: "decrypt",
  consent: "key",
  params: v.strictObject({
    /** Of the bid package that was handed in, DER. */
    keyBlock: keyBlockText,
    /** The platform's order, with its time stamp: SignedData, DER. */
    order: noticeText,
  }),
  result: v.strictObject({
    /** SignedData by the bidder over what only the room opens, DER. docs/formats/notice-and-order.md */
    releasedKey: base64Url(1, limits.noticeLen),
  }),
});
