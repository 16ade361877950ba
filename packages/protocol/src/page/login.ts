import * as v from "valibot";
import { base64Url } from "../bytes.ts";
import { limits } from "../limits.ts";
import { defineOperation } from "../operation.ts";
import { LOGIN_FORMAT, LOGIN_FORMAT_DEFAULT_ID } from "../statement.ts";
import { nonce } from "./nonce.ts";

/** Who is there, signed over origin, nonce and certificate (124 bytes), which are not in it. docs/formats/login-token.md */
export const loginToken = v.strictObject({
  format: v.picklist([LOGIN_FORMAT, LOGIN_FORMAT_DEFAULT_ID]),
  /** The signing certificate (签名证书), DER. */
  certificate: base64Url(1, limits.certificateLen),
  /** Certificates between it and the CA's root, DER, nearest first. */
  chain: v.optional(v.pipe(v.array(base64Url(1, limits.certificateLen)), v.maxLength(limits.chainCertificates))),
  /** r ‖ s, 64 bytes. */
  signature: base64Url(64, 64),
  algorithm: v.literal("SM2-SM3"),
});

export type LoginToken = v.InferOutput<typeof loginToken>;

/** Prove to this origin, and to no other, who is there (注册登录). docs/operations/login.md */
export const login = defineOperation({
  name: "login",
  consent: "key",
  params: v.strictObject({ nonce }),
  result: loginToken,
});
