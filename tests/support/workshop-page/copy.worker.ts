/** The copies beside which the bench sets encryption: slices read ahead and written to the same place. */
import { slicesOf } from "../../../extension/workshop/slices.ts";
import { createFile, removeFile } from "../../../extension/workshop/package/storage.ts";

const SLICE_LEN = 4 * 1024 * 1024;
const NAME = "copy.part";

/** As pages read what is long. */
async function* plainly(source: Blob): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const read = (at: number) => (at < source.size ? source.slice(at, at + SLICE_LEN).arrayBuffer() : null);
  for (let at = 0, next = read(0); next !== null; at += SLICE_LEN) {
    const slice = await next;
    next = read(at + SLICE_LEN);
    yield new Uint8Array(slice);
  }
}

/** As the workshop reads: into memory that goes round. */
async function* byStream(source: Blob): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const spare: ArrayBuffer[] = [];
  for await (const slice of slicesOf(source, NAME, SLICE_LEN, () => spare.pop() ?? new ArrayBuffer(SLICE_LEN))) {
    yield slice;
    if (slice.buffer.byteLength === SLICE_LEN) spare.push(slice.buffer);
  }
}

async function copy(sources: readonly Blob[], slices: typeof plainly): Promise<void> {
  const file = await createFile(NAME);
  let to = 0;
  for (const source of sources) for await (const slice of slices(source)) to += file.write(slice, { at: to });
  file.flush();
  file.close();
  await removeFile(NAME);
}

interface Asked {
  readonly sources: readonly Blob[];
  readonly by: "slices" | "stream";
}

self.addEventListener("message", async ({ data }: MessageEvent<Asked>) => {
  await copy(data.sources, data.by === "stream" ? byStream : plainly);
  self.postMessage(true);
});
