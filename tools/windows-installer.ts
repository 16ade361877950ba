/**
 * The script by which NSIS makes the installer for Windows. What it writes into the registry comes of the table of browsers, and its uninstaller removes
 * the files that were packed, one by one, and the keys that lead to them, and nothing else.
 *
 * Exit codes: 0 done · 1 the person gave up · 2 NSIS itself gave up · 3 not for this computer · 4 the folder cannot be written, or holds something else ·
 * 5 needs an administrator · 6 the program's own install failed · 7 the program is in use. docs/admin/install.md
 */
import { win32 } from "node:path";
import { HOST_NAME } from "@certbridge/protocol/ids";
import { MANIFEST_FILE } from "../apps/host/src/install/places.ts";
import { MANIFEST_FOLDERS, registryKeys } from "../apps/host/src/install/windows.ts";

/** Where Windows lists what can be uninstalled. */
const LISTED = String.raw`Software\Microsoft\Windows\CurrentVersion\Uninstall\CertBridge`;

/** What a running program keeps open: it can be renamed, but neither written nor removed. */
const isHeld = (file: string): boolean => /\.(exe|node)$/.test(file);

/** The folder beside the script that has the files. */
export const PROGRAM = "program";

/** A text of the script: `$` begins a variable there, `"` ends it. */
const quote = (text: string): string => `"${text.replaceAll("$", "$$$$").replaceAll('"', String.raw`$\"`)}"`;

/** Chinese first, then English: one text for whoever reads it. */
const say = (zh: string, en: string): string => `"${zh}$\\r$\\n${en}"`;

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

/** Once for the installer, and once, as NSIS wants it, for the uninstaller. */
const macros = `
!macro Fail CODE TEXT
  MessageBox MB_OK|MB_ICONSTOP "\${TEXT}" /SD IDOK
  SetErrorLevel \${CODE}
  Quit
!macroend

; Of the environment nothing reaches the program that could steer Node.
!macro RunProgram COMMAND RESULT
  System::Call 'kernel32::SetEnvironmentVariable(t "NODE_OPTIONS", p 0)'
  nsExec::Exec '"$INSTDIR\\node.exe" --disable-sigusr1 --no-warnings "$INSTDIR\\certbridge-host.mjs" \${COMMAND}'
  Pop \${RESULT}
!macroend

; A file that is in use goes by another name, until the next time.
!macro Displace FILE
  Delete "$INSTDIR\\\${FILE}.old"
  Delete "$INSTDIR\\\${FILE}"
  IfFileExists "$INSTDIR\\\${FILE}" 0 +2
  Rename "$INSTDIR\\\${FILE}" "$INSTDIR\\\${FILE}.old"
!macroend

; Only a key that leads to our manifest is ours.
!macro Forget KEY MANIFEST
  ReadRegStr $0 SHCTX "\${KEY}" ""
  \${If} $0 == "\${MANIFEST}"
    DeleteRegKey SHCTX "\${KEY}"
  \${EndIf}
!macroend

; A key above it stays where it holds anything.
!macro ForgetEmpty KEY
  ClearErrors
  EnumRegValue $0 SHCTX "\${KEY}" 0
  \${If} \${Errors}
    DeleteRegKey /ifempty SHCTX "\${KEY}"
  \${EndIf}
!macroend
`;

const NOT_HERE = say("本程序需要64位的 Windows 10 或更高版本。", "This needs Windows 10 or later, 64 bits.");
const NEEDS_ADMINISTRATOR = say(
  "为所有用户安装或卸载，须以管理员身份运行。",
  "Installing or uninstalling for all users needs an administrator.",
);
const NOT_EMPTY = say("文件夹里已有其他内容：$INSTDIR", "The folder holds something else: $INSTDIR");
const NOT_WRITTEN = say("无法写入：$INSTDIR", "Cannot be written: $INSTDIR");
const NOT_PAIRED = say(
  "程序已装好，但登记失败。请运行 certbridge-host.cmd install 查看原因。",
  "The program is in its folder, but its own install failed. Run certbridge-host.cmd install to see why.",
);
const IN_USE = say("程序正在使用中，请先关闭浏览器。", "The program is in use: close the browsers first.");

const atStart = `
Function .onInit
  SetRegView 64
  \${IfNot} \${AtLeastWin10}
    !insertmacro Fail 3 ${NOT_HERE}
  \${EndIf}
  \${GetParameters} $1
  ClearErrors
  \${GetOptions} $1 "/AllUsers" $2
  \${If} \${Errors}
    StrCpy $3 "$LOCALAPPDATA\\Programs\\CertBridge"
    SetShellVarContext current
  \${Else}
    UserInfo::GetAccountType
    Pop $0
    \${If} $0 != "Admin"
      !insertmacro Fail 5 ${NEEDS_ADMINISTRATOR}
    \${EndIf}
    StrCpy $3 "$PROGRAMFILES64\\CertBridge"
    SetShellVarContext all
  \${EndIf}
  ; A newer one goes where the older one is, unless /D= says otherwise.
  \${If} $INSTDIR == ""
    ReadRegStr $INSTDIR SHCTX "${LISTED}" "InstallLocation"
  \${EndIf}
  \${If} $INSTDIR == ""
    StrCpy $INSTDIR $3
  \${EndIf}
  \${DirState} "$INSTDIR" $0
  \${If} $0 == 1
  \${AndIfNot} \${FileExists} "$INSTDIR\\uninstall.exe"
    !insertmacro Fail 4 ${NOT_EMPTY}
  \${EndIf}
FunctionEnd

Function un.onInit
  SetRegView 64
  SetShellVarContext current
  ReadRegStr $0 HKLM "${LISTED}" "InstallLocation"
  \${If} $0 == $INSTDIR
    UserInfo::GetAccountType
    Pop $0
    \${If} $0 != "Admin"
      !insertmacro Fail 5 ${NEEDS_ADMINISTRATOR}
    \${EndIf}
    SetShellVarContext all
  \${EndIf}
  \${If} \${FileExists} "$INSTDIR\\node.exe"
    ClearErrors
    FileOpen $0 "$INSTDIR\\node.exe" a
    \${If} \${Errors}
      !insertmacro Fail 7 ${IN_USE}
    \${EndIf}
    FileClose $0
  \${EndIf}
FunctionEnd
`;

function installing(files: readonly string[], version: string, sizeKiB: number): string {
  const listed = (name: string, value: string): string => `  WriteRegStr SHCTX "${LISTED}" "${name}" ${value}`;
  const folders = [".", ...foldersOf(files).toReversed()];
  const filesIn = (folder: string) => files.filter((file) => win32.dirname(file) === folder);
  const failWhereErrors = ["  ${If} ${Errors}", `    !insertmacro Fail 4 ${NOT_WRITTEN}`, "  ${EndIf}"];
  return [
    "Section",
    // The older one removes what is its own; what of it runs goes on under another name.
    ...files.filter(isHeld).map((file) => `  !insertmacro Displace "${file}"`),
    `  \${If} \${FileExists} "$INSTDIR\\uninstall.exe"`,
    `    ExecWait '"$INSTDIR\\uninstall.exe" /S /Renewed _?=$INSTDIR'`,
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
    `  DeleteRegKey SHCTX "${LISTED}"`,
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
${macros}${atStart}
${installing(files, version, sizeKiB)}

${uninstalling(files)}
`;
}
