/**
 * Browsers that are packed with a sandbox of their own, as Snap or Flatpak: what is started inside sees another home and no USB
 * key. Flatpak puts `/.flatpak-info` into its sandboxes (flatpak-metadata(5)); snapd confines by AppArmor labels `snap.NAME.APP`.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readIfThere } from "../disk.ts";
import type { Finding } from "./finding.ts";
import { finding, say } from "./finding.ts";
import { browserNames, browserOf } from "./browsers.ts";
import type { PersonFolders } from "./places.ts";

const isThere = (path: string): Promise<boolean> => Promise.resolve(existsSync(path));

/** Every package with a sandbox that the table has, and where it keeps a person's data, below the home. */
const packed = browserNames.flatMap((name) => {
  const { zh, en, sandboxed } = browserOf(name);
  const kinds = [
    { kind: "Snap", folder: sandboxed.snap },
    { kind: "Flatpak", folder: sandboxed.flatpak },
  ];
  return kinds.flatMap(({ kind, folder }) => (folder === null ? [] : [{ zh, en, kind, folder }]));
});

async function ownSandbox(root: string): Promise<{ readonly kind: string; readonly path: string } | null> {
  const flatpak = join(root, ".flatpak-info");
  if (await isThere(flatpak)) return { kind: "Flatpak", path: flatpak };
  const label = join(root, "proc/self/attr/current");
  const current = await readIfThere(label).catch(() => null);
  return current?.toString("latin1").startsWith("snap.") === true ? { kind: "Snap", path: label } : null;
}

/** Bad where this program itself runs in such a sandbox; a note on each such browser that this person has used. */
export async function lookAtSandbox({ home, root }: PersonFolders): Promise<readonly Finding[]> {
  const own = await ownSandbox(root);
  if (own !== null) {
    const what = say(
      `本程序在 ${own.kind} 沙箱中运行，看不到沙箱外的证书和CA锁`,
      `this program runs in a ${own.kind} sandbox, where it sees neither the certificates outside nor USB keys`,
    );
    const todo = say(
      "请改用系统软件包（deb、rpm）安装的浏览器",
      "use a browser from the system's own packages (deb, rpm)",
    );
    return [finding("sandbox", own.path, "bad", what, { todo, hazard: "sandbox" })];
  }
  const found = await Promise.all(
    packed.map(async ({ zh, en, kind, folder }) => {
      const path = join(home, folder);
      if (!(await isThere(path))) return [];
      const what = say(
        `${zh} 由 ${kind} 安装，在沙箱中找不到本程序`,
        `${en} was installed by ${kind} and does not find this program from its sandbox`,
      );
      const todo = say(
        "在这个浏览器中使用互认通，请改装系统软件包（deb、rpm）的版本",
        "to use CertBridge in it, install it from the system's own packages (deb, rpm)",
      );
      return [finding("sandboxed-browser", path, "note", what, { todo })];
    }),
  );
  return found.flat();
}
