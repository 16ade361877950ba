import { copyFile, mkdir, readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { build } from "esbuild";

/** Older and newer builds of the programs, made of today's sources with another grammar in them. */

const root = resolve(import.meta.dirname, "../..");

/**
 * Of a source file: each text is replaced by the other one, or the whole by another file's text. A text that is not there is an
 * error, so that no edit is lost.
 */
type Edit = string | readonly (readonly [string, string])[];

export type Edits = Readonly<Record<string, Edit>>;

async function edited(path: string, changes: Edit): Promise<string> {
  if (typeof changes === "string") return changes;
  let text = await readFile(join(root, path), "utf8");
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`${path} holds no ${from}`);
    text = text.replace(from, to);
  }
  return text;
}

/** Builds one entry for Node, with these edits. */
export async function buildWith(entry: string, outfile: string, edits: Edits): Promise<void> {
  const left = new Set(Object.keys(edits));
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
    mainFields: ["module", "main"],
    logLevel: "error",
    plugins: [
      {
        name: "edits",
        setup({ onLoad }) {
          onLoad({ filter: /\.ts$/ }, async ({ path }) => {
            const name = Object.keys(edits).find((suffix) => path === join(root, suffix));
            if (name === undefined) return undefined;
            left.delete(name);
            return { contents: await edited(name, edits[name] ?? []), loader: "ts" };
          });
        },
      },
    ],
  });
  if (left.size > 0) throw new Error(`not part of ${entry}: ${[...left].join()}`);
}

/** A whole companion program in that folder; gives its script. */
export async function buildHost(folder: string, edits: Edits): Promise<string> {
  await mkdir(folder, { recursive: true });
  const script = join(folder, "certbridge-host.mjs");
  await buildWith("apps/host/src/main.ts", script, edits);
  for (const name of ["gm.simd.wasm", "gm.relaxed.wasm"]) {
    await copyFile(join(root, "build/wasm", name), join(dirname(script), name));
  }
  return script;
}
