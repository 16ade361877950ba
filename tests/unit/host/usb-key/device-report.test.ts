/** The report of a library that its vendor, or a stranger, writes a profile by. */
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { reportLibrary } from "../../../../apps/host/src/cli/device-report.ts";
import { functionNames } from "../../../../apps/host/src/stores/usb-key/library.ts";
import { party } from "../../../support/authority.ts";
import { traces } from "../../../support/canaries.ts";
import type { TokenPlan } from "../../../support/soft-token/token.ts";
import { makeKey, supervise } from "./world.ts";

interface Report {
  readonly library: { readonly sha256: string; readonly code: object | null };
  readonly functions: { readonly exported: readonly string[]; readonly missing: readonly string[] } | null;
  readonly probe: { readonly writtenLen: number; readonly candidates: readonly { readonly score: number }[] } | null;
  readonly layout: object | null;
  readonly devices:
    | readonly { readonly info: Record<string, unknown>; readonly applications: readonly object[] }[]
    | null;
  readonly troubles: readonly { readonly step: string; readonly what: string }[];
}

const word = () => `戊${randomBytes(6).toString("hex")}`;

/** Everything by which a key or its owner is known. */
const canaries = {
  label: word(),
  serial: randomBytes(8).toString("hex"),
  manufacturer: word(),
  issuer: word(),
  company: word(),
  application: word(),
  container: randomBytes(8).toString("hex"),
  device: randomBytes(8).toString("hex"),
  pin: randomBytes(6).toString("hex"),
};

async function reportOf(
  plan: Omit<TokenPlan, "folder" | "devices"> = {},
  change: (made: ReturnType<typeof makeKey>) => void = () => undefined,
) {
  const token = makeKey(plan);
  change(token);
  const text = JSON.stringify(
    await reportLibrary(token.library, readFileSync(token.library), "0.1.0", supervise),
    null,
    2,
  );
  return { token, text, report: JSON.parse(text) as Report };
}

describe("the report", () => {
  test("has what a profile is made of", async () => {
    const { token, report } = await reportOf({ layout: "natural8", exports: "vendor", conf: { algorithms: "0006" } });
    expect(report.library.sha256).toBe(createHash("sha256").update(readFileSync(token.library)).digest("hex"));
    expect(report.library.code).toMatchObject({ format: "elf", bits: 64 });
    expect(report.functions?.exported).toContain("SKF_PrvKeyDecrypt");
    expect(report.functions?.missing).toEqual([]);
    expect(report.layout).toEqual({ ulongLen: 8, packing: "natural" });
    expect(report.probe?.writtenLen).toBe(328);
    expect(report.probe?.candidates).toHaveLength(4);
    expect(report.devices?.[0]?.info["asymmetricAlgorithms"]).toMatch(/^0x000[0-9a-f]{5}$/);
    expect(report.devices?.[0]?.applications).toMatchObject([
      { triesMax: 6, containers: [{ signingCertificate: true, encryptionCertificate: true }] },
    ]);
    expect(report.troubles).toEqual([]);
  });

  test("says which functions are missing, by the file alone", async () => {
    const { report } = await reportOf({ exports: "foreign" });
    // What it calls otherwise is there; what it has not at all is not.
    const expected = functionNames.map(([name = ""]) => name).filter((name) => name.includes("WaitForDevEvent"));
    expect(expected).not.toEqual([]);
    expect(report.functions?.missing).toEqual(expected);
    expect(report.functions?.exported).toContain("SKF_DestroyKey");
  });

  test("names nobody: no text of a key, no certificate, no path and no PIN is in it, in whatever form", async () => {
    const { label, serial, manufacturer, issuer, company, application, container, device, pin } = canaries;
    const holder = party(company, null, { keyUsage: ["digitalSignature"] }, company);
    const { token, text, report } = await reportOf({}, (made) => {
      made.insert(device);
      made.describe(device, { label, serial, manufacturer, issuer });
      made.provision(device, {
        application,
        pin,
        container,
        signing: { key: Buffer.from(holder.privateKey).toString("hex"), certificate: holder.certificate.der },
      });
    });
    expect(report.devices?.map(({ info }) => info["label"])).toContainEqual({
      written: "utf-8",
      len: Buffer.byteLength(label),
    });
    const secrets = [
      ...Object.values(canaries),
      holder.certificate.der.slice(-40),
      holder.publicKey.slice(1),
      holder.certificate.serialNumber.padStart(8, "0"),
      token.library,
    ];
    for (const secret of secrets) expect(traces(text, secret)).toEqual([]);
    // The scan finds what is there.
    expect(traces(text, report.library.sha256)).not.toEqual([]);
    expect(token.calls().map(({ name }) => name)).not.toContain("SKF_VerifyPIN");
  });

  test.each([
    ["a library that ends", "EnumDev:*:crash", { step: "probe", what: "died" }],
    ["a code that it answers", "GetDevInfo:*:code:0A000009", { step: "probe", what: "SKF_GetDevInfo 0x0a000009" }],
    ["a code later on", "EnumApplication:*:code:0A000007", { step: "list", what: "SKF_EnumApplication 0x0a000007" }],
  ])("says what was met: %s", async (_, fault, trouble) => {
    const { report } = await reportOf({ conf: { fault } });
    expect(report.troubles).toEqual([trouble]);
    expect(report.devices).toBeNull();
    // The vendors' own functions, which the standard has not.
    expect(report.functions?.missing).toEqual(["SKF_ECCDecrypt", "SKF_PrvKeyDecrypt"]);
  });

  test("of a library without a key, and of a file that is none, has what there is", async () => {
    const { report } = await reportOf({}, (made) => made.remove("KEY-1"));
    expect(report).toMatchObject({ probe: null, layout: null, devices: null, troubles: [] });
    const { report: other } = await reportOf({}, ({ library }) => writeFileSync(library, "no library"));
    expect(other).toMatchObject({ functions: null, troubles: [{ step: "probe", what: "not-loaded" }] });
    expect(other.library.code).toBeNull();
  });
});
