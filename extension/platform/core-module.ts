import relaxed from "../../build/wasm/gm.relaxed.wasm?url&no-inline";
import simd from "../../build/wasm/gm.simd.wasm?url&no-inline";

const read = async (url: string): Promise<ArrayBuffer> => (await fetch(url)).arrayBuffer();

/** The cryptographic core's bytes in both builds, as the build put them beside the scripts. */
export async function readCoreModules(): Promise<{ readonly simd: ArrayBuffer; readonly relaxed: ArrayBuffer }> {
  const [plain, faster] = await Promise.all([read(simd), read(relaxed)]);
  return { simd: plain, relaxed: faster };
}
