/** PINs of USB keys as a person types them: what is no PIN costs no try. */
import { PIN_MAX_LETTERS } from "@certbridge/protocol/host/sealed-pin";
import type { Secrets } from "./terminal.ts";
import { UsageError } from "./words.ts";

const secretBytes = (secret: string): Uint8Array => new TextEncoder().encode(secret);

/** An empty one would take a try all the same. */
export async function typedPin(secrets: Secrets): Promise<Uint8Array> {
  const pin = await secrets.pin();
  if (pin === "") throw new UsageError("没有输入PIN码，没有试。", "No PIN was typed, and none was tried.");
  return secretBytes(pin);
}

/** As the approval window takes it. */
const NEW_PIN_MIN_LETTERS = 6;

export async function typedNewPin(secrets: Secrets): Promise<Uint8Array> {
  const pin = await secrets.newPin();
  const letters = Array.from(pin).length;
  if (letters >= NEW_PIN_MIN_LETTERS && letters <= PIN_MAX_LETTERS) return secretBytes(pin);
  throw new UsageError(
    `新PIN码须为${NEW_PIN_MIN_LETTERS}至${PIN_MAX_LETTERS}个字符，什么都没有改动。`,
    `A new PIN has ${NEW_PIN_MIN_LETTERS} to ${PIN_MAX_LETTERS} characters; nothing was changed.`,
  );
}
