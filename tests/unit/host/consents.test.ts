import { utimes } from "node:fs/promises";
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
