/** A computer on which no driver of a USB key is enrolled: no library may be asked, and no key waited for. */
import { gm } from "./authority.ts";

const never = (): never => {
  throw new Error("no driver is enrolled");
};

export const noUsbKeys = { gm, clock: Date.now, supervise: never, queue: { read: never } };
