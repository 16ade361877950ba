import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { browserNames, browserOf } from "../../../apps/host/src/install/browsers.ts";
import { encodeWindowsLauncher } from "../../../apps/host/src/install/launcher.ts";
import { encodeManifest } from "../../../apps/host/src/install/manifest.ts";
import { isWhole } from "../../../tools/foreign-packages.ts";
import { encodeDistribution, encodePostinstall, encodeUninstaller } from "../../../tools/macos-texts.ts";
import { encodeInstaller } from "../../../tools/windows-installer.ts";

/** Installers for systems that are not here: what their scripts say. That NSIS understands its own is tested where it is: integration/host/windows. */
const folder = mkdtempSync(join(tmpdir(), "certbridge-installers-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const linesOf = (text: string) => text.split("\n").map((line) => line.trim());

describe("the installer for Windows", () => {
  const files = ["node.exe", "certbridge-host.mjs", "chromium/org.certbridge.host.json", "a/b/c/koffi.node"];
  const script = encodeInstaller({ version: "1.2.3", files, sizeKiB: 4567, out: "/a b/互认通.exe" });
  const lines = linesOf(script);
  const uninstalling = lines.slice(lines.indexOf("Section Uninstall"));

  test("writes the key of every browser of the table, in whichever half it was told", () => {
    for (const name of browserNames) {
      const { kind, windows } = browserOf(name);
      for (const below of windows?.below ?? []) {
        const value = `"$INSTDIR\\${kind}\\org.certbridge.host.json"`;
        expect(lines).toContain(`WriteRegStr SHCTX "${below}\\org.certbridge.host" "" ${value}`);
        expect(uninstalling).toContain(`!insertmacro Forget "${below}\\org.certbridge.host" ${value}`);
        expect(uninstalling).toContain(`!insertmacro ForgetEmpty "${below}"`);
      }
    }
    expect(script).not.toMatch(/(Write|Delete)Reg\w+ (\/\w+ )?(HKLM|HKCU)/);
    expect(script).not.toContain('ForgetEmpty "Software"');
  });

  test("packs every file, and its uninstaller removes each by name and every folder only where it is empty", () => {
    for (const file of files) {
      const path = file.replaceAll("/", "\\");
      expect(lines).toContain(`File "program/${file}"`);
      expect(uninstalling).toContain(`Delete "$INSTDIR\\${path}"`);
    }
    expect(uninstalling.filter((line) => line.startsWith("RMDir"))).toEqual([
      String.raw`RMDir "$INSTDIR\chromium"`,
      String.raw`RMDir "$INSTDIR\a\b\c"`,
      String.raw`RMDir "$INSTDIR\a\b"`,
      String.raw`RMDir "$INSTDIR\a"`,
      'RMDir "$INSTDIR"',
    ]);
    expect(script).not.toMatch(/RMDir \/r|Delete "[^"]*\*/);
  });

  test("goes only where no other user can change it: below Program Files for all, below the person's own folders for one", () => {
    const start = lines.slice(lines.indexOf("Function .onInit"), lines.indexOf("Function un.onInit"));
    const at = (line: string) => start.findIndex((one) => one.startsWith(line));
    for (const folder of ['$4 "$PROFILE"', '$9 "$LOCALAPPDATA"', '$4 "$PROGRAMFILES64"', "$9 $4"]) {
      expect(start).toContain(`StrCpy ${folder}`);
    }
    // As Windows reads the path, and before anything is looked at in that folder.
    expect(at("System::Call 'kernel32::GetFullPathName(")).toBeGreaterThan(at("ReadRegStr $INSTDIR"));
    expect(at("!insertmacro Below $INSTDIR $4 $6")).toBeGreaterThan(at("System::Call 'kernel32::GetFullPathName("));
    expect(start.slice(at("!insertmacro Below")).slice(0, 4).join("\n")).toContain("!insertmacro Fail 4 ");
    expect(at('${DirState} "$INSTDIR"')).toBeGreaterThan(at("${If} $6 != 1"));
  });

  test("writes nothing before the older one is gone, here or in another folder, and puts back what it had renamed", () => {
    const installing = lines.slice(lines.indexOf("Section"), lines.indexOf("Section Uninstall"));
    const before = installing.slice(0, installing.indexOf("SetOverwrite try"));
    expect(before.filter((line) => /^(File|Write|SetOutPath)/.test(line))).toEqual([]);
    expect(before.filter((line) => line.startsWith("!insertmacro"))).toEqual([
      '!insertmacro Displace "node.exe"',
      String.raw`!insertmacro Displace "a\b\c\koffi.node"`,
      '!insertmacro RemoveOlder "$R0"',
      '!insertmacro RemoveOlder "$INSTDIR"',
      '!insertmacro PutBack "node.exe"',
      String.raw`!insertmacro PutBack "a\b\c\koffi.node"`,
      expect.stringMatching(/^!insertmacro Fail 7 /),
    ]);
    const macro = lines.slice(lines.indexOf("!macro RemoveOlder FOLDER"));
    expect(macro[2]).toBe("ExecWait '\"${FOLDER}\\uninstall.exe\" /S /Renewed _?=${FOLDER}' $0");
  });

  test("its uninstaller asks for an administrator's rights, leaves nothing that still runs, and no other installation's entry", () => {
    const start = lines.slice(lines.indexOf("Function un.onInit"), lines.indexOf("Section"));
    expect(start).toContain(String.raw`ExecShell "runas" "$INSTDIR\uninstall.exe"`);
    expect(start).toContain('!insertmacro DropOld "node.exe"');
    expect(start.indexOf('!insertmacro DropOld "node.exe"')).toBeGreaterThan(
      start.indexOf('${GetOptions} $1 "/Renewed" $2'),
    );
    const entry = uninstalling.findIndex((line) => line.startsWith("DeleteRegKey SHCTX"));
    expect(uninstalling.slice(entry - 2, entry)).toEqual([
      expect.stringMatching(/^ReadRegStr \$0 SHCTX ".*CertBridge" "InstallLocation"$/),
      "${If} $0 == $INSTDIR",
    ]);
  });

  test("asks for no administrator, and says every failure in both languages, with a code of its own", () => {
    expect(lines).toContain("RequestExecutionLevel user");
    const codes = script.matchAll(/!insertmacro Fail (\d) "([^"]+)"/g);
    const said = new Map(Array.from(codes, ([, code = "", text = ""]) => [code, text]));
    expect([...said.keys()].toSorted()).toEqual(["3", "4", "5", "6", "7"]);
    for (const text of said.values()) expect(text).toMatch(/^.*[\u4e00-\u9fff].*\$\\r\$\\n[A-Z][\x20-\x7e]+$/);
  });
});

