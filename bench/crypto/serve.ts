/** The bench page, bundled and served from this computer to a browser on it; the page hands its figures in. */
import { build } from "esbuild";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { Figure } from "../figure.ts";
import type { Answer } from "./page/wishes.ts";

const FOLDER = "build/bench/crypto";

const EMPTY = `<!doctype html><meta charset="utf-8"><title>bench</title>`;

/** The pages, by path. */
const pages: Readonly<Record<string, string>> = {
  "/": `${EMPTY}<script type="module" src="/page.js"></script>`,
  "/memory": `${EMPTY}<script type="module" src="/memory.js"></script>`,
};

/** With these a page is isolated: its clock is finer. */
const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

const kinds: Readonly<Record<string, string>> = { js: "text/javascript", wasm: "application/wasm" };

export interface Served {
  readonly origin: string;
  /** The figures that the page hands in; rejects where it failed, or was silent for too long. */
  answer(timeoutMs: number): Promise<readonly Figure[]>;
  close(): void;
}

/** What is served, by path: where its file is. */
async function filesOf(): Promise<Readonly<Record<string, string>>> {
  await build({
    entryPoints: {
      page: "bench/crypto/page/main.ts",
      worker: "bench/crypto/page/worker.ts",
      memory: "bench/crypto/page/memory.ts",
      "pool-worker": "@certbridge/gm/pool/web-worker",
    },
    outdir: FOLDER,
    bundle: true,
    platform: "browser",
    format: "esm",
    target: "es2024",
    minify: false,
    logLevel: "error",
  });
  return {
    "/page.js": `${FOLDER}/page.js`,
    "/worker.js": `${FOLDER}/worker.js`,
    "/memory.js": `${FOLDER}/memory.js`,
    "/pool-worker.js": `${FOLDER}/pool-worker.js`,
    "/gm.simd.wasm": "build/wasm/gm.simd.wasm",
    "/gm.relaxed.wasm": "build/wasm/gm.relaxed.wasm",
    "/libsm.wasm": createRequire(import.meta.url).resolve("@lifeni/libsm-js/libsm_js_bg.wasm"),
  };
}

export async function serve(): Promise<Served> {
  const files = await filesOf();
  const handedIn = Promise.withResolvers<Answer>();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (request.method === "POST") {
      const pieces: Buffer[] = [];
      request.on("data", (piece: Buffer) => pieces.push(piece));
      request.on("end", () => {
        response.end();
        handedIn.resolve(JSON.parse(Buffer.concat(pieces).toString()) as Answer);
      });
      return;
    }
    const page = pages[pathname];
    if (page !== undefined) {
      response.writeHead(200, { ...ISOLATED, "content-type": "text/html" }).end(page);
      return;
    }
    const kind = kinds[pathname.split(".").at(-1) ?? ""] ?? "text/plain";
    readFile(files[pathname] ?? "").then(
      (bytes) => response.writeHead(200, { ...ISOLATED, "content-type": kind }).end(bytes),
      () => response.writeHead(404, ISOLATED).end(),
    );
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port is free");
  return {
    origin: `http://localhost:${address.port}`,
    async answer(timeoutMs) {
      const timer = setTimeout(() => handedIn.reject(new Error("the page does not answer")), timeoutMs);
      const answer = await handedIn.promise.finally(() => clearTimeout(timer));
      if ("error" in answer) throw new Error(answer.error);
      return answer.figures;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
