/** The ways in which the companion program can be, each brought about as it happens on a person's computer. */
import { openDesk, type Stage } from "@certbridge/demo/walk";
import { HOST_NAME } from "@certbridge/protocol/ids";
import { chmod, cp, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { signalPrograms } from "../running.ts";
import { ofAnotherTime } from "../another-time.ts";

export type Condition =
  | "missing"
  | "forbidden"
  | "failed"
  | "silent"
  | "outdated"
  | "newer"
  | "unpaired"
  | "changed"
  | "ready";

const manifest = v.looseObject({ path: v.string() });

/** Brings the program into that condition; the browser starts it anew for the next question. */
export async function putProgram(stage: Stage, condition: Condition): Promise<void> {
  const folder = dirname(stage.desk.home);
  const profile = join(folder, "profile");
  const path = join(profile, "NativeMessagingHosts", `${HOST_NAME}.json`);

  async function rewrite(change: Readonly<Record<string, unknown>>): Promise<void> {
    await stage.desk.install(stage.demo.registryPath);
    const found = v.parse(manifest, JSON.parse(await readFile(path, "utf8")));
    const changed = JSON.stringify({ ...found, ...change });
    // A program that the browser started a moment ago may be mending what it finds altered.
    for (let left = 2; left > 0;) {
      await writeFile(path, changed);
      signalPrograms(stage.desk, "SIGKILL");
      await new Promise((resolve) => setTimeout(resolve, 200));
      left = (await readFile(path, "utf8")) === changed ? left - 1 : 2;
    }
  }

  /** A program in its place. */
  async function script(name: string, lines: string): Promise<string> {
    const file = join(folder, name);
    await writeFile(file, `#!/bin/sh\n${lines}\n`);
    await chmod(file, 0o755);
    return file;
  }

  /** The program as it was before this grammar, or will be after it: the same file but for the number. */
  async function putOfAnotherTime(step: -1 | 1): Promise<void> {
    const place = join(folder, `program${step}`);
    await cp("build/host", place, { recursive: true });
    await ofAnotherTime(place, step);
    await openDesk({ program: join(place, "certbridge-host"), folder, profile }).install(stage.demo.registryPath);
  }

  switch (condition) {
    case "missing":
      await stage.desk.uninstall();
      break;
    case "forbidden":
      // As another vendor's installation may leave it: the browser lets somebody else's extension in, not ours.
      await rewrite({ allowed_origins: [`chrome-extension://${"a".repeat(32)}/`] });
      break;
    case "failed":
      await rewrite({ path: await script("ends-at-once", "exit 1") });
      break;
    case "silent":
      await rewrite({ path: await script("says-nothing", "exec 3>&1 cat >/dev/null") });
      break;
    case "outdated":
      await putOfAnotherTime(-1);
      break;
    case "newer":
      await putOfAnotherTime(1);
      break;
    case "unpaired":
      await stage.desk.host(["pairings", "remove", "--all"]);
      break;
    case "changed":
      await rm(join(stage.desk.home, "identity.json"));
      await stage.desk.install(stage.demo.registryPath);
      break;
    case "ready":
      await stage.desk.install(stage.demo.registryPath);
      break;
  }
  // With the worker its port to the earlier program ends.
  await stage.browser.killWorker();
}
