/**
 * A worker that encrypts a file of as many MiB as it is told, piece by piece; it starts the cryptography when it is first told. Each piece
 * comes out in a fresh buffer here, which waits for the collector: a worker of the pool keeps its buffers, and takes this one's place once there is one.
 */
import { type Gm, loadGm } from "@certbridge/gm";
import { modules } from "./wishes.ts";

const key = new Uint8Array(16);
const piece = new Uint8Array(1024 * 1024);
let gm: Gm | null = null;

async function encrypt(mib: number): Promise<void> {
  gm ??= await loadGm(await modules());
  for (let done = 0; done < mib; done++) gm.sm4Ctr(key, key, piece);
}

addEventListener("message", ({ data }: MessageEvent<number>) => {
  void encrypt(data).then(
    () => postMessage(null),
    (error: unknown) => postMessage(String(error)),
  );
});
