import type * as v from "valibot";
import type { OperationName } from "./names.ts";
import { decrypt } from "./decrypt.ts";
import { encrypt } from "./encrypt.ts";
import { jobs } from "./jobs.ts";
import { login } from "./login.ts";
import { register, saveRegistration } from "./register.ts";
import { rehearse } from "./rehearse.ts";
import { sign } from "./sign.ts";
import { status } from "./status.ts";
import { saveReceipt } from "./save-receipt.ts";
import { updateNotice } from "./update-notice.ts";

/** The one list of what pages may ask. Each room that must answer a verb has a map over these names. */
export const operations = {
  status,
  register,
  saveRegistration,
  login,
  sign,
  encrypt,
  saveReceipt,
  updateNotice,
  rehearse,
  decrypt,
  jobs,
} as const satisfies {
  readonly [N in OperationName]: { readonly name: N };
};

export type Operations = typeof operations;

/** A verb's params as its handler gets them. */
export type Params<N extends OperationName> = v.InferOutput<Operations[N]["params"]>;

/** A verb's result as the page gets it. */
export type Result<N extends OperationName> = v.InferOutput<Operations[N]["result"]>;

/** The verbs that are answered without asking anybody. */
export type UnaskedOperation = {
  [N in OperationName]: Operations[N]["consent"] extends "none" ? N : never;
}[OperationName];

/** The verbs for which the person is asked. */
export type AskedOperation = {
  [N in OperationName]: Operations[N]["consent"] extends "none" ? never : N;
}[OperationName];

/** The verbs that use a key, with a PIN. */
export type KeyOperation = {
  [N in OperationName]: Operations[N]["consent"] extends "key" ? N : never;
}[OperationName];
