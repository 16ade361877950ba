import * as v from "valibot";
import { base64Url } from "../bytes.ts";
import { limits } from "../limits.ts";
import { defineOperation } from "../operation.ts";
import { REGISTRATION_FORMAT, REGISTRATION_FORMAT_DEFAULT_ID } from "../statement.ts";
import { loginToken } from "./login.ts";
import { nonce } from "./nonce.ts";

/** Who is there, signed over origin, nonce, certificate and credential (163 bytes). docs/formats/registration-credential.md */
export const registrationProof = v.strictObject({
  ...loginToken.entries,
  format: v.picklist([REGISTRATION_FORMAT, REGISTRATION_FORMAT_DEFAULT_ID]),
});

export type RegistrationProof = v.InferOutput<typeof registrationProof>;

/** GM/T 0010 SignedData by the issuing platform, DER. */
export const credential = base64Url(1, limits.credentialLen);

/** What `register` gives the page to post: a proof, and the credential where one is shown. */
export const registrationAnswer = v.strictObject({
  /** The credential that another platform issued, where the bidder has one and chose to show it. */
  credential: v.nullable(credential),
  /** Signed by the bidder over this origin, this nonce and the credential. */
  proof: registrationProof,
});

export type RegistrationAnswer = v.InferOutput<typeof registrationAnswer>;

/** Register, with the credential of an earlier registration elsewhere if there is one. docs/operations/register.md */
export const register = defineOperation({
  name: "register",
  consent: "key",
  params: v.strictObject({ nonce }),
  result: registrationAnswer,
});

/** Keep the credential that this platform issued, in the companion program's store. docs/operations/register.md */
export const saveRegistration = defineOperation({
  name: "saveRegistration",
  consent: "confirm",
  params: v.strictObject({ credential }),
  result: v.undefined(),
});
