import * as v from "valibot";
import { packageId } from "../bid/index.ts";
import { noticeText } from "../host/bid.ts";
import { defineOperation } from "../operation.ts";

/** Keep the platform's receipt (回执) with the bid. Nobody is asked: only the platform's own signed and stamped word is kept. docs/operations/save-receipt.md */
export const saveReceipt = defineOperation({
  name: "saveReceipt",
  consent: "none",
  params: v.strictObject({ packageId, receipt: noticeText }),
  result: v.undefined(),
});
