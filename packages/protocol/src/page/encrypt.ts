import * as v from "valibot";
import { packageId, sm3Text } from "../bid/index.ts";
import { noticeText } from "../host/bid.ts";
import { limits } from "../limits.ts";
import { defineOperation } from "../operation.ts";

/** Encrypt a bid for one lot (加密投标文件). Without `files` the person picks them in the extension's own window, and the page never reads them. docs/operations/encrypt.md */
export const encrypt = defineOperation({
  name: "encrypt",
  consent: "key",
  params: v.strictObject({
    /** The platform's signed notice of the lot, DER. */
    notice: noticeText,
    /** By reference; a File's name is the file's in the package. */
    files: v.exactOptional(v.pipe(v.array(v.instance(Blob)), v.minLength(1), v.maxLength(limits.packageFiles))),
  }),
  result: v.strictObject({
    packageId,
    /** `<packageId>.cbid`, by reference; readable for a day. docs/formats/bid-package.md */
    package: v.instance(File),
    /** The head of the bid's ledger: SM3, base64url. Handed in with the package, the platform's receipt countersigns it. docs/formats/ledger.md */
    ledgerHead: v.exactOptional(sm3Text),
  }),
});
