import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { reachOf } from "../../../apps/host/src/writers.ts";

/** Who else can put another library in the place of one. */
const folder = mkdtempSync(join(tmpdir(), "certbridge-writers-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;

/** vendor/lib/driver.so in a folder of its own. */
function install() {
  const top = join(folder, `${count++}`);
  const library = join(top, "vendor", "lib", "driver.so");
  mkdirSync(dirname(library), { recursive: true });
  writeFileSync(library, "");
  // Whatever the tester's umask.
  for (const path of [top, join(top, "vendor"), dirname(library)]) chmodSync(path, 0o755);
  chmodSync(library, 0o644);
  return { top, vendor: join(top, "vendor"), lib: dirname(library), library };
}

const me = process.getuid?.() ?? 0;
const OTHER = 54_321;

describe("a library", () => {
  test("in folders of the person's own, below a folder that everybody writes and that is sticky, is out of others' reach", async () => {
    const { library } = install();
    expect(await reachOf(library)).toEqual({ open: null, own: me !== 0 });
  });

  test("of the system's own, is in nobody's reach", async () => {
    expect(await reachOf("/bin/sh", OTHER)).toEqual({ open: null, own: false });
  });

  test.each<[string, (at: ReturnType<typeof install>) => string, number]>([
    ["that others can write", ({ library }) => library, 0o646],
    ["in a folder that others can write", ({ lib }) => lib, 0o757],
    ["in a sticky folder that others can write: they can lay something beside it", ({ lib }) => lib, 0o1777],
    ["below a folder that others can write", ({ vendor }) => vendor, 0o757],
  ])("%s is in their reach", async (_, pathOf, mode) => {
    const at = install();
    chmodSync(pathOf(at), mode);
    expect((await reachOf(at.library)).open).toBe(pathOf(at));
  });

  test("below a sticky folder that others can write is not: nobody can rename what is mine there", async () => {
    const { vendor, library } = install();
    chmodSync(vendor, 0o1777);
    expect((await reachOf(library)).open).toBeNull();
  });

  test("reached by a link is as safe as the folder that the link lies in", async () => {
    const [real, linked] = [install(), install()];
    const link = join(linked.lib, "link.so");
    symlinkSync(real.library, link);
    expect((await reachOf(link)).open).toBeNull();
    chmodSync(linked.lib, 0o757);
    expect((await reachOf(link)).open).toBe(linked.lib);
    chmodSync(linked.lib, 0o755);
    chmodSync(real.vendor, 0o757);
    expect((await reachOf(link)).open).toBe(real.vendor);
  });

  test("behind links that go up and round is found, or said to be missing", async () => {
    const { lib, vendor, library } = install();
    symlinkSync("../lib/./driver.so", join(vendor, "up.so"));
    symlinkSync("vendor/lib/driver.so", join(dirname(vendor), "down.so"));
    expect((await reachOf(join(dirname(vendor), "down.so"))).open).toBeNull();
    symlinkSync("round.so", join(lib, "round.so"));
    await expect(reachOf(join(lib, "round.so"))).rejects.toThrow("links");
    await expect(reachOf(join(vendor, "up.so"))).rejects.toMatchObject({ code: "ENOENT" });
    await expect(reachOf(`${library}.gone`)).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe.runIf(me === 0)("where root is the tester", () => {
  test("a folder of somebody else's is in their reach, and one of the person's own in theirs alone", async () => {
    const { library, lib, top } = install();
    chownSync(lib, OTHER, OTHER);
    expect((await reachOf(library)).open).toBe(lib);
    for (const path of [folder, top]) chownSync(path, 0, 0);
    expect(await reachOf(library, OTHER)).toEqual({ open: null, own: true });
  });

  test("a group that can write is somebody else, unless it is root's", async () => {
    const { library, lib } = install();
    chmodSync(lib, 0o775);
    expect((await reachOf(library)).open).toBeNull();
    chownSync(lib, 0, OTHER);
    expect((await reachOf(library)).open).toBe(lib);
  });
});
