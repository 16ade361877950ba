/** The PIN that the person typed, out of what the approval window sealed: bytes, wiped when they were used. */
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { readSealedPin } from "@certbridge/protocol/host/sealed-pin";
import type { Identity } from "../identity.ts";

/** @throws OperationError INVALID_REQUEST where it was not sealed for this program and this consent */
export async function withTypedPin<T>(
  identity: Identity,
  { consentId, sealedPin }: { readonly consentId: string; readonly sealedPin: string },
  use: (pin: Uint8Array) => Promise<T>,
): Promise<T> {
  const plaintext = identity.open(decodeBase64Url(sealedPin));
  try {
    const pin = plaintext === null ? null : readSealedPin(consentId, plaintext);
    if (pin === null) throw new OperationError("INVALID_REQUEST", { path: "sealedPin" });
    return await use(pin);
  } finally {
    plaintext?.fill(0);
  }
}
