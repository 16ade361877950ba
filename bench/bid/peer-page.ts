/** sm-crypto-v2 in the page, as pages use it: the file whole in memory, encrypted there, and written to the same storage. */
import { sm4 } from "sm-crypto-v2";

const NAME = "peer.part";

async function encryptWhole(len: number): Promise<{ readonly ms: number }> {
  const file = document.querySelector("input")?.files?.[0];
  if (file === undefined) throw new Error("no file is picked");
  const root = await navigator.storage.getDirectory();
  const from = performance.now();
  const data = new Uint8Array(await file.slice(0, len).arrayBuffer());
  const { output, tag } = sm4.encrypt(data, crypto.getRandomValues(new Uint8Array(16)), {
    mode: "gcm",
    iv: crypto.getRandomValues(new Uint8Array(12)),
    output: "array",
    outputTag: true,
  });
  if (tag === undefined || output.length !== len) throw new Error("it gave something else");
  const writable = await (await root.getFileHandle(NAME, { create: true })).createWritable();
  await writable.write(new Uint8Array(output));
  await writable.write(new Uint8Array(tag));
  await writable.close();
  const ms = performance.now() - from;
  await root.removeEntry(NAME);
  return { ms };
}

Object.assign(globalThis, { encryptWhole });
