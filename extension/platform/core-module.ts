import simd from "../../build/wasm/gm.simd.wasm?url&no-inline";

/** The cryptographic core's bytes, as the build put them beside the scripts. */
export async function readCoreModule(): Promise<ArrayBuffer> {
  return (await fetch(simd)).arrayBuffer();
}
