/** The turns that this program has (queue.ts): all that it does with a device at the same time shares one. */
import type { Unlock } from "../../lock.ts";
import type { Asker, DeviceQueue, ShownPair } from "./queue.ts";

export interface Turns {
  /** Waits for the device, unless it is this program's turn already. @returns what leaves it again @throws OperationError DEVICE_BUSY */
  join(device: string, asker: Asker): Promise<Unlock>;
  /** What lies on a device while it is this program's turn; null while it is not. */
  pairsOn(device: string): readonly ShownPair[] | null;
}

interface Held {
  readonly turn: Promise<Unlock>;
  readonly pairs: readonly ShownPair[];
  users: number;
  /** It is this program's turn by now. */
  isGranted: boolean;
}

export function openTurns(queue: Pick<DeviceQueue, "take">): Turns {
  const held = new Map<string, Held>();
  return {
    async join(device, asker) {
      const own: Held = held.get(device) ?? {
        turn: queue.take(device, asker),
        pairs: asker.pairs,
        users: 0,
        isGranted: false,
      };
      held.set(device, own);
      own.users += 1;
      const leave = () => {
        own.users -= 1;
        if (own.users === 0 && held.get(device) === own) held.delete(device);
        return own.users === 0;
      };
      try {
        const giveBack = await own.turn;
        own.isGranted = true;
        return () => {
          if (leave()) giveBack();
        };
      } catch (error) {
        leave();
        throw error;
      }
    },
    pairsOn(device) {
      const own = held.get(device);
      return own?.isGranted === true ? own.pairs : null;
    },
  };
}
