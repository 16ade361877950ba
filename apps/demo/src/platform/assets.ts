/** The pages' scripts and styles, bundled once at start: files of their own, since the policy allows nothing inline. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Path → what is served there. */
export type Assets = ReadonlyMap<string, { readonly type: string; readonly body: string }>;

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
  const script = (body: string) => ({ type: "text/javascript; charset=utf-8", body });
  const style = (body: string) => ({ type: "text/css; charset=utf-8", body });
  const kernel = createRequire(import.meta.url).resolve("@certbridge/sdk/kernel.js");
  const [site, phish, kernelScript, siteStyle] = await Promise.all([
    bundle("site.ts"),
    bundle("phish.ts"),
    readFile(kernel, "utf8"),
    readFile(page("site.css"), "utf8"),
  ]);
  return new Map([
    ["/site.js", script(site)],
    ["/phish.js", script(phish)],
    ["/kernel.js", script(kernelScript)],
    ["/site.css", style(siteStyle)],
  ]);
}
