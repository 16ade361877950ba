/** The pages' scripts and styles, bundled once at start: files of their own, since the policy allows nothing inline. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Path → what is served there. */
export type Assets = ReadonlyMap<string, Asset>;

export interface Asset {
  readonly type: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
}

const SCRIPTS = ["site", "bid", "hall", "host", "phish"] as const;
const STYLES = ["site", "home", "bid", "hall"] as const;

const MODULE = new URL("../../../../build/wasm/gm.simd.wasm", import.meta.url);

const page = (file: string) => fileURLToPath(new URL(`../page/${file}`, import.meta.url));

async function bundle(file: string): Promise<string> {
  const built = await build({
    entryPoints: [page(file)],
    bundle: true,
    write: false,
    format: "esm",
    target: ["chrome111", "firefox128"],
    legalComments: "none",
  });
  return built.outputFiles[0]?.text ?? "";
}

export async function loadAssets(): Promise<Assets> {
  const script = (body: string): Asset => ({ type: "text/javascript; charset=utf-8", body });
  const style = (body: string): Asset => ({ type: "text/css; charset=utf-8", body });
  const wasm = (body: Uint8Array<ArrayBuffer>): Asset => ({ type: "application/wasm", body });
  const kernel = createRequire(import.meta.url).resolve("@certbridge/sdk/kernel.js");
  const entries = await Promise.all([
    ...SCRIPTS.map(async (name) => [`/${name}.js`, script(await bundle(`${name}.ts`))] as const),
    ...STYLES.map(async (name) => [`/${name}.css`, style(await readFile(page(`${name}.css`), "utf8"))] as const),
    readFile(kernel, "utf8").then((text) => ["/kernel.js", script(text)] as const),
    // The page that uploads hashes what it sends.
    readFile(MODULE).then((bytes) => ["/gm.simd.wasm", wasm(new Uint8Array(bytes))] as const),
  ]);
  return new Map(entries);
}
