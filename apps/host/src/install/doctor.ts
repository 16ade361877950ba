/** Looks at everything between a browser and the keys, and says of each part what was found and what to do. Changes nothing. */
import { stat } from "node:fs/promises";
import { parseRegistry } from "@certbridge/trust";
import { readIfThere } from "../disk.ts";
import type { Home } from "../home.ts";
import type { SoftwareStore } from "../stores/software/store.ts";
import type { Finding } from "./finding.ts";
import { REPAIR, finding, say } from "./finding.ts";
import type { KeyLook } from "./look-at-keys.ts";
import { lookAtKeys } from "./look-at-keys.ts";
import type { Trust } from "./look-at-pairings.ts";
import { lookAtPairings } from "./look-at-pairings.ts";
import { lookAtPlaces } from "./look-at-places.ts";
import { lookAtPolicies } from "./look-at-policy.ts";
import { lookAtProgram } from "./look-at-program.ts";
import { lookAtSandbox } from "./look-at-sandbox.ts";
import { lookAtSoftware } from "./look-at-software.ts";
import type { PersonFolders, Place } from "./places.ts";
import { readInstalled } from "./receipt.ts";

async function lookAtHome({ folder }: Home): Promise<Finding> {
  const found = await stat(folder).catch(() => null);
  if (found === null) {
    return finding("home", folder, "bad", say("数据文件夹不存在", "the home folder is missing"), { todo: REPAIR });
  }
  if (found.uid !== process.getuid?.()) {
    return finding("home", folder, "bad", say("数据文件夹属于其他用户", "the home folder belongs to another user"));
  }
  if ((found.mode & 0o077) !== 0) {
    const todo = say(`请运行 chmod 700 '${folder}'`, `run chmod 700 '${folder}'`);
    const what = say("其他用户可以读取数据文件夹", "others can read the home folder");
    return finding("home", folder, "bad", what, { todo });
  }
  return finding("home", folder, "good", say("数据文件夹正常", "the home folder is the owner's alone"));
}

async function lookAtRegistry({ registry: path }: Home): Promise<Finding> {
  const content = await readIfThere(path);
  if (content === null) {
    return finding("registry", null, "note", say("使用内置名录", "the built-in registry is used"));
  }
  try {
    const { authorities } = parseRegistry(JSON.parse(content.toString("utf8")));
    const count = authorities.length;
    return finding("registry", path, "good", say(`名录正常，含 ${count} 家CA`, `the registry names ${count} CAs`));
  } catch {
    return finding("registry", path, "bad", say("名录文件已损坏", "the registry is broken"), { todo: REPAIR });
  }
}

async function lookAtStore(home: Home, store: SoftwareStore): Promise<readonly Finding[]> {
  const identities = await store.identities();
  const findings = identities.flatMap(({ id, body }) => {
    if (body !== null) return [];
    const todo = say("请用导出的备份恢复", "restore it from an exported copy");
    const what = say("证书文件已损坏", "a key file is damaged");
    return [finding("keys", `${home.keys}/${id}.json`, "bad", what, { todo })];
  });
  const whole = identities.length - findings.length;
  return [
    ...findings,
    finding("keys", home.keys, "good", say(`${whole} 个证书文件完好`, `${whole} key files are whole`)),
  ];
}

/** Everything that was found, in the order in which a request passes it. */
export async function examine(options: {
  readonly home: Home;
  readonly usbKeys: Omit<KeyLook, "home">;
  readonly store: SoftwareStore;
  readonly trust: Trust;
  readonly places: readonly Place[];
  readonly person: PersonFolders;
}): Promise<readonly Finding[]> {
  const { home, usbKeys, store, trust, places, person } = options;
  const installed = await readInstalled(home);
  return [
    ...(await lookAtSandbox(person)),
    ...(await lookAtPolicies(person, places)),
    ...(await lookAtPlaces(home, installed, places)),
    ...(await lookAtProgram(home, installed)),
    ...lookAtPairings(home, trust),
    await lookAtHome(home),
    await lookAtRegistry(home),
    ...(await lookAtStore(home, store)),
    ...(await lookAtKeys({ home, ...usbKeys })),
    ...(await lookAtSoftware(person, places)),
  ];
}
