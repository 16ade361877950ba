/** The PIN of an application that is open: GM/T 0016-2012 clause 7.2. */
import { SAR, SkfError, USER_TYPE } from "./codes.ts";
import { type Handle, type Library, outNumber } from "./library.ts";
import type { OpenedPin } from "./wire.ts";

/** As C has strings. */
export const zeroEnded = (text: Uint8Array): Buffer => Buffer.concat([text, Uint8Array.of(0)]);

/** @throws SkfError */
export function readTries(
  { call }: Library,
  application: Handle,
): { readonly triesLeft: number; readonly triesMax: number } {
  const [max, left, isDefault] = [outNumber(), outNumber(), outNumber()];
  call("SKF_GetPINInfo", application, USER_TYPE, max.room, left.room, isDefault.room);
  return { triesLeft: left.value(), triesMax: max.value() };
}

/** Null where it was right. What a library answers to a wrong PIN differs; that a try was taken does not. */
export function verifyPin(library: Library, application: Handle, pin: Uint8Array): OpenedPin | null {
  const before = readTries(library, application).triesLeft;
  const typed = zeroEnded(pin);
  const left = outNumber();
  try {
    library.call("SKF_VerifyPIN", application, USER_TYPE, typed, left.room);
    return null;
  } catch (error) {
    if (!(error instanceof SkfError) || error.code === SAR.DEVICE_REMOVED) throw error;
    const now = readTries(library, application).triesLeft;
    if (now === 0 || error.code === SAR.PIN_LOCKED) return { pin: "locked" };
    const codes: readonly number[] = [SAR.PIN_INCORRECT, SAR.PIN_INVALID, SAR.PIN_LEN];
    if (now < before || codes.includes(error.code)) return { pin: "incorrect", triesLeft: now };
    throw error;
  } finally {
    typed.fill(0);
  }
}

/** @param oldPin the one that was just verified: a wrong one is told by VerifyPIN, which every library has a code for. @throws SkfError */
export function changePin({ call }: Library, application: Handle, oldPin: Uint8Array, newPin: Uint8Array): void {
  const [before, after] = [zeroEnded(oldPin), zeroEnded(newPin)];
  try {
    call("SKF_ChangePIN", application, USER_TYPE, before, after, outNumber().room);
  } finally {
    before.fill(0);
    after.fill(0);
  }
}
