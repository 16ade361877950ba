/**
 * The PIN is encrypted where it is typed: background and pipe only ever carry what the companion program alone can open.
 * docs/formats/host-pairing.md
 */
import { loadGm } from "@certbridge/gm";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeSealedPin } from "@certbridge/protocol/host/sealed-pin";
import { readCoreModules } from "../../platform/core-module.ts";
import { once } from "../../platform/once.ts";

/** The cryptographic core, started once a window; it is asked for when the window opens, so that it waits for the person. */
export const openCore = once(async () => loadGm(await readCoreModules()));

/** The first sealing compiles: done once beforehand, for this program, the person does not wait for that with the button pressed. */
export const prepareSealing = async (publicKey: string): Promise<void> => {
  (await openCore()).sm2Encrypt(decodeBase64Url(publicKey), new Uint8Array(1));
};

/**
 * @param publicKey of the program that the person trusts, base64url
 * @param consentId the request's; the PIN is good for no other
 */
export async function sealPin(publicKey: string, consentId: string, pin: string): Promise<string> {
  const gm = await openCore();
  const typed = new TextEncoder().encode(pin);
  const plaintext = encodeSealedPin(consentId, typed);
  try {
    return encodeBase64Url(gm.sm2Encrypt(decodeBase64Url(publicKey), plaintext));
  } finally {
    typed.fill(0);
    plaintext.fill(0);
  }
}
