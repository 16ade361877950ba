/** SM3 of many messages: three or four of the same number of blocks side by side, what is left of each number one by one. */
import type { Core } from "./core/index.ts";

/** Blocks of a message with its padding of at least 9 bytes, GB/T 32905-2016 clause 5.2. */
const blocksOf = ({ length }: Uint8Array): number => Math.floor((length + 8) / 64) + 1;

interface Waiting {
  readonly messages: Uint8Array[];
  readonly places: number[];
}

/** SM3 of each message, in the order of the messages. */
export function digestMany(core: Core, messages: readonly Uint8Array[]): Uint8Array<ArrayBuffer>[] {
  const digests: Uint8Array<ArrayBuffer>[] = [];
  /** By number of blocks: messages that wait for others, at most three, and their places. */
  const waiting = new Map<number, Waiting>();
  let place = 0;
  for (const message of messages) {
    const blocks = blocksOf(message);
    let group = waiting.get(blocks);
    if (group === undefined) waiting.set(blocks, (group = { messages: [], places: [] }));
    group.messages.push(message);
    group.places.push(place++);
    if (group.places.length < 4) continue;
    let lane = 0;
    for (const digest of core.sm3Four(group.messages, blocks)) digests[group.places[lane++] ?? 0] = digest;
    group.messages.length = 0;
    group.places.length = 0;
  }
  for (const [blocks, group] of waiting) {
    let left = 0;
    // Four cost what two do one after the other, so that three may leave a lane to itself.
    if (group.messages.length === 3) {
      for (const digest of core.sm3Four(group.messages, blocks)) digests[group.places[left++] ?? 0] = digest;
      continue;
    }
    for (const message of group.messages) digests[group.places[left++] ?? 0] = core.sm3(message);
  }
  return digests;
}
