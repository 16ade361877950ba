/**
 * The manifests by which browsers find the program. Each browser reads its places in an order (places.ts), and starts what the first
 * one names: a manifest that stands before ours and is not ours takes our place.
 */
import { access, constants } from "node:fs/promises";
import { readIfThere } from "../disk.ts";
import type { Home } from "../home.ts";
import type { Finding, Words } from "./finding.ts";
import { REPAIR, finding, say } from "./finding.ts";
import { allowsExactly, parseManifest } from "./manifest.ts";
import type { Place } from "./places.ts";
import { isPresent } from "./places.ts";
import type { Installed } from "./receipt.ts";

export async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** A manifest that is there; `manifest` null where it is none of this name. */
interface Found {
  readonly path: string;
  readonly manifest: ReturnType<typeof parseManifest>;
}

async function look(path: string): Promise<Found | null> {
  try {
    const content = await readIfThere(path);
    return content === null ? null : { path, manifest: parseManifest(content) };
  } catch {
    // A folder of that name, or one that may not be looked into: it hides no other finding.
    return { path, manifest: null };
  }
}

/** Whether it starts this program: the person's own, or the one that was installed for the whole machine. */
const startsUs = ({ manifest }: Found, place: Place, home: Home): boolean =>
  manifest !== null && [home.launcher, place.machineLauncher].includes(manifest.path);

async function judge(about: string, place: Place, found: Found, home: Home): Promise<Finding> {
  const { path, manifest } = found;
  const bad = (what: Words): Finding => finding(about, path, "bad", what, { todo: REPAIR });
  if (manifest === null) return bad(say("登记文件已损坏", "the manifest is broken"));
  if (!(await isExecutable(manifest.path))) {
    return bad(say("登记文件指向的程序不存在或不可执行", "the manifest's program is missing or not executable"));
  }
  if (!startsUs(found, place, home)) {
    return bad(say("登记文件指向另一个程序", "the manifest points to another program"));
  }
  if (!allowsExactly(place.kind, manifest)) {
    const what = say("登记文件允许的扩展编号不符", "the manifest's allowed extension ids are not ours");
    return finding(about, path, "bad", what, { todo: REPAIR, hazard: "manifest" });
  }
  return finding(about, path, "good", say("登记文件正常", "the manifest is right"));
}

/** The person's own manifest stands before the machine's: what it says holds. */
function shadowedBy(place: Place, own: Found, home: Home): Finding {
  const what = startsUs(own, place, home)
    ? say(
        "浏览器先读取的这份登记文件还允许别的扩展启动本程序",
        "the manifest that this browser reads first lets other extensions start this program",
      )
    : say(
        "浏览器先读取的这份登记文件指向另一个程序，本程序不会被启动",
        "the manifest that this browser reads first points to another program: this one is not started",
      );
  const todo = say(
    `请核对是谁写的；不是您或管理员写的，请删除它，再运行 certbridge-host install`,
    "find out who wrote it; if it was neither you nor the administrator, delete it, then run certbridge-host install",
  );
  return finding(`shadow:${place.label}`, own.path, "bad", what, { todo, hazard: "shadow" });
}

/** @param installed whether we were installed for this browser */
async function lookAtPlace(place: Place, home: Home, installed: boolean): Promise<readonly Finding[]> {
  const about = `manifest:${place.label}`;
  const own = await look(place.manifest);
  const machine = (await Promise.all(place.machine.map(look))).filter((found) => found !== null);
  const byMachine = machine.find((found) => startsUs(found, place, home));
  const used = installed || own !== null || (await isPresent(place));
  if (!used) return [];
  const findings: Finding[] = [];
  if (own !== null) {
    findings.push(await judge(about, place, own, home));
    const isOurs = startsUs(own, place, home) && own.manifest !== null && allowsExactly(place.kind, own.manifest);
    const wanted = installed || byMachine !== undefined;
    if (!isOurs && wanted && own.manifest !== null) findings.push(shadowedBy(place, own, home));
  } else if (byMachine !== undefined) {
    findings.push(await judge(about, place, byMachine, home));
  } else {
    const what = say("浏览器的登记文件不存在", "no manifest for this browser");
    const missing = finding(about, place.manifest, "bad", what, { todo: REPAIR });
    findings.push(installed ? missing : finding(about, place.manifest, "note", what));
  }
  for (const other of machine) {
    const sameAsOwn = own !== null && other.manifest?.path === own.manifest?.path;
    if (startsUs(other, place, home) || sameAsOwn) continue;
    const todo = say("请联系管理员确认以哪个为准", "ask the administrator which one is meant");
    const what = say(
      "本机另有一份指向其他程序的登记文件",
      "the machine has another manifest of this name that points elsewhere",
    );
    // Without one of the person's own it is the one that holds.
    const hazard = own === null && installed ? "shadow" : null;
    findings.push(finding(`shadow:${place.label}`, other.path, "bad", what, { todo, hazard }));
  }
  return findings;
}

/** These places, and those that were installed for beside them. */
export async function lookAtPlaces(
  home: Home,
  installed: Installed | null,
  places: readonly Place[],
): Promise<readonly Finding[]> {
  const recorded = installed?.manifests ?? [];
  const known = new Set(places.map(({ manifest }) => manifest));
  const elsewhere = recorded.flatMap(({ label, kind, path }): Place[] =>
    known.has(path) ? [] : [{ label, kind, manifest: path, machine: [], profiles: [], machineLauncher: home.launcher }],
  );
  const findings = await Promise.all(
    [...places, ...elsewhere].map((place) =>
      lookAtPlace(
        place,
        home,
        recorded.some(({ path }) => path === place.manifest),
      ),
    ),
  );
  return findings.flat();
}
