/** The verbs of `window.sharedCertificate`. Words only: the page script imports nothing else of this package. */
export const operationNames = [
  "status",
  "register",
  "saveRegistration",
  "login",
  "sign",
  "encrypt",
  "saveReceipt",
  "updateNotice",
  "rehearse",
  "decrypt",
  "jobs",
] as const;

export type OperationName = (typeof operationNames)[number];

/** The version of the page API as a whole; a verb or option is added without changing it. */
export const API_VERSION = "1.0";
