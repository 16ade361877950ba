/** A verb's name for people. */
import type { AskedOperation } from "@certbridge/protocol/page";
import { t, type MessageKey } from "../../platform/i18n.ts";

const WORDS: Readonly<Record<AskedOperation, MessageKey>> = {
  login: "operation_login",
  register: "operation_register",
  saveRegistration: "operation_saveRegistration",
  sign: "operation_sign",
  encrypt: "operation_encrypt",
  rehearse: "operation_rehearse",
  decrypt: "operation_decrypt",
  jobs: "operation_jobs",
};

/** The verb as it stands where it is not known here. */
export function operationWords(operation: string): string {
  const known = Object.entries(WORDS).find(([name]) => name === operation);
  return known ? t(known[1]) : operation;
}
