/** That page, bundled and served from this computer: one whose address ends in `/`, with a field for files. What it posts is written to a file. */
import { build, type Plugin } from "esbuild";
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

const root = join(import.meta.dirname, "../../..");
const PAGE = `<!doctype html><meta charset="utf-8"><title>workshop</title><link rel="icon" href="data:,"><input type="file" multiple>
<script type="module" src="/main.ts"></script>`;

/** Workers are found beside the page's script, under their sources' names. */
const sources: Readonly<Record<string, string>> = {
  "/main.ts": "tests/support/workshop-page/main.ts",
  "/copy.worker.ts": "tests/support/workshop-page/copy.worker.ts",
  "/package.worker.ts": "extension/workshop/package/package.worker.ts",
  "/hand.worker.ts": "extension/workshop/package/hand.worker.ts",
};

/** What the extension's bundler makes of `….wasm?url`: the address under which the module is served. */
const moduleAddresses: Plugin = {
  name: "module-addresses",
  setup(bundle) {
    bundle.onResolve({ filter: /\.wasm\?url/ }, ({ path }) => ({
      path: `/${/[^/]+\.wasm/.exec(path)?.[0]}`,
      namespace: "address",
    }));
    bundle.onLoad({ filter: /.*/, namespace: "address" }, ({ path }) => ({
      contents: `export default ${JSON.stringify(path)}`,
    }));
  },
};

async function bundle(source: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(root, source)],
    absWorkingDir: root,
    write: false,
    bundle: true,
    platform: "browser",
    format: "esm",
    target: "es2024",
    logLevel: "error",
    plugins: [moduleAddresses],
  });
  return outputFiles[0]?.text ?? "";
}

export interface ServedWorkshop {
  readonly address: string;
  close(): void;
}

/**
 * @param folder where what is posted to `/name` becomes the file `name`
 * @param more   further scripts, by their paths: where their sources are
 */
export async function serveWorkshop(
  folder: string,
  more: Readonly<Record<string, string>> = {},
): Promise<ServedWorkshop> {
  const scripts = new Map<string, string>();
  for (const [path, source] of Object.entries({ ...sources, ...more })) scripts.set(path, await bundle(source));
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const script = scripts.get(pathname);
    if (request.method === "POST") {
      void pipeline(request, createWriteStream(join(folder, pathname.slice(1)))).then(() => response.end());
    } else if (pathname === "/") {
      response.writeHead(200, { "content-type": "text/html" }).end(PAGE);
    } else if (script !== undefined) {
      response.writeHead(200, { "content-type": "text/javascript" }).end(script);
    } else {
      readFile(join(root, "build/wasm", pathname)).then(
        (bytes) => response.writeHead(200, { "content-type": "application/wasm" }).end(bytes),
        () => response.writeHead(404).end(),
      );
    }
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port is free");
  return {
    address: `http://localhost:${address.port}/`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
