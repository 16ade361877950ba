import { type Gm, loadGm } from "@certbridge/gm";
import { slicesOf } from "./slices.ts";
import simd from "../../build/wasm/gm.simd.wasm?url";

/** The worker that reads: bytes come in slices, so that a file of any size needs the same memory. */

const SLICE_LEN = 4 * 1024 * 1024;

let gm: Promise<Gm> | undefined;

async function read(content: Blob, keep: boolean, report: (done: number) => void) {
  gm ??= fetch(simd)
    .then((response) => response.arrayBuffer())
    .then((bytes) => loadGm({ simd: bytes }));
  const hash = (await gm).createSm3();
  const kept = keep ? new Uint8Array(content.size) : null;
  let at = 0;
  for await (const slice of slicesOf(content, "", SLICE_LEN)) {
    hash.update(slice);
    kept?.set(slice, at);
    at += slice.length;
    report(at);
  }
  return { digest: hash.digest(), bytes: kept };
}

self.addEventListener("message", (event: MessageEvent<{ job: number; content: Blob; keep: boolean }>) => {
  const { job, content, keep } = event.data;
  read(content, keep, (done) => self.postMessage({ job, done })).then(
    (result) => self.postMessage({ job, result }),
    () => self.postMessage({ job, failed: true }),
  );
});
