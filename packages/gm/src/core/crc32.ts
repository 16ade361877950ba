/** CRC-32, in the module's memory. */
import type { Memory } from "./memory.ts";

export function checksum({ wasm, heap, window, windowLen, use, clean }: Memory) {
  const margin = wasm.crc32Margin();
  const most = windowLen - margin;

  return {
    /** The value behind the data, where `soFar` is that of what comes before. */
    crc32: (data: Uint8Array, soFar: number): number =>
      clean(() => {
        let register = ~soFar;
        for (let from = 0; from < data.length; from += most) {
          const part = data.subarray(from, from + most);
          // Before it the window is zero, as everybody leaves it.
          heap.set(part, window + margin);
          use(margin + part.length);
          register = wasm.crc32Update(window + margin, part.length, register);
        }
        return ~register >>> 0;
      }),
  };
}
