import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { HOST_LABEL, LOGIN_LABEL, encodeHostStatement } from "@certbridge/protocol/statement";
import { afterAll, expect, test } from "vitest";
import { openIdentity, readIdentity } from "../../../apps/host/src/identity.ts";
import { gm } from "../../support/authority.ts";
import { temporaryFolder } from "../../support/host.ts";

const folder = temporaryFolder();
afterAll(folder.remove);
const means = { gm, clock: Date.now };

test("is made once, for its owner alone, also by programs that start at the same time", async () => {
  const path = join(folder.path, "once.json");
  expect(await readIdentity(gm, path)).toBeNull();
  const made = await Promise.all(Array.from({ length: 8 }, () => openIdentity(means, path)));
  expect(new Set(made.map(({ publicKey }) => publicKey)).size).toBe(1);
  expect((await readIdentity(gm, path))?.publicKey).toBe(made[0]?.publicKey);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test("proves itself over a challenge and this run, under its own label; and opens what was encrypted to it", async () => {
  const identity = await openIdentity(means, join(folder.path, "proof.json"));
  const [challenge, session] = [gm.sm3(new Uint8Array(1)), gm.sm3(new Uint8Array(2))];
  const signature = identity.prove(challenge, session);
  const statement = encodeHostStatement({ challenge: gm.sm3(challenge), session: gm.sm3(session) });
  const key = decodeBase64Url(identity.publicKey);
  expect(gm.sm2Verify(key, statement, signature, { id: HOST_LABEL })).toBe(true);
  expect(gm.sm2Verify(key, statement, signature, { id: LOGIN_LABEL })).toBe(false);
  expect(gm.sm2Verify(key, statement, signature)).toBe(false);
  const sealed = gm.sm2Encrypt(key, Uint8Array.of(1, 2, 3));
  expect(identity.open(sealed)).toEqual(Uint8Array.of(1, 2, 3));
  sealed[99] = (sealed[99] ?? 0) ^ 1;
  expect(identity.open(sealed)).toBeNull();
});

test("a damaged one is refused, and replaced only by who installs", async () => {
  const path = join(folder.path, "damaged.json");
  const { publicKey } = await openIdentity(means, path);
  const whole = await readFile(path, "utf8");
  for (const text of ["", "{}", whole.replace("identity:1", "identity:9"), whole.replace(/Key":"./, 'Key":"!')]) {
    await writeFile(path, text);
    await expect(openIdentity(means, path)).rejects.toMatchObject({ code: "STORE_DAMAGED" });
  }
  const fresh = await openIdentity(means, path, "replace");
  expect(fresh.publicKey).not.toBe(publicKey);
  expect((await openIdentity(means, path, "replace")).publicKey).toBe(fresh.publicKey);
});
