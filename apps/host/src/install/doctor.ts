/** Looks at everything between a browser and the keys, and says of each part what was found and what to do. Changes nothing. */
import { access, constants, stat } from "node:fs/promises";
import { parseRegistry } from "@certbridge/trust";
import { readIfThere } from "../disk.ts";
import type { Home } from "../home.ts";
import type { SoftwareStore } from "../stores/software/store.ts";
import { readInstalled } from "./install.ts";
import type { Installed } from "./install.ts";
import { encodeLauncher } from "./launcher.ts";
import { allowsExactly, parseManifest } from "./manifest.ts";
import type { Place } from "./places.ts";

/** `good`: as it should be. `note`: worth knowing. `bad`: something does not work; the exit status says so. */
export type Verdict = "good" | "note" | "bad";

export interface Finding {
  /** What was looked at: `home`, `launcher`, `manifest:chromium`, … */
  readonly about: string;
  readonly verdict: Verdict;
  readonly path: string | null;
  readonly zh: string;
  readonly en: string;
}

type Words = Pick<Finding, "en" | "zh">;

const say = (zh: string, en: string): Words => ({ zh, en });

const REPAIR = say("请重新运行 certbridge-host install", "run certbridge-host install again");

function finding(about: string, path: string | null, verdict: Verdict, what: Words, todo?: Words): Finding {
  if (todo === undefined) return { about, verdict, path, ...what };
  return { about, verdict, path, zh: `${what.zh}。${todo.zh}。`, en: `${what.en}; ${todo.en}` };
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function lookAtHome({ folder }: Home): Promise<Finding> {
  const found = await stat(folder).catch(() => null);
  if (found === null)
    return finding("home", folder, "bad", say("数据文件夹不存在", "the home folder is missing"), REPAIR);
  if (found.uid !== process.getuid?.()) {
    return finding("home", folder, "bad", say("数据文件夹属于其他用户", "the home folder belongs to another user"));
  }
  if ((found.mode & 0o077) !== 0) {
    const todo = say(`请运行 chmod 700 '${folder}'`, `run chmod 700 '${folder}'`);
    return finding("home", folder, "bad", say("其他用户可以读取数据文件夹", "others can read the home folder"), todo);
  }
  return finding("home", folder, "good", say("数据文件夹正常", "the home folder is the owner's alone"));
}

async function lookAtLauncher(home: Home, installed: Installed | null): Promise<readonly Finding[]> {
  const about = "launcher";
  if (installed === null) {
    const what = say("互认通程序尚未安装到浏览器", "the program is not installed for any browser");
    return [finding(about, null, "bad", what, say("请运行 certbridge-host install", "run certbridge-host install"))];
  }
  const { launcher } = home;
  const content = await readIfThere(launcher);
  if (content === null || !(await isExecutable(launcher))) {
    return [
      finding(
        about,
        launcher,
        "bad",
        say("启动文件缺失或不可执行", "the launcher is missing or not executable"),
        REPAIR,
      ),
    ];
  }
  if (content.toString("utf8") !== encodeLauncher(installed, home.folder)) {
    return [finding(about, launcher, "bad", say("启动文件被改动", "the launcher was altered"), REPAIR)];
  }
  const findings = [finding(about, launcher, "good", say("启动文件正常", "the launcher is as it was written"))];
  if (!(await isExecutable(installed.node))) {
    findings.push(
      finding("node", installed.node, "bad", say("找不到运行环境 Node", "the Node that runs it is missing"), REPAIR),
    );
  }
  if ((await readIfThere(installed.script)) === null) {
    findings.push(
      finding("program", installed.script, "bad", say("程序文件缺失", "the program's file is missing"), REPAIR),
    );
  }
  return findings;
}

async function lookAtManifest(place: Place, home: Home, expected: boolean): Promise<readonly Finding[]> {
  const about = `manifest:${place.label}`;
  const { manifest: path } = place;
  const content = await readIfThere(path);
  const findings: Finding[] = [];
  if (content === null) {
    const what = say("浏览器的登记文件不存在", "no manifest for this browser");
    findings.push(expected ? finding(about, path, "bad", what, REPAIR) : finding(about, path, "note", what));
  } else {
    findings.push(await judgeManifest(about, place, content, home));
  }
  for (const shadow of place.machine) {
    const other = await readIfThere(shadow);
    if (other === null || (content !== null && parseManifest(other)?.path === parseManifest(content)?.path)) continue;
    const todo = say("请联系管理员确认以哪个为准", "ask the administrator which one is meant");
    const what = say(
      "本机另有一份指向其他程序的登记文件",
      "the machine has another manifest of this name that points elsewhere",
    );
    findings.push(finding(`shadow:${place.label}`, shadow, "bad", what, todo));
  }
  return findings;
}

async function judgeManifest(about: string, place: Place, content: Buffer, home: Home): Promise<Finding> {
  const found = parseManifest(content);
  const bad = (what: Words): Finding => finding(about, place.manifest, "bad", what, REPAIR);
  if (found === null) return bad(say("登记文件已损坏", "the manifest is broken"));
  if (!(await isExecutable(found.path))) {
    return bad(say("登记文件指向的程序不存在或不可执行", "the manifest's program is missing or not executable"));
  }
  if (found.path !== home.launcher) {
    return bad(say("登记文件指向另一个程序", "the manifest points to another program"));
  }
  if (!allowsExactly(place.kind, found)) {
    return bad(say("登记文件允许的扩展编号不符", "the manifest's allowed extension ids are not ours"));
  }
  return finding(about, place.manifest, "good", say("登记文件正常", "the manifest is right"));
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
    return finding("registry", path, "bad", say("名录文件已损坏", "the registry is broken"), REPAIR);
  }
}

async function lookAtStore(home: Home, store: SoftwareStore): Promise<readonly Finding[]> {
  const identities = await store.identities();
  const findings = identities.flatMap(({ id, body }) => {
    if (body !== null) return [];
    const todo = say("请用导出的备份恢复", "restore it from an exported copy");
    return [finding("keys", `${home.keys}/${id}.json`, "bad", say("证书文件已损坏", "a key file is damaged"), todo)];
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
  readonly store: SoftwareStore;
  readonly places: readonly Place[];
}): Promise<readonly Finding[]> {
  const { home, store } = options;
  const installed = await readInstalled(home);
  const recorded = installed?.manifests ?? [];
  const known = new Set(options.places.map((place) => place.manifest));
  const elsewhere = recorded.flatMap(({ label, kind, path }): Place[] =>
    known.has(path) ? [] : [{ label, kind, manifest: path, machine: [] }],
  );
  const places = [...options.places, ...elsewhere];
  const manifests = await Promise.all(
    places.map((place) =>
      lookAtManifest(
        place,
        home,
        recorded.some(({ path }) => path === place.manifest),
      ),
    ),
  );
  return [
    ...manifests.flat(),
    ...(await lookAtLauncher(home, installed)),
    await lookAtHome(home),
    await lookAtRegistry(home),
    ...(await lookAtStore(home, store)),
  ];
}
