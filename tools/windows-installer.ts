/**
 * The script by which NSIS makes the installer for Windows. What it writes into the registry comes of the table of browsers, and its uninstaller removes
 * the files that were packed, one by one, and the keys that lead to them, and nothing else.
 *
 * Exit codes: 0 done · 1 the person gave up · 2 NSIS itself gave up · 3 not for this computer · 4 the folder cannot be written, holds something else, or is in others' reach ·
 * 5 needs an administrator · 6 the program's own install failed · 7 the program is in use. docs/admin/install.md
 */
import { win32 } from "node:path";
import { HOST_NAME } from "@certbridge/protocol/ids";
import { MANIFEST_FILE } from "../apps/host/src/install/places.ts";
import { MANIFEST_FOLDERS, registryKeys } from "../apps/host/src/install/windows.ts";
import { IN_USE, LISTED, NOT_PAIRED, NOT_WRITTEN, atStart, macros } from "./windows-start.ts";

/** What a running program keeps open: it can be renamed, but neither written nor removed. */
const isHeld = (file: string): boolean => /\.(exe|node)$/.test(file);

/** The folder beside the script that has the files. */
export const PROGRAM = "program";

/** A text of the script: `$` begins a variable there, `"` ends it. */
const quote = (text: string): string => `"${text.replaceAll("$", "$$$$").replaceAll('"', String.raw`$\"`)}"`;

const windowsPath = (file: string): string => file.replaceAll("/", "\\");

/** The folders of these files, innermost first. */
function foldersOf(files: readonly string[]): readonly string[] {
  const folders = new Set<string>();
  for (const file of files) {
    for (let at = win32.dirname(file); at !== "."; at = win32.dirname(at)) folders.add(at);
  }
  return [...folders].toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1));
}

/** The key, and those above it up to the vendor's. */
function keysAbove(key: string): readonly string[] {
  const above = win32.dirname(key);
  return above === "Software" ? [key] : [key, ...keysAbove(above)];
}

const KEYS = [...registryKeys()].map(([below, kind]) => ({
  below,
  key: `${below}\\${HOST_NAME}`,
  manifest: `$INSTDIR\\${MANIFEST_FOLDERS[kind]}\\${MANIFEST_FILE}`,
}));

function installing(files: readonly string[], version: string, sizeKiB: number): string {
  const held = files.filter(isHeld);
  const listed = (name: string, value: string): string => `  WriteRegStr SHCTX "${LISTED}" "${name}" ${value}`;
  const folders = [".", ...foldersOf(files).toReversed()];
  const filesIn = (folder: string) => files.filter((file) => win32.dirname(file) === folder);
  const failWhereErrors = ["  ${If} ${Errors}", `    !insertmacro Fail 4 ${NOT_WRITTEN}`, "  ${EndIf}"];
  return [
    "Section",
    // The older one removes what is its own; what of it runs goes on under another name. Nothing is written before that is done.
    "  StrCpy $6 0",
    ...held.map((file) => `  !insertmacro Displace "${file}"`),
    "  ${If} $6 == 0",
    '  ${AndIf} $R0 != ""',
    '    !insertmacro RemoveOlder "$R0"',
    // Where it is told its folder it does not go on in a copy, and cannot remove itself.
    "    ${If} $6 == 0",
    '      Delete "$R0\\uninstall.exe"',
    '      RMDir "$R0"',
    "    ${EndIf}",
    "  ${EndIf}",
    "  ${If} $6 == 0",
    '  ${AndIf} ${FileExists} "$INSTDIR\\uninstall.exe"',
    '    !insertmacro RemoveOlder "$INSTDIR"',
    "  ${EndIf}",
    "  ${If} $6 != 0",
    ...held.map((file) => `    !insertmacro PutBack "${file}"`),
    `    !insertmacro Fail 7 ${IN_USE}`,
    "  ${EndIf}",
    "  ClearErrors",
    "  SetOverwrite try",
    // First, so that what is left of a full disk can be removed, and tried again.
    '  SetOutPath "$INSTDIR"',
    '  WriteUninstaller "$INSTDIR\\uninstall.exe"',
    ...folders.flatMap((folder) => [
      `  SetOutPath "$INSTDIR${folder === "." ? "" : `\\${folder}`}"`,
      ...filesIn(folder).map((file) => `  File "${PROGRAM}/${file.replaceAll("\\", "/")}"`),
    ]),
    // Nothing leads to a program that is not whole.
    ...failWhereErrors,
    '  SetOutPath "$INSTDIR"',
    ...KEYS.map(({ key, manifest }) => `  WriteRegStr SHCTX "${key}" "" "${manifest}"`),
    listed("DisplayName", '"${NAME}"'),
    listed("DisplayVersion", `"${version}"`),
    listed("Publisher", '"CertBridge"'),
    listed("InstallLocation", '"$INSTDIR"'),
    listed("UninstallString", `'"$INSTDIR\\uninstall.exe"'`),
    listed("QuietUninstallString", `'"$INSTDIR\\uninstall.exe" /S'`),
    ...["NoModify", "NoRepair"].map((name) => `  WriteRegDWORD SHCTX "${LISTED}" "${name}" 1`),
    `  WriteRegDWORD SHCTX "${LISTED}" "EstimatedSize" ${sizeKiB}`,
    ...failWhereErrors,
    // Who installs for everybody opens no places for them: each person does that.
    "  ${GetParameters} $1",
    "  ClearErrors",
    '  ${GetOptions} $1 "/AllUsers" $2',
    "  ${If} ${Errors}",
    "    !insertmacro RunProgram install $0",
    "    ${If} $0 != 0",
    `      !insertmacro Fail 6 ${NOT_PAIRED}`,
    "    ${EndIf}",
    "  ${EndIf}",
    "SectionEnd",
  ].join("\n");
}

function uninstalling(files: readonly string[]): string {
  const above = [...new Set(KEYS.flatMap(({ below }) => keysAbove(below)))].toSorted((a, b) => b.length - a.length);
  return [
    "Section Uninstall",
    "  ${GetParameters} $1",
    "  ClearErrors",
    '  ${GetOptions} $1 "/Renewed" $2',
    // It ends the pairings; that it cannot is no reason to stay.
    "  ${If} ${Errors}",
    `  \${AndIf} \${FileExists} "$INSTDIR\\node.exe"`,
    "    !insertmacro RunProgram uninstall $0",
    "  ${EndIf}",
    ...KEYS.map(({ key, manifest }) => `  !insertmacro Forget "${key}" "${manifest}"`),
    ...above.map((key) => `  !insertmacro ForgetEmpty "${key}"`),
    // That of another installation is another's.
    `  ReadRegStr $0 SHCTX "${LISTED}" "InstallLocation"`,
    "  ${If} $0 == $INSTDIR",
    `    DeleteRegKey SHCTX "${LISTED}"`,
    "  ${EndIf}",
    ...files
      .flatMap((file) => [file, ...(isHeld(file) ? [`${file}.old`] : [])])
      .map((file) => `  Delete "$INSTDIR\\${file}"`),
    '  Delete "$INSTDIR\\uninstall.exe"',
    '  SetOutPath "$TEMP"',
    ...foldersOf(files).map((folder) => `  RMDir "$INSTDIR\\${folder}"`),
    '  RMDir "$INSTDIR"',
    "SectionEnd",
  ].join("\n");
}

/**
 * @param files of the program, below the folder {@link PROGRAM} beside the script; names that need no quoting
 * @param out   path of the installer
 */
export function encodeInstaller(options: {
  readonly version: string;
  readonly files: readonly string[];
  readonly sizeKiB: number;
  readonly out: string;
}): string {
  const { version, sizeKiB, out } = options;
  const files = options.files.map(windowsPath);
  const described = (name: string, value: string): string =>
    ["2052", "1033"].map((language) => `VIAddVersionKey /LANG=${language} "${name}" "${value}"`).join("\n");
  return `; A program of 64 bits, as all that it installs: where it starts, that does.
Target amd64-unicode
!define NAME "CertBridge 互认通程序"
SetCompressor /SOLID lzma
SetCompressorDictSize 32
SetDateSave off
CRCCheck force
ManifestDPIAware true
ManifestSupportedOS all
RequestExecutionLevel user
ShowInstDetails nevershow
ShowUninstDetails nevershow
Name "\${NAME}"
OutFile ${quote(out)}
!include LogicLib.nsh
!include WinVer.nsh
!include FileFunc.nsh
LoadLanguageFile "\${NSISDIR}\\Contrib\\Language files\\SimpChinese.nlf"
LoadLanguageFile "\${NSISDIR}\\Contrib\\Language files\\English.nlf"
VIProductVersion "${version}.0"
${described("ProductName", "${NAME}")}
${described("FileDescription", "${NAME}")}
${described("CompanyName", "CertBridge")}
${described("LegalCopyright", "Apache-2.0")}
${described("FileVersion", version)}
${described("ProductVersion", version)}
Page instfiles
UninstPage uninstConfirm
UninstPage instfiles
${macros}${atStart(files.filter(isHeld))}
${installing(files, version, sizeKiB)}

${uninstalling(files)}
`;
}
