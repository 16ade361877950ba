/**
 * Policies by which an administrator keeps browsers from starting this program: NativeMessagingBlocklist, without us in NativeMessagingAllowlist, and
 * NativeMessagingUserLevelHosts, which leaves out what lies in a person's own folder (chromeenterprise.google/policies; Edge has the same names). To the extension it
 * looks like a manifest that does not let it in: the browser's words are the same.
 */
import { join } from "node:path";
import { HOST_NAME } from "@certbridge/protocol/ids";
import { namesIn, readIfThere } from "../disk.ts";
import type { Finding } from "./finding.ts";
import { finding, say } from "./finding.ts";
import type { PersonFolders, Place } from "./places.ts";
import { isPresent } from "./places.ts";

/** Where browsers on Linux read what binds (docs/admin/policy.md). For the others of the table nobody documents it. */
const FOLDERS: Readonly<Record<string, string>> = {
  chromium: "etc/chromium/policies/managed",
  chrome: "etc/opt/chrome/policies/managed",
  edge: "etc/opt/edge/policies/managed",
};

interface PolicyFile {
  readonly path: string;
  readonly said: Readonly<Record<string, unknown>>;
}

async function readPolicies(folder: string): Promise<readonly PolicyFile[]> {
  const names = (await namesIn(folder).catch(() => [])).filter((name) => name.endsWith(".json"));
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const content = await readIfThere(path).catch(() => null);
      try {
        const said: unknown = JSON.parse(content?.toString("utf8") ?? "null");
        return typeof said === "object" && said !== null ? [{ path, said: said as PolicyFile["said"] }] : [];
      } catch {
        // The browser leaves out what it cannot read, too.
        return [];
      }
    }),
  );
  return files.flat();
}

const listed = (value: unknown, name: string): boolean => Array.isArray(value) && value.includes(name);

/** The file by which this browser may not start us; null where none forbids it. */
function forbidding(files: readonly PolicyFile[], hasMachineManifest: boolean): PolicyFile | null {
  const isAllowed = files.some(({ said }) => listed(said["NativeMessagingAllowlist"], HOST_NAME));
  const blocks = ({ said }: PolicyFile): boolean => {
    const list = said["NativeMessagingBlocklist"];
    if (!isAllowed && (listed(list, "*") || listed(list, HOST_NAME))) return true;
    return said["NativeMessagingUserLevelHosts"] === false && !hasMachineManifest;
  };
  return files.find(blocks) ?? null;
}

export async function lookAtPolicies({ root }: PersonFolders, places: readonly Place[]): Promise<readonly Finding[]> {
  const findings = await Promise.all(
    places.map(async (place) => {
      const folder = FOLDERS[place.label];
      if (folder === undefined || !(await isPresent(place))) return [];
      const machine = await Promise.all(place.machine.map((path) => readIfThere(path).catch(() => null)));
      const found = forbidding(
        await readPolicies(join(root, folder)),
        machine.some((content) => content !== null),
      );
      if (found === null) return [];
      const what = say(
        `管理员的策略不允许 ${place.label} 启动互认通程序`,
        `an administrator's policy keeps ${place.label} from starting this program`,
      );
      const todo = say(
        `请管理员把 ${HOST_NAME} 加入 NativeMessagingAllowlist，并整机安装互认通程序`,
        `have the administrator put ${HOST_NAME} into NativeMessagingAllowlist and install this program for the whole machine`,
      );
      return [finding(`policy:${place.label}`, found.path, "bad", what, { todo, cause: "policy" })];
    }),
  );
  return findings.flat();
}
