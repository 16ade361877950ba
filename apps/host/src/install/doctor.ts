/** Looks at everything between a browser and the keys, and says of each part what was found and what to do. Changes nothing. */
import { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { parseRegistry } from "@certbridge/trust";
import { isFileError, readIfThere } from "../disk.ts";
import type { Home } from "../home.ts";
import type { SoftwareStore } from "../stores/software/store.ts";
import type { Finding, Words } from "./finding.ts";
import { REPAIR, finding, reasonOf, say } from "./finding.ts";
import { quote } from "./launcher.ts";
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

const MAKE_READABLE = say("请核对它是否属于您、能否读取", "see whether it is yours, and can be read");

interface HomeLook {
  readonly found: Finding;
  /** Whether what lies in it can be looked at. */
  readonly isOpen: boolean;
}

async function lookAtHome({ folder }: Home): Promise<HomeLook> {
  const bad = (what: Words, todo: Words, isOpen = false): HomeLook => ({
    found: finding("home", folder, "bad", what, { todo }),
    isOpen,
  });
  const word = quote(folder);
  const tighten = say(`请运行 chmod 700 ${word}`, `run chmod 700 ${word}`);
  const found = await stat(folder).catch((error: unknown) => error);
  if (isFileError(found, "ENOENT")) return bad(say("数据文件夹不存在", "the home folder is missing"), REPAIR, true);
  if (!(found instanceof Stats)) {
    const what = say(
      `无法读取数据文件夹（${reasonOf(found)}）`,
      `the home folder cannot be looked at (${reasonOf(found)})`,
    );
    return bad(what, MAKE_READABLE);
  }
  if (!found.isDirectory()) {
    const what = say("数据文件夹的位置上是一个文件", "there is a file in the home folder's place");
    return bad(
      what,
      say("请把它移走，再重新运行 certbridge-host install", "move it away, then run certbridge-host install again"),
    );
  }
  if (found.uid !== process.getuid?.()) {
    const command = `sudo chown -R ${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0} ${word}`;
    const todo = say(`如果它应当是您的，请运行 ${command}`, `if it ought to be yours, run ${command}`);
    return bad(say("数据文件夹属于其他用户", "the home folder belongs to another user"), todo);
  }
  if ((found.mode & 0o700) !== 0o700) {
    return bad(say("您自己不能读写数据文件夹", "the home folder is closed to its owner"), tighten);
  }
  if ((found.mode & 0o077) !== 0) {
    return bad(say("其他用户可以读取数据文件夹", "others can read the home folder"), tighten, true);
  }
  const what = say("数据文件夹正常", "the home folder is the owner's alone");
  return { found: finding("home", folder, "good", what), isOpen: true };
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

/** A look that could not be taken is a finding itself, and takes no other one away. */
async function attempt(
  about: string,
  path: string | null,
  look: () => Promise<readonly Finding[]> | readonly Finding[],
): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    const what = say(`无法检查（${reasonOf(error)}）`, `this could not be looked at (${reasonOf(error)})`);
    return [finding(about, path, "bad", what, { todo: MAKE_READABLE })];
  }
}

/** Everything that was found, in the order in which a request passes it; of a home that nobody can look into, only that. */
export async function examine(options: {
  readonly home: Home;
  readonly usbKeys: Omit<KeyLook, "home">;
  readonly store: SoftwareStore;
  readonly readTrust: () => Promise<Trust>;
  readonly places: readonly Place[];
  readonly person: PersonFolders;
}): Promise<readonly Finding[]> {
  const { home, usbKeys, store, readTrust, places, person } = options;
  const { found, isOpen } = await lookAtHome(home);
  if (!isOpen) return [found];
  const installed = await readInstalled(home).catch((error: unknown) => ({ error }));
  const record = installed !== null && "error" in installed ? null : installed;
  return [
    ...(await attempt("sandbox", null, () => lookAtSandbox(person))),
    ...(await attempt("policy", null, () => lookAtPolicies(person, places))),
    ...(await attempt("manifest", null, () => lookAtPlaces(home, record, places))),
    ...(await attempt("launcher", home.installed, () => {
      if (installed !== null && "error" in installed) throw installed.error;
      return lookAtProgram(home, installed);
    })),
    ...(await attempt("pairings", home.pairings, async () => lookAtPairings(home, await readTrust()))),
    found,
    ...(await attempt("registry", home.registry, async () => [await lookAtRegistry(home)])),
    ...(await attempt("keys", home.keys, () => lookAtStore(home, store))),
    ...(await attempt("drivers", home.libraries, () => lookAtKeys({ home, ...usbKeys }))),
    ...(await attempt("software", null, () => lookAtSoftware(person, places))),
  ];
}
