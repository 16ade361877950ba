import * as v from "valibot";
import { packageId } from "../bid/index.ts";
import { preflightResult, readiness } from "../host/preflight.ts";
import { defineOperation } from "../operation.ts";

/** Try whether the key opens one's bid (试解密), long before the opening. docs/operations/rehearse.md */
export const rehearse = defineOperation({
  name: "rehearse",
  consent: "key",
  params: v.strictObject({ packageId }),
  result: v.strictObject({ packageId, readiness, results: v.array(preflightResult) }),
});
