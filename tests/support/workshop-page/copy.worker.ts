/** The plain copy, beside which the bench sets encryption: the same slices, read ahead in the same way and written to the same place. */
import { createFile, removeFile } from "../../../extension/workshop/package/storage.ts";

const SLICE_LEN = 4 * 1024 * 1024;
const NAME = "copy.part";

async function copy(sources: readonly Blob[]): Promise<void> {
  const file = await createFile(NAME);
  let to = 0;
  for (const source of sources) {
    const read = (at: number) => (at < source.size ? source.slice(at, at + SLICE_LEN).arrayBuffer() : null);
    for (let at = 0, next = read(0); next !== null; at += SLICE_LEN) {
      const slice = await next;
      next = read(at + SLICE_LEN);
      to += file.write(new Uint8Array(slice), { at: to });
    }
  }
  file.flush();
  file.close();
  await removeFile(NAME);
}

self.addEventListener("message", async ({ data }: MessageEvent<readonly Blob[]>) => {
  await copy(data);
  self.postMessage(true);
});
