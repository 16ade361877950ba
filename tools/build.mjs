/** Builds the products whose sources changed. Each product lists its sources, so that a second run takes no time. */
import { digestOf, isFresh, writeStamp } from "./stamp.mjs";
import { modernNode } from "./setup.mjs";
import { runQuietly, say } from "./step.mjs";

const LOCK = "package-lock.json";
const CORE = ["build/wasm/gm.simd.wasm", "build/wasm/gm.relaxed.wasm"];
const SOFT_TOKEN = "tests/support/soft-token";
const EXTENSION_SOURCES = ["extension", "packages", ...CORE, "tools/build-extension.mjs", LOCK];

const products = {
  wasm: {
    script: ["tools/build-wasm.mjs"],
    sources: ["wasm-core", "asconfig.json", "tools/build-wasm.mjs", LOCK],
    made: [...CORE, "build/wasm/gm.probe.wasm", "build/wasm/gm.relaxed-probe.wasm"],
  },
  host: {
    script: ["tools/build-host.mjs"],
    sources: ["apps/host", "packages", ...CORE, "tools/build-host.mjs", "tools/foreign-packages.ts", LOCK],
    made: ["build/host/certbridge-host.mjs"],
  },
  extension: {
    script: ["tools/build-extension.mjs", "store"],
    sources: EXTENSION_SOURCES,
    made: ["build/extension/chrome-mv3/manifest.json", "build/extension/firefox-mv3/manifest.json"],
  },
  "extension-demo": {
    script: ["tools/build-extension.mjs", "demo"],
    sources: [...EXTENSION_SOURCES, "apps/demo/registry.json"],
    made: ["build/extension-demo/chrome-mv3/manifest.json", "build/extension-demo/firefox-mv3/manifest.json"],
  },
  "soft-token": {
    script: ["--no-warnings", `${SOFT_TOKEN}/build.ts`],
    sources: [`${SOFT_TOKEN}/src`, `${SOFT_TOKEN}/build.ts`, `${SOFT_TOKEN}/variants.ts`],
    made: ["packed4", "natural4", "packed8", "natural8"].map((layout) => `build/soft-token/soft-token-${layout}.so`),
  },
};

/** @param {(keyof typeof products)[]} names in the order in which they need each other */
export async function build(names) {
  for (const name of names) {
    const { script, sources, made } = products[name];
    const stamp = `build/.stamps/${name}`;
    const digest = digestOf(sources);
    if (isFresh(stamp, digest, made)) continue;
    say(`building ${name} …`);
    await runQuietly(modernNode(), script, `building ${name}`);
    writeStamp(stamp, digest);
  }
}
