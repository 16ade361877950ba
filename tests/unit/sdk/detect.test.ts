// @vitest-environment happy-dom
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { detect, MISSING_SENTENCE, OLD_KERNEL_SENTENCE, SharedCertificateError } from "@certbridge/sdk";
import { afterEach, describe, expect, test } from "vitest";

afterEach(() => {
  Reflect.deleteProperty(window, "sharedCertificate");
  Reflect.deleteProperty(document, "documentMode");
  document.body.replaceChildren();
});

const put = (value: unknown) => Object.defineProperty(window, "sharedCertificate", { value, configurable: true });

describe("detect", () => {
  test("gives the API that is there", async () => {
    const api = Object.freeze({ apiVersion: "1.0" });
    put(api);
    expect(await detect({ timeoutMs: 0 })).toBe(api);
  });

  test("waits for one that comes later", async () => {
    const found = detect({ timeoutMs: 5000 });
    put({ apiVersion: "1.0" });
    expect((await found).apiVersion).toBe("1.0");
  });

  test.each([undefined, null, {}, { apiVersion: 1 }, "1.0"])("takes %s for none", async (value) => {
    put(value);
    const error: unknown = await detect({ timeoutMs: 0 }).catch((thrown: unknown) => thrown);
    expect(SharedCertificateError.is(error, "EXTENSION_MISSING")).toBe(true);
    expect(error).toMatchObject({ message: MISSING_SENTENCE, retriable: true, details: null });
  });

  test("says so in compatibility mode", async () => {
    Object.defineProperty(document, "documentMode", { value: 11, configurable: true });
    const error: unknown = await detect({ timeoutMs: 0 }).catch((thrown: unknown) => thrown);
    expect(SharedCertificateError.is(error, "BROWSER_UNSUPPORTED")).toBe(true);
    expect(error).toMatchObject({ message: OLD_KERNEL_SENTENCE });
  });
});

test("errors are told by code, wherever they were made", () => {
  const fromAnotherWorld = { name: "SharedCertificateError", code: "USER_DECLINED", details: null, retriable: true };
  expect(SharedCertificateError.is(fromAnotherWorld)).toBe(true);
  expect(SharedCertificateError.is(fromAnotherWorld, "USER_DECLINED")).toBe(true);
  expect(SharedCertificateError.is(fromAnotherWorld, "HOST_MISSING")).toBe(false);
  for (const other of [null, undefined, "USER_DECLINED", new Error("USER_DECLINED"), { code: "USER_DECLINED" }]) {
    expect(SharedCertificateError.is(other)).toBe(false);
  }
});

describe("kernel.js", () => {
  const text = readFileSync(join(import.meta.dirname, "../../../packages/sdk/src/kernel.js"), "utf8");

  /** Runs the classic script over this document, as a kernel that may lack what newer ones have. */
  function run(isOld: boolean) {
    document.body.innerHTML = '<p id="shared-certificate-kernel" hidden></p>';
    if (isOld) Object.defineProperty(document, "documentMode", { value: 8, configurable: true });
    // eslint-disable-next-line typescript/no-implied-eval -- the script is the thing under test
    new Function("document", "window", text)(document, window);
    document.dispatchEvent(new Event("DOMContentLoaded"));
    return document.getElementById("shared-certificate-kernel");
  }

  test("says one sentence to an old kernel, and nothing to others", () => {
    const modern = run(false);
    expect(modern?.textContent).toBe("");
    expect(modern?.hasAttribute("hidden")).toBe(true);
    const old = run(true);
    expect(old?.textContent).toBe(OLD_KERNEL_SENTENCE);
    expect(old?.hasAttribute("hidden")).toBe(false);
  });

  test("is written in words that old kernels read: no let, const, arrow, template, or letter beyond ASCII in code", () => {
    const code = text.replace(/\/\*[\s\S]*?\*\//g, "");
    expect(code).not.toMatch(/\b(let|const|class|import|export|async)\b|=>|`|[^ -~\n]/);
  });
});
