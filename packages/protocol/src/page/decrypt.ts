import * as v from "valibot";
import { packageId } from "../bid/index.ts";
import { base64Url } from "../bytes.ts";
import { keyBlockText, noticeText } from "../host/bid.ts";
import { limits } from "../limits.ts";
import { defineOperation } from "../operation.ts";

/** At the bid opening (开标解密): the file key goes to the room that the platform's order names, and nowhere else. */
const byOrder = {
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
};

/** For the bidder's own use (自行解密): the person saves the files out of the extension's window, and the page gets none of them. */
const forOwnUse = {
  params: v.strictObject({
    /** A whole bid package, by reference. docs/formats/bid-package.md */
    package: v.instance(Blob),
  }),
  result: v.strictObject({
    packageId,
    /** How many files there were. */
    files: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(limits.packageFiles)),
  }),
};

const isOfPackage = (value: unknown) => typeof value === "object" && value !== null && "package" in value;

/** Open one's bid: at the bid opening by an order, or for one's own use. docs/operations/decrypt.md */
export const decrypt = defineOperation({
  name: "decrypt",
  consent: "key",
  // One of the two, and not a union: an error then names the place that is wrong.
  params: v.lazy((asked) => (isOfPackage(asked) ? forOwnUse.params : byOrder.params)),
  result: v.union([byOrder.result, forOwnUse.result]),
});
