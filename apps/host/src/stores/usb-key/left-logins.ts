/** What a program that ended, killed or fallen over, has left logged in on a device. Its own process could not do it any more. */
import { OperationError } from "@certbridge/protocol/errors";
import type { TakeBack } from "./queue.ts";
import type { Ask } from "./trial.ts";

/** What the key itself answers: it is pulled, and with that logged out, or knows of no login. */
const isOfTheKey = (error: unknown): boolean =>
  OperationError.is(error, "DEVICE_REMOVED") || OperationError.is(error, "DEVICE_FAILED");

/** @returns what throws OperationError DRIVER_FAILED where the library could not be asked */
export const takeBackBy =
  (ask: Ask, device: Uint8Array): TakeBack =>
  async () => {
    try {
      await ask("logOutAll", { device });
    } catch (error) {
      if (!isOfTheKey(error)) throw error;
    }
  };
