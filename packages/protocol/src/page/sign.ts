import * as v from "valibot";
import { limits } from "../limits.ts";
import { defineOperation } from "../operation.ts";

const utf8 = new TextEncoder();

/** A name to show: not empty, at most 255 bytes of UTF-8. Control and bidirectional characters are stripped before it is shown. */
export const itemName = v.pipe(
  v.string(),
  v.nonEmpty(),
  v.maxLength(limits.nameLen),
  v.check((name) => utf8.encode(name).length <= limits.nameLen, "at most 255 bytes"),
);

export const signFormat = v.picklist(["cms-detached", "cms-attached"]);

export type SignFormat = v.InferOutput<typeof signFormat>;

/** One answer per item, in the order asked: either a GM/T 0010 SignedData (DER, base64url) or the error's code. */
export const signResult = v.union([
  v.strictObject({ name: v.string(), cms: v.string() }),
  v.strictObject({ name: v.string(), error: v.string() }),
]);

export type SignResult = v.InferOutput<typeof signResult>;

/** Sign documents or messages (消息签名) as GM/T 0010 SignedData over id-data. docs/operations/sign.md */
export const sign = defineOperation({
  name: "sign",
  consent: "key",
  params: v.strictObject({
    items: v.pipe(
      v.array(
        v.strictObject({
          name: itemName,
          content: v.union([v.instance(Blob), v.instance(Uint8Array)]),
        }),
      ),
      v.minLength(1),
      v.maxLength(limits.signItems),
    ),
    format: signFormat,
  }),
  result: v.strictObject({ results: v.array(signResult) }),
});
