/** The hands of a package's worker: whoever is free takes the next task, and no more tasks are begun than they keep up with. */
import type { PayloadKeys } from "@certbridge/bid";
import { openCalls } from "./calls.ts";
import type { HandCalls } from "./wire.ts";

/** At least two, so that reading and writing never leave a core idle; more than four wait for the disk. */
const HANDS = { min: 2, max: 4 } as const;
/** Tasks of each hand: one that it does, and the next. */
const TASKS = 2;

export interface Hands {
  /** Resolves when one of them takes the task; what it gives is `result`. */
  begin<N extends Exclude<keyof HandCalls, "prepare">>(
    verb: N,
    params: HandCalls[N]["params"],
    transfer: readonly ArrayBuffer[],
  ): Promise<{ readonly result: Promise<HandCalls[N]["result"]> }>;
  close(): void;
}

export function openHands(keys: PayloadKeys): Hands {
  const count = Math.min(HANDS.max, Math.max(HANDS.min, navigator.hardwareConcurrency));
  const hands = Array.from({ length: count }, () => ({
    calls: openCalls<HandCalls>(new Worker(new URL("./hand.worker.ts", import.meta.url), { type: "module" })),
    busy: 0,
  }));
  const ready = Promise.all(hands.map(({ calls }) => calls.call("prepare", keys)));
  let wake: () => void = () => undefined;

  async function takeFree() {
    for (;;) {
      const [idlest] = hands.toSorted((a, b) => a.busy - b.busy);
      if (idlest !== undefined && idlest.busy < TASKS) return idlest;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }

  return {
    async begin(verb, params, transfer) {
      await ready;
      const hand = await takeFree();
      hand.busy++;
      const result = hand.calls.call(verb, params, { transfer: [...transfer] }).finally(() => {
        hand.busy--;
        wake();
      });
      return { result };
    },
    close() {
      for (const { calls } of hands) calls.close();
    },
  };
}
