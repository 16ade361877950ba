/** The queue for a device, also between programs that end without a word. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, it } from "vitest";
import { openDeviceQueue } from "../../../../apps/host/src/stores/usb-key/queue.ts";

const folder = mkdtempSync(join(tmpdir(), "device queue "));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

const queueIn = (name: string, waitMs = 5000) =>
  openDeviceQueue({ folder: join(folder, name), clock: Date.now, random: (len) => randomBytes(len), waitMs });

const nothingLeft = () => Promise.resolve();
const asker = (browser: string, takeBack: () => Promise<void> = nothingLeft) => ({
  browser,
  site: null,
  pairs: [],
  takeBack,
});

/** Who has the device, as whoever wants to read it is told. */
async function holderOf(queue: ReturnType<typeof queueIn>): Promise<string | null> {
  const read = await queue.read("d", () => Promise.resolve(), nothingLeft);
  return "by" in read ? (read.by?.browser ?? null) : null;
}

/** Another program that takes a turn, or waits for one, until it is killed. */
async function otherProgram(name: string, device: string, browser: string): Promise<ChildProcess> {
  const script = join(folder, `${browser}.mts`);
  const module = resolve("apps/host/src/stores/usb-key/queue.ts");
  writeFileSync(
    script,
    `import { randomBytes } from "node:crypto";
    import { openDeviceQueue } from ${JSON.stringify(module)};
    const queue = openDeviceQueue({ folder: ${JSON.stringify(join(folder, name))}, clock: Date.now, random: (len) => randomBytes(len) });
    console.log("asks");
    await queue.take(${JSON.stringify(device)}, { browser: ${JSON.stringify(browser)}, site: null, pairs: [], takeBack: async () => undefined });
    console.log("has it");
    setInterval(() => undefined, 1000);`,
  );
  const child = spawn(process.execPath, ["--no-warnings", script], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  return child;
}

const says = (child: ChildProcess, words: string) =>
  new Promise<void>((resolve) => {
    child.stdout?.on("data", (chunk: Buffer) => {
      if (chunk.toString().includes(words)) resolve();
    });
  });

it("serves in the order of coming", async () => {
  const queue = queueIn("order");
  const first = await queue.take("d", asker("1"));
  const order: number[] = [];
  const others = [2, 3, 4].map(async (place) => {
    // One after the other, as people come.
    await new Promise((resolve) => setTimeout(resolve, place * 20));
    const leave = await queue.take("d", asker(String(place)));
    order.push(place);
    leave();
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  first();
  await Promise.all(others);
  expect(order).toEqual([2, 3, 4]);
  // Nothing is left but the lock's own file.
  expect(readdirSync(join(folder, "order"))).toEqual(["d.lock"]);
});

it("knows no other device's turns", async () => {
  const queue = queueIn("devices");
  const leave = await queue.take("d", asker("1"));
  (await queue.take("e", asker("2")))();
  leave();
});

it("takes the turn of a program that was killed, and the place of one that waited", async () => {
  const queue = queueIn("killed");
  const holder = await otherProgram("killed", "d", "Edge");
  await says(holder, "has it");
  expect(await holderOf(queue)).toBe("Edge");
  const waiter = await otherProgram("killed", "d", "Opera");
  await says(waiter, "asks");
  await expect.poll(() => readdirSync(join(folder, "killed")).some((name) => name.endsWith(".place.lock"))).toBe(true);
  const mine = queue.take("d", asker("Firefox"));
  waiter.kill("SIGKILL");
  holder.kill("SIGKILL");
  const leave = await mine;
  expect(await holderOf(queue)).toBe("Firefox");
  leave();
  expect(await holderOf(queue)).toBeNull();
});

it("takes back what a program that was killed left, before anything else, until that is done", async () => {
  const queue = queueIn("left");
  const holder = await otherProgram("left", "d", "Vivaldi");
  await says(holder, "has it");
  holder.kill("SIGKILL");
  const steps: string[] = [];
  const fails = () => Promise.reject(new Error("no library"));
  const succeeds = () => Promise.resolve(void steps.push("taken back"));
  const read = () => Promise.resolve(void steps.push("read"));
  await expect(queue.take("d", asker("Firefox", fails))).rejects.toThrow("no library");
  await expect(queue.read("d", read, fails)).rejects.toThrow("no library");
  await queue.read("d", read, succeeds);
  // Nobody left anything the next time.
  (await queue.take("d", asker("Firefox", fails)))();
  await queue.read("d", read, fails);
  expect(steps).toEqual(["taken back", "read", "read"]);
});

it("lets one read while nobody has the device, and says so where somebody has", async () => {
  const queue = queueIn("read");
  expect(await queue.read("d", () => Promise.resolve("read"), nothingLeft)).toEqual({ done: "read" });
  const leave = await queue.take("d", asker("Edge"));
  expect(await queue.read("d", () => Promise.resolve("read"), nothingLeft)).toMatchObject({ by: { browser: "Edge" } });
  leave();
  expect(await queue.read("d", () => Promise.resolve("read"), nothingLeft)).toEqual({ done: "read" });
});

it("gives up after its time, with the name of who has it, and leaves the queue", async () => {
  const queue = queueIn("late", 200);
  const leave = await queue.take("d", { ...asker("Edge"), site: "南京公共资源" });
  const late = queue.take("d", asker("Firefox"));
  await expect(late).rejects.toMatchObject({ code: "DEVICE_BUSY", details: { by: "Edge · 南京公共资源" } });
  leave();
  (await queue.take("d", asker("Firefox")))();
});

it("is kept by no record that nobody stands behind", async () => {
  const queue = queueIn("false", 200);
  (await queue.take("d", asker("Edge")))();
  const since = "2026-11-29T04:00:00.000Z";
  const record = { format: "certbridge-device:1", browser: "nobody", site: null, since, pairs: [] };
  writeFileSync(join(folder, "false", "d.json"), JSON.stringify(record));
  (await queue.take("d", asker("Firefox")))();
  writeFileSync(join(folder, "false", "d.json"), JSON.stringify(record));
  expect(await queue.read("d", () => Promise.resolve("read"), nothingLeft)).toEqual({ done: "read" });
  expect(await holderOf(queue)).toBeNull();
});

it("believes no record of another shape", async () => {
  const queue = queueIn("record", 200);
  const leave = await queue.take("d", asker("Edge"));
  writeFileSync(join(folder, "record", "d.json"), JSON.stringify({ format: "certbridge-device:1", browser: 1 }));
  await expect(queue.take("d", asker("Firefox"))).rejects.toMatchObject({ code: "DEVICE_BUSY", details: { by: null } });
  leave();
});
