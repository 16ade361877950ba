import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openLog } from "../../../apps/host/src/log.ts";
import { temporaryFolder } from "../../support/host.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

test("a line says what and where, never the error's words; the file is the owner's alone", async () => {
  const path = join(folder.path, "host.log");
  const log = openLog(path, () => 0);
  await log({ event: "internal", operation: "login", reportId: "abc", error: new RangeError("PIN 135790 of 张三") });
  const text = await readFile(path, "utf8");
  expect(JSON.parse(text)).toMatchObject({
    time: "1970-01-01T00:00:00.000Z",
    event: "internal",
    operation: "login",
    reportId: "abc",
    error: "RangeError",
  });
  expect(text).not.toContain("135790");
  expect(text).not.toContain("张三");
  expect(text).toContain("log.test.ts:");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test("an error's name that is no name is not written", async () => {
  const path = join(folder.path, "names.log");
  const error = new Error("x");
  error.name = "secret 135790";
  await openLog(path, () => 0)({ event: "internal", error });
  expect(await readFile(path, "utf8")).not.toContain("135790");
});

test("a long log is turned once", async () => {
  const path = join(folder.path, "long.log");
  const log = openLog(path, () => 0);
  for (let line = 0; line < 3; line++) await log({ event: "x".repeat(200_000) });
  expect((await stat(`${path}.old`)).size).toBeGreaterThan(200_000);
  expect((await stat(path)).size).toBeLessThan(300_000);
});
