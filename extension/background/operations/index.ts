import type { AskedOperation } from "@certbridge/protocol/page";
import { decrypt } from "./decrypt.ts";
import { encrypt } from "./encrypt.ts";
import type { OperationHandler } from "./handler.ts";
import { jobs } from "./jobs.ts";
import { login } from "./login.ts";
import { register } from "./register.ts";
import { rehearse } from "./rehearse.ts";
import { saveRegistration } from "./save-registration.ts";
import { sign } from "./sign.ts";

/** Who answers each verb. A verb that is missing here does not compile. */
export const handlers: { readonly [N in AskedOperation]: OperationHandler<N> } = {
  login,
  register,
  saveRegistration,
  sign,
  encrypt,
  rehearse,
  decrypt,
  jobs,
};
