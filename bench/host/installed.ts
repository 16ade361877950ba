/** The built program as it is installed for one person, in a home of its own, with a soft token enrolled and one extension paired. */
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openDesk } from "@certbridge/demo/walk";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { homeAt } from "../../apps/host/src/home.ts";
import { changeEnrolled } from "../../apps/host/src/stores/usb-key/enrolled.ts";
import { clientKeyOf, makePair } from "../../extension/platform/client-key.ts";
import { newId, startProgram } from "../native/program.ts";
import { type BenchKey, makeKey } from "./key.ts";

export interface Installed {
  /** What the browser's manifest names. */
  readonly launcher: string;
  readonly key: BenchKey;
}

/** @param folder empty; a place is open in the home for whoever comes first */
export async function installIn(folder: string): Promise<Installed> {
  const profile = join(folder, "profile");
  await mkdir(profile, { recursive: true });
  const desk = openDesk({ program: "build/host/certbridge-host", folder, profile });
  await desk.host(["install", "--browser-profile", profile]);
  const key = makeKey(join(folder, "driver"));
  const home = homeAt(desk.home);
  await changeEnrolled(home.libraries, () => [key.library]);
  return { launcher: home.launcher, key };
}

/** The first message of an extension that is paired, as often as it is wanted: `status` with a challenge that the program has to sign. */
export async function pairFirst(launcher: string): Promise<() => object> {
  const client = await clientKeyOf(await makePair());
  const params = () => ({
    extension: "0.1.0",
    challenge: encodeBase64Url(randomBytes(32)),
    client: client.publicKey,
  });
  const question = () => ({ v: 1, id: newId(), operation: "status", params: params() });
  const program = await startProgram(launcher, client);
  await program.close();
  return question;
}
