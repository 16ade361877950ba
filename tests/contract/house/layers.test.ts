import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

/** The guard that keeps imports pointing downwards must be able to fail: each case plants one forbidden arrow in a copy. */
const house = resolve(import.meta.dirname, "../../..");
const copies: string[] = [];

afterAll(() => {
  for (const copy of copies) rmSync(copy, { recursive: true, force: true });
});

/** A tree of the given files under the project's own lint configuration; what the linter says of it. */
function lint(files: Readonly<Record<string, string>>): { status: number | null; output: string } {
  const copy = mkdtempSync(join(tmpdir(), "layers-"));
  copies.push(copy);
  copyFileSync(join(house, ".oxlintrc.json"), join(copy, ".oxlintrc.json"));
  symlinkSync(join(house, "node_modules"), join(copy, "node_modules"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    writeFileSync(join(copy, path), text);
  }
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(house, "node_modules/oxlint/bin/oxlint"), "--deny-warnings", ...Object.keys(files)],
    { cwd: copy, encoding: "utf8" },
  );
  return { status, output: stdout };
}

const other = 'export type Other = "other";\n';

/** importer → what it imports; type-only imports count. */
const forbidden: readonly (readonly [string, string])[] = [
  ["packages/protocol/src/a.ts", "@certbridge/gm"],
  ["packages/gm/src/a.ts", "@certbridge/protocol/errors"],
  ["packages/pki/src/a.ts", "@certbridge/trust"],
  ["packages/pki/src/a.ts", "@certbridge/verify"],
  ["packages/trust/src/a.ts", "@certbridge/sdk"],
  ["packages/trust/src/a.ts", "@certbridge/bid"],
  ["packages/bid/src/a.ts", "@certbridge/trust"],
  ["packages/bid/src/a.ts", "@certbridge/verify"],
  ["packages/verify/src/a.ts", "@certbridge/sdk"],
  ["packages/verify/src/a.ts", "../../../apps/demo/src/b.ts"],
  ["packages/sdk/src/a.ts", "@certbridge/pki"],
  ["apps/host/src/a.ts", "@certbridge/verify"],
  ["apps/host/src/stores/software/a.ts", "../../dispatch.ts"],
  ["apps/demo/src/a.ts", "../../host/src/b.ts"],
  ["extension/page/a.ts", "@certbridge/gm"],
  ["extension/page/a.ts", "../relay/b.ts"],
  ["extension/relay/a.ts", "../background/b.ts"],
  ["extension/relay/a.ts", "webextension-polyfill"],
  ["extension/background/a.ts", "../surfaces/b.ts"],
  ["extension/background/a.ts", "webextension-polyfill"],
  ["extension/workshop/a.ts", "../background/b.ts"],
  ["extension/surfaces/a.ts", "../background/b.ts"],
  ["extension/surfaces/a.ts", "@certbridge/pki"],
  ["extension/platform/a.ts", "../background/b.ts"],
];

describe("the layer guard", () => {
  test.each(forbidden)("%s may not import %s", (importer, target) => {
    const { status, output } = lint({
      [importer]: `import type { Other } from "${target}";\nexport type A = Other;\n`,
    });
    expect(status).not.toBe(0);
    expect(output).toContain("no-restricted-imports");
  });

  test("a cycle of types alone is a cycle", () => {
    const { status, output } = lint({
      "packages/pki/src/a.ts": 'import type { B } from "./b.ts";\nexport type A = { b: B | null };\n',
      "packages/pki/src/b.ts": 'import type { A } from "./a.ts";\nexport type B = { a: A | null };\n',
    });
    expect(status).not.toBe(0);
    expect(output).toContain("no-cycle");
  });

  test("an arrow downwards passes", () => {
    const { status, output } = lint({
      "packages/pki/src/a.ts": 'import type { Other } from "@certbridge/gm";\nexport type A = Other;\n',
      "extension/background/a.ts": 'import type { Other } from "../platform/b.ts";\nexport type A = Other;\n',
      "extension/platform/b.ts": other,
    });
    expect(output).toContain("Found 0 warnings and 0 errors");
    expect(status).toBe(0);
  });
});
