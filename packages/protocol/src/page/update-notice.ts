import * as v from "valibot";
import { noticeText } from "../host/bid.ts";
import { defineOperation } from "../operation.ts";

/** Bring a newer notice (延期): the opening of the bids for its lot moves. Nobody is asked: only the platform's own signed word moves it. docs/operations/update-notice.md */
export const updateNotice = defineOperation({
  name: "updateNotice",
  consent: "none",
  params: v.strictObject({ notice: noticeText }),
  result: v.undefined(),
});