describe("the launcher for Windows", () => {
  const launcher = encodeWindowsLauncher("..\\");

  test("names no place at all, in ASCII and in lines as Windows has them: no code page and no path can break it", () => {
    expect(launcher).toMatch(/^([\x20-\x7e]+\r\n)+$/);
    expect(launcher).not.toMatch(/[a-z]:\\/i);
    expect(launcher.match(/%~dp0[^"]*/g)).toEqual([
      String.raw`%~dp0..\node.exe`,
      String.raw`%~dp0..\certbridge-host.mjs`,
    ]);
    // In quotes, each of them, and the words that are handed over as they came.
    expect(launcher).toContain(
      String.raw`"%~dp0..\node.exe" --disable-sigusr1 --no-warnings "%~dp0..\certbridge-host.mjs" %*`,
    );
  });

  test("empties the environment but for one variable", () => {
    expect(launcher).toContain(`do if /i not "%%v"=="SystemRoot" set "%%v="`);
    expect(launcher).toContain("setlocal DisableDelayedExpansion");
  });
});

describe("what is fetched for other systems", () => {
  test("is taken only with the bytes that were pinned", () => {
    const archive = join(folder, "a.tgz");
    writeFileSync(archive, "abc");
    const integrity = "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==";
    expect(isWhole(archive, integrity)).toBe(true);
    writeFileSync(archive, "abd");
    expect(isWhole(archive, integrity)).toBe(false);
  });
});

describe("the package for macOS", () => {
  const files = ["node", "certbridge-browser", "node_modules/koffi/index.cjs", "it's/a b"];
  const program = "Library/Application Support/CertBridge";
  const manifests = ["Library/Google/Chrome/NativeMessagingHosts/org.certbridge.host.json"];
  const command = "usr/local/bin/certbridge-host";
  const uninstaller = join(folder, "uninstall.sh");
  writeFileSync(uninstaller, encodeUninstaller({ files, manifests, command }));

  function openMac(name: string) {
    const root = join(folder, name);
    const put = (path: string, content: string) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    };
    for (const file of files) put(`${program}/${file}`, "");
    for (const path of manifests) put(path, encodeManifest("chromium", `/${program}/certbridge-browser`));
    mkdirSync(join(root, dirname(command)), { recursive: true });
    symlinkSync(`/${program}/certbridge-host`, join(root, command));
    const left = () =>
      readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.isDirectory())
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
    return { root, put, left, uninstall: () => spawnSync("sh", [uninstaller, root], { encoding: "utf8" }) };
  }

  test("goes again by its own script, with the folder that it had", () => {
    const mac = openMac("电脑 一");
    expect(mac.uninstall()).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect(mac.left()).toEqual([]);
    expect(existsSync(join(mac.root, program))).toBe(false);
    expect(existsSync(join(mac.root, dirname(manifests[0] ?? "")))).toBe(true);
  });

  test("which leaves what is not the package's: another program's manifest, a file that somebody added", () => {
    const mac = openMac("电脑 二");
    mac.put(manifests[0] ?? "", encodeManifest("chromium", "/opt/other"));
    mac.put(`${program}/note.txt`, "");
    rmSync(join(mac.root, command));
    symlinkSync("/opt/other", join(mac.root, command));
    expect(mac.uninstall().status).toBe(0);
    expect(mac.left().toSorted()).toEqual([`${program}/note.txt`, ...manifests, command].toSorted());
  });

  test("is for the whole machine, of one processor, and refers to the component that pkgbuild makes", () => {
    const distribution = encodeDistribution("1.2.3", "arm64");
    expect(distribution).toContain('hostArchitectures="arm64"');
    expect(distribution).toContain('enable_localSystem="true"');
    expect(distribution).toContain(
      '<pkg-ref id="org.certbridge.host" version="1.2.3" onConclusion="none">component.pkg</pkg-ref>',
    );
    const release = readFileSync(join(import.meta.dirname, "../../../docs/release.md"), "utf8");
    for (const word of ["component.pkg", "org.certbridge.host", "--scripts scripts", "--distribution Distribution"]) {
      expect(release).toContain(word);
    }
  });

  test("has scripts that sh understands", () => {
    for (const script of [encodePostinstall(), readFileSync(uninstaller, "utf8")]) {
      expect(spawnSync("sh", ["-n"], { input: script, encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
    }
  });
});
