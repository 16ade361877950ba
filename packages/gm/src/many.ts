/** SM3 of many messages: four of the same number of blocks side by side, what is left of each number one by one. */
import type { Core } from "./core.ts";

/** Blocks of a message with its padding of at least 9 bytes, GB/T 32905-2016 clause 5.2. */
const blocksOf = ({ length }: Uint8Array): number => Math.floor((length + 8) / 64) + 1;

/** SM3 of each message, in the order of the messages. */
export function digestMany(core: Core, messages: readonly Uint8Array[]): Uint8Array<ArrayBuffer>[] {
  const digests: Uint8Array<ArrayBuffer>[] = [];
  /** By number of blocks: messages that wait for others, and their places. */
  const waiting = new Map<number, [index: number, message: Uint8Array][]>();
  for (const entry of messages.entries()) {
    const blocks = blocksOf(entry[1]);
    const group = waiting.get(blocks) ?? [];
    group.push(entry);
    waiting.set(blocks, group);
    if (group.length < 4) continue;
    waiting.delete(blocks);
    const made = core.sm3Four(
      group.map(([, message]) => message),
      blocks,
    );
    for (const [lane, [index]] of group.entries()) digests[index] = made[lane] ?? new Uint8Array(0);
  }
  for (const group of waiting.values()) for (const [index, message] of group) digests[index] = core.sm3(message);
  return digests;
}
