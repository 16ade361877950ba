/** `certbridge-host devices …` as it is built: a key's PIN, given on standard input, is used, changed, and nowhere to be found afterwards. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import { party } from "../../support/authority.ts";
import { traces } from "../../support/canaries.ts";
import { temporaryFolder } from "../../support/host.ts";
import { makeToken } from "../../support/soft-token/token.ts";

const program = resolve("build/host/certbridge-host");
const folder = temporaryFolder();
afterAll(folder.remove);
const home = join(folder.path, "数据 home");
const [before, after, wrong] = ["丙-first-7351", "丙-second-9246", "丙-wrong-1804"];

interface Ran {
  readonly status: number | null;
  readonly said: string;
  /** Arguments and environment of the program and of its workers, as they were seen while it ran. */
  readonly seen: string;
}

/** Looks at every process that this one has below it, for as long as it runs. */
function lookBelow(pid: number, seen: Set<string>): void {
  const read = (path: string): string => {
    try {
      return readFileSync(path, "latin1");
    } catch {
      return "";
    }
  };
  for (const file of ["cmdline", "environ"]) seen.add(read(`/proc/${pid}/${file}`));
  const children = read(`/proc/${pid}/task/${pid}/children`);
  for (const child of children.split(" ").filter((word) => word !== "")) lookBelow(Number(child), seen);
}

function host(args: readonly string[], input = ""): Promise<Ran> {
  return new Promise((done, fail) => {
    const child = spawn(program, ["--home", home, ...args], { env: { PATH: process.env["PATH"], HOME: folder.path } });
    const seen = new Set<string>();
    const look = setInterval(() => lookBelow(child.pid ?? 0, seen), 20);
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (said += text));
    }
    child.on("error", fail);
    child.on("close", (status) => {
      clearInterval(look);
      done({ status, said, seen: Array.from(seen).join("\n") });
    });
    child.stdin.end(input);
  });
}

test("a PIN is used and changed, and no file, word, argument or variable has it", async () => {
  const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
  const pairOf = ({ privateKey, certificate }: ReturnType<typeof party>) => ({
    key: hexOf(privateKey),
    certificate: certificate.der,
  });
  await mkdir(folder.path, { recursive: true });
  const token = makeToken({ folder: join(folder.path, "厂商 driver"), layout: "natural8", devices: ["KEY-1"] });
  token.provision("KEY-1", {
    application: "投标应用",
    pin: before,
    container: "pair",
    signing: pairOf(party("滨江建设", null, { keyUsage: ["digitalSignature"] })),
    encryption: pairOf(party("滨江建设", null, { keyUsage: ["keyEncipherment"] })),
  });
  const change = ["devices", "change-pin", "投标应用/pair", "--pin-stdin"];
  const runs = [
    await host(["devices", "add", token.library, "--pin-stdin"], `${before}\n`),
    await host(["devices", "keys"]),
    await host(change, `${wrong}\n${after}\n`),
    await host(change, `${before}\n${after}\n`),
    await host(change, `${after}\n${before}\n`),
  ];
  expect(runs.map(({ status }) => status)).toEqual([0, 0, 1, 0, 0]);
  expect(runs[0]?.said).toContain("已试签名、试解密成功");
  expect(runs[1]?.said).toContain("PIN 6/6");
  expect(runs[2]?.said).toContain("还剩5次");
  expect(runs[3]?.said).toContain("PIN码已修改");
  // The workers were seen: what is looked through is not nothing.
  expect(runs[3]?.seen).toContain("token-worker.mjs");

  const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const left = [
    ...files.map(({ parentPath, name }) => readFileSync(join(parentPath, name))),
    readFileSync(join(folder.path, "厂商 driver", "transcript.txt")),
    ...runs.flatMap(({ said, seen }) => [said, seen]),
  ];
  expect(left.length).toBeGreaterThan(runs.length * 2 + 1);
  for (const pin of [before, after, wrong]) expect(left.flatMap((found) => traces(found, pin))).toEqual([]);
}, 60_000);
