import { mkdir, readdir, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openConsents } from "../../../apps/host/src/consents.ts";
import { newId, temporaryFolder } from "../../support/host.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

test("a consent is taken once, in any number of programs", async () => {
  const one = openConsents(folder.path, Date.now);
  const other = openConsents(folder.path, Date.now);
  const id = newId();
  await one.refuseTaken(id);
  const outcomes = await Promise.allSettled([one.take(id), other.take(id), one.take(id)]);
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  await expect(other.refuseTaken(id)).rejects.toMatchObject({
    code: "INVALID_REQUEST",
    details: { path: "consentId" },
  });
});

test("an id is remembered for a day, and forgotten after it", async () => {
  const consents = openConsents(folder.path, Date.now);
  const [old, fresh] = [newId(), newId()];
  await consents.take(old);
  await consents.take(fresh);
  const dayAgo = new Date(Date.now() - 25 * 3600_000);
  await utimes(join(folder.path, old), dayAgo, dayAgo);
  await consents.sweep();
  await consents.refuseTaken(old);
  await expect(consents.refuseTaken(fresh)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
});

test("several programs sweep at once, and what cannot be swept stops none", async () => {
  const dayAgo = new Date(Date.now() - 25 * 3600_000);
  const old = Array.from({ length: 50 }, newId);
  for (const id of old) {
    await writeFile(join(folder.path, id), "");
    await utimes(join(folder.path, id), dayAgo, dayAgo);
  }
  // A folder cannot be removed like a file, a link to nothing cannot be looked at.
  const [stuck, dangling, last] = [join(folder.path, "a-folder"), join(folder.path, "b-link"), join(folder.path, "z")];
  await mkdir(stuck);
  await utimes(stuck, dayAgo, dayAgo);
  await symlink("nothing", dangling);
  await writeFile(last, "");
  await utimes(last, dayAgo, dayAgo);
  const programs = Array.from({ length: 4 }, () => openConsents(folder.path, Date.now));
  await Promise.all(programs.map((consents) => consents.sweep()));
  const left = await readdir(folder.path);
  expect(left.filter((name) => old.includes(name) || name === "z")).toEqual([]);
  expect(left).toContain("a-folder");
});

test("a folder that is not there is nothing to sweep", async () => {
  await openConsents(join(folder.path, "none"), Date.now).sweep();
});
