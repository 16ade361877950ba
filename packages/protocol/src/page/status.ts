import * as v from "valibot";
import { carrier } from "../carrier.ts";
import { defineOperation } from "../operation.ts";

/** What is supported here, never who is there. docs/operations/status.md */
export const status = defineOperation({
  name: "status",
  consent: "none",
  params: v.strictObject({}),
  result: v.strictObject({
    /** The extension's version. */
    extension: v.string(),
    /** The companion program's version; null where it is absent or cannot be started. */
    host: v.nullable(v.string()),
    operations: v.array(v.string()),
    carriers: v.array(carrier),
  }),
});
