/** The PIN of an application that is open and logged in to: GM/T 0016-2012 clause 7.2. */
import { USER_TYPE } from "./codes.ts";
import { type Handle, type Library, outNumber } from "./library.ts";

const zeroEnded = (pin: Uint8Array): Buffer => Buffer.concat([pin, Uint8Array.of(0)]);

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
