import { approvalOf, BIDDER, openSite, openStage } from "@certbridge/demo/walk";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";

/** A Java verifier, written from docs/formats/login-token.md alone, judges the token of a run in a real browser. */

const CLASSPATH = ["bcprov", "bcpkix", "bcutil"].map((jar) => `/usr/share/java/${jar}.jar`).join(":");
const source = join(import.meta.dirname, "LoginVerifier.java");
const classes = "build/interop/verify";
const { name, uscc, pin } = BIDDER;

interface Run {
  readonly origin: string;
  readonly nonce: string;
  readonly token: Readonly<Record<string, unknown>>;
  readonly trusted: readonly string[];
}

let run: Run;

beforeAll(async () => {
  mkdirSync(classes, { recursive: true });
  execFileSync("javac", ["-cp", CLASSPATH, "-d", classes, source]);
  const folder = "build/e2e/interop";
  const stage = await openStage({ folder, knowsNoPolicy: true });
  try {
    const issue = (request: Uint8Array) =>
      Promise.resolve(stage.demo.authorities.jiangnan.issue(request, { name, uscc }));
    await stage.desk.obtainCertificates({ name, pin, issue });
    const { origin } = stage.demo.platforms.a;
    const site = await openSite(stage.browser, origin);
    const asking = site.page.evaluate(async () => {
      const { sharedCertificate } = window as unknown as {
        sharedCertificate: { login(options: { nonce: string }): Promise<Record<string, unknown>> };
      };
      const { nonce } = (await (await fetch("/api/nonce", { method: "POST" })).json()) as { nonce: string };
      return { nonce, token: await sharedCertificate.login({ nonce }) };
    });
    await (await approvalOf(stage.browser)).accept(pin);
    const papers = join(folder, "authorities", stage.demo.authorities.jiangnan.id);
    run = { origin, ...(await asking), trusted: [join(papers, "root.cer"), join(papers, "sub.cer")] };
  } finally {
    await stage.close();
  }
});

function judge(changes: Partial<Run> = {}): { accepted: boolean; said: string } {
  const { origin, nonce, token, trusted } = { ...run, ...changes };
  const args = ["-cp", `${CLASSPATH}:${classes}`, "LoginVerifier", origin, nonce, JSON.stringify(token), ...trusted];
  const { status, stdout } = spawnSync("java", args, { encoding: "utf8" });
  return { accepted: status === 0, said: stdout.trim() };
}

const flip = (base64Url: unknown, at: number) => {
  const bytes = Buffer.from(String(base64Url), "base64url");
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes.toString("base64url");
};

describe("the Java verifier", () => {
  test("is under 200 lines", () => {
    expect(readFileSync(source, "utf8").split("\n").length).toBeLessThan(200);
  });

  test("accepts the token of that run", () => {
    const { accepted, said } = judge();
    expect(said).toContain(name);
    expect(accepted).toBe(true);
  });

  test.each([
    ["another origin", () => ({ origin: "https://bid-b.demo.test" }), "signature"],
    ["another nonce", () => ({ nonce: Buffer.alloc(32, 1).toString("base64url") }), "signature"],
    [
      "an altered signature",
      () => ({ token: { ...run.token, signature: flip(run.token["signature"], 40) } }),
      "signature",
    ],
    [
      "an altered certificate",
      () => ({ token: { ...run.token, certificate: flip(run.token["certificate"], 300) } }),
      "",
    ],
    [
      "the default-id format",
      () => ({ token: { ...run.token, format: "shared-certificate-login:1-default-id" } }),
      "format",
    ],
    ["no trusted root", () => ({ trusted: run.trusted.slice(1) }), "chain"],
  ])("refuses %s", (_what, change, reason) => {
    const { accepted, said } = judge(change());
    expect(accepted).toBe(false);
    expect(said).toContain(`refused: ${reason}`);
  });
});
