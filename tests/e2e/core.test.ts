import { build } from "esbuild";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "puppeteer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer, Report } from "../support/core-page/main.ts";
import { openFirefox } from "../support/marionette.ts";

/** The cryptographic core in real browsers: every vector through the face, both builds, and the pool on workers of the browser. */

const root = join(import.meta.dirname, "../..");
const PAGE = `<!doctype html><meta charset="utf-8"><title>core</title><script type="module" src="/main.js"></script>`;
const LIMIT_MS = 40_000;

/** Files by path, with their kind. */
const files = new Map<string, readonly [kind: string, content: string | Uint8Array]>([["/", ["text/html", PAGE]]]);
let handIn: (answer: Answer) => void = () => undefined;

const server = createServer((request, response) => {
  if (request.method === "POST") {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      response.end();
      handIn(JSON.parse(Buffer.concat(pieces).toString()) as Answer);
    });
    return;
  }
  const [kind, content] = files.get(request.url ?? "") ?? [];
  response.writeHead(content === undefined ? 404 : 200, { "content-type": kind ?? "text/plain" }).end(content);
});

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: { main: join(root, "tests/support/core-page/main.ts"), worker: "@certbridge/gm/pool/web-worker" },
    absWorkingDir: root,
    outdir: "/",
    write: false,
    bundle: true,
    platform: "browser",
    format: "esm",
    target: "es2024",
    logLevel: "error",
  });
  for (const name of ["main.js", "worker.js"]) {
    const { text = "" } = outputFiles.find(({ path }) => path.endsWith(name)) ?? {};
    files.set(`/${name}`, ["text/javascript", text]);
  }
  for (const name of ["gm.simd.wasm", "gm.relaxed.wasm"]) {
    files.set(`/${name}`, ["application/wasm", readFileSync(join(root, "build/wasm", name))]);
  }
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
});

function address(): string {
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("no port is free");
  return `http://localhost:${bound.port}/`;
}

interface Open {
  close(): Promise<void>;
}

const openers: Readonly<Record<string, (url: string, profile: string) => Promise<Open>>> = {
  async Chromium(url, userDataDir) {
    const browser = await launch({
      executablePath: "/usr/bin/chromium",
      pipe: true,
      userDataDir,
      args: ["--disable-gpu", "--no-first-run", ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])],
    });
    await (await browser.newPage()).goto(url);
    return browser;
  },
  async Firefox(url, profile) {
    const browser = await openFirefox({
      executable: "/usr/bin/firefox-esr",
      profile,
      // There is no extension here.
      extensionId: "none@core",
      uuid: "00000000-0000-4000-8000-000000000000",
      language: "en-US",
    });
    await browser.open(url);
    return browser;
  },
};

/** What the page hands in from a browser of its own. */
async function reportFrom(open: (url: string, profile: string) => Promise<Open>): Promise<Report> {
  const profile = mkdtempSync(join(tmpdir(), "core-"));
  const answered = new Promise<Answer>((done, failed) => {
    handIn = done;
    setTimeout(() => failed(new Error("the page does not answer")), LIMIT_MS).unref();
  });
  // Where the browser does not open, that is the error to be told.
  answered.catch(() => undefined);
  try {
    const browser = await open(address(), profile);
    const answer = await answered.finally(() => browser.close());
    if ("error" in answer) throw new Error(answer.error);
    return answer.report;
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** How many cases each file says it has. */
function casesOfFiles(): Readonly<Record<string, number>> {
  const folder = join(root, "tests/vectors");
  // Envelopes are packages/pki's to open, not the core's.
  const names = readdirSync(folder).filter((name) => name.endsWith(".json") && name !== "enveloped-data.json");
  return Object.fromEntries(
    names.map((name) => {
      const { numberOfTests } = JSON.parse(readFileSync(join(folder, name), "utf8")) as { numberOfTests: number };
      return [name.replace(".json", ""), numberOfTests];
    }),
  );
}

const RIGHT = {
  cases: casesOfFiles(),
  wrong: [],
  same: ["ctr", "gcmEncrypt", "gcmDecrypt", "gcmDecrypt of a forgery", "sm3"],
  differ: [],
};

describe.each(Object.entries(openers))("the core in %s", (_, open) => {
  test("answers every vector in both builds, alone and with workers", async () => {
    const { starts, simd, relaxed } = await reportFrom(open);
    expect(starts).toBe(true);
    expect({ simd, relaxed }).toEqual({ simd: RIGHT, relaxed: RIGHT });
  });
});
