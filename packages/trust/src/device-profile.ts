/**
 * Profile of a vendor's SKF library (厂商接口库配置): in what it differs from the others, as data. GM/T 0016-2012 leaves the layout of structures open, and
 * libraries heed the rest differently; what is written down here was seen, by the probe and by the self-test at enrolment. docs/devices.md
 */
import * as v from "valibot";

export const deviceProfile = v.strictObject({
  /** ULONG in bytes, and whether structures have gaps. */
  layout: v.strictObject({ ulongLen: v.picklist([4, 8]), packing: v.picklist(["packed", "natural"]) }),
  /** What ECCSignData is given: e = SM3(Z ‖ M), as the standard has it, or the message, which the key then hashes under the default id itself. */
  signInput: v.picklist(["digest", "message"]),
});

export type DeviceProfile = v.InferOutput<typeof deviceProfile>;
