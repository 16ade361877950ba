#!/usr/bin/env node
/**
 * The launcher behind every npm script. It runs on the system's Node 20 with nothing installed, brings what is missing
 * (packages, browser, tools), builds what is older than its sources, and hands over to a Node 24 from npm.
 */
import { bringPackages, bringSystemParts, modernNode } from "./setup.mjs";
import { build } from "./build.mjs";
import { run, say } from "./step.mjs";

const [command = "help", ...args] = process.argv.slice(2);

/** @type {Record<string, { about: string, parts: string[], run: (args: string[]) => Promise<number> }>} */
const commands = {
  start: {
    about: "the demonstration: two platforms, one certificate, a real browser",
    parts: ["chromium", "openssl", "fonts"],
    run: async (args) => {
      if (args.includes("firefox") || args.includes("--browser=firefox")) await bringSystemParts(["firefox"]);
      await build(["wasm", "host", "extension-demo", "extension"]);
      return run(modernNode(), ["apps/demo/src/main.ts", ...args]);
    },
  },
  test: {
    about: "check, build, and every test",
    parts: ["chromium", "firefox", "openssl", "java", "compiler", "fonts", "nsis"],
    run: async (args) => {
      const { test } = await import("./test.mjs");
      return test(args);
    },
  },
  "test:slow": {
    about: "the long suites; CERTBRIDGE_SEED sets the seed",
    parts: ["openssl", "java"],
    run: async (args) => {
      const { testSlow } = await import("./test.mjs");
      return testSlow(args);
    },
  },
  check: {
    about: "format, lint, layers, types, dead code",
    parts: [],
    run: async () => {
      const { check } = await import("./check.mjs");
      return (await check()).failed === 0 ? 0 : 1;
    },
  },
  build: {
    about: "build/wasm, build/host, build/extension, build/extension-demo",
    parts: [],
    run: async () => {
      await build(["wasm", "host", "extension", "extension-demo"]);
      return 0;
    },
  },
  pack: {
    about:
      "what the stores take, packages and installers for every system, under build/pack; -- --here for this one's alone",
    parts: [],
    run: async (args) => {
      await build(["wasm", "host", "extension"]);
      const { pack } = await import("./pack.mjs");
      return pack(args);
    },
  },
  "store-assets": {
    about: "listings, pictures and answers for each store, under build/store-assets",
    parts: ["chromium", "openssl", "fonts"],
    run: async () => {
      await build(["wasm", "host", "extension", "extension-demo"]);
      const taken = await run(modernNode(), ["--no-warnings", "apps/demo/src/store-pictures.ts"]);
      return taken === 0 ? run(modernNode(), ["--no-warnings", "tools/write-store-assets.ts"]) : taken;
    },
  },
  bench: {
    about:
      "login times and sizes, bid files, the companion program, cryptography beside its peers, each with its bound; -- --json, --only PREFIX, --quick",
    parts: ["chromium", "firefox", "openssl", "compiler"],
    run: async (args) => {
      await build(["wasm", "host", "extension", "extension-demo", "soft-token"]);
      return run(modernNode(), ["bench/main.ts", ...args]);
    },
  },
};

const chosen = Object.hasOwn(commands, command) ? commands[command] : undefined;
if (chosen === undefined) {
  for (const [name, { about }] of Object.entries(commands)) say(`npm run ${name.padEnd(12)} ${about}`);
  process.exit(command === "help" ? 0 : 2);
}
try {
  await bringPackages();
  await bringSystemParts(chosen.parts);
  process.exitCode = await chosen.run(args);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
