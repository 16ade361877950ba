/** Brings what a fresh clone lacks: packages from the lock file, and the system's parts where that is allowed. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { digestOf, isFresh, writeStamp } from "./stamp.mjs";
import { root, run, runQuietly, say } from "./step.mjs";

const PACKAGES_STAMP = "node_modules/.certbridge-lock";

/**
 * Installs what the lock file names where it is newer than what is there; the lock file is read, never written, and no
 * install script runs. Not `npm ci`: it refuses a lock file without the binaries for systems that a registry mirror leaves out.
 */
export async function bringPackages() {
  const digest = digestOf(["package-lock.json"]);
  if (isFresh(PACKAGES_STAMP, digest)) return;
  say("installing packages …");
  const npm = process.env.npm_execpath;
  const args = ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const code = npm === undefined ? await run("npm", args) : await run(process.execPath, [npm, ...args]);
  if (code !== 0) throw new Error("npm install failed: is the npm registry within reach?");
  writeStamp(PACKAGES_STAMP, digest);
}

/** The path of the Node 24 that the packages bring; the running Node where none fits this machine but it is new enough. */
export function modernNode() {
  const name = `node-${process.platform}-${process.arch}`;
  try {
    const folder = dirname(createRequire(join(root, "package.json")).resolve(`${name}/package.json`));
    return join(folder, "bin", "node");
  } catch {
    if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
    throw new Error(
      `a Node 24 is needed here: npm has none for ${process.platform} ${process.arch}; start with your own`,
    );
  }
}

export function onPath(program) {
  return spawnSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" }).status === 0;
}

/** The system's parts: how to tell that one is there, and the Debian packages that bring it. */
const parts = {
  chromium: {
    found: () => onPath("chromium") && existsSync("/usr/lib/chromium/locales/zh-CN.pak"),
    packages: ["chromium", "chromium-sandbox", "chromium-l10n"],
  },
  firefox: {
    found: () =>
      onPath("firefox-esr") &&
      existsSync("/usr/lib/firefox-esr/browser/extensions/langpack-zh-CN@firefox-esr.mozilla.org.xpi"),
    packages: ["firefox-esr", "firefox-esr-l10n-zh-cn"],
  },
  compiler: {
    found: () => onPath("gcc") && existsSync("/usr/include/openssl/evp.h"),
    packages: ["gcc", "libc6-dev", "libssl-dev"],
  },
  nsis: { found: () => onPath("makensis"), packages: ["nsis"] },
  openssl: { found: () => onPath("openssl"), packages: ["openssl"] },
  java: {
    found: () => onPath("javac") && existsSync("/usr/share/java/bcpkix.jar"),
    packages: ["default-jdk-headless", "libbcprov-java", "libbcpkix-java", "libbcutil-java"],
  },
  fonts: {
    found: () =>
      existsSync("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc") ||
      existsSync("/usr/share/fonts/truetype/wqy"),
    packages: ["fonts-noto-cjk"],
  },
};

/** Installs the missing ones as root on Debian, else stops with the exact command. */
export async function bringSystemParts(names) {
  const missing = names.filter((name) => !parts[name].found());
  if (missing.length === 0) return;
  const packages = missing.flatMap((name) => parts[name].packages);
  const install = ["install", "-y", "--no-install-recommends", ...packages];
  if (!onPath("apt-get") || process.getuid?.() !== 0) {
    throw new Error(`missing: ${missing.join(", ")}. Install with:\n  sudo apt-get ${install.join(" ")}`);
  }
  say(`installing ${packages.join(", ")} …`);
  process.env.DEBIAN_FRONTEND = "noninteractive";
  await runQuietly("apt-get", ["update"], "apt-get update");
  await runQuietly("apt-get", install, "apt-get install");
}
