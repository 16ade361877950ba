/** What the installer for Windows and its uninstaller say, and what they look at before anything is written: windows-installer.ts. */

/** Where Windows lists what can be uninstalled. */
export const LISTED = String.raw`Software\Microsoft\Windows\CurrentVersion\Uninstall\CertBridge`;

/** Chinese first, then English: one text for whoever reads it. */
const say = (zh: string, en: string): string => `"${zh}$\\r$\\n${en}"`;

/** Once for the installer, and once, as NSIS wants it, for the uninstaller. */
export const macros = `
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

; A file that may be in use goes by another name, and back where the older one cannot be removed. What of it runs stays under that name until the next time.
!macro Displace FILE
  Delete "$INSTDIR\\\${FILE}.old"
  \${If} \${FileExists} "$INSTDIR\\\${FILE}"
    Rename "$INSTDIR\\\${FILE}" "$INSTDIR\\\${FILE}.old"
    ; The name is taken by one that still runs; then this one may well not be in use.
    Delete "$INSTDIR\\\${FILE}"
    \${If} \${FileExists} "$INSTDIR\\\${FILE}"
      StrCpy $6 1
    \${EndIf}
  \${EndIf}
!macroend

!macro PutBack FILE
  \${IfNot} \${FileExists} "$INSTDIR\\\${FILE}"
    Rename "$INSTDIR\\\${FILE}.old" "$INSTDIR\\\${FILE}"
  \${EndIf}
!macroend

; Has the installation in this folder remove itself; 1 in $6 where it did not.
!macro RemoveOlder FOLDER
  ClearErrors
  ExecWait '"\${FOLDER}\\uninstall.exe" /S /Renewed _?=\${FOLDER}' $0
  \${If} \${Errors}
  \${OrIf} $0 != 0
    StrCpy $6 1
  \${EndIf}
!macroend

; One that an older program runs as would be left behind.
!macro DropOld FILE
  Delete "$INSTDIR\\\${FILE}.old"
  \${If} \${FileExists} "$INSTDIR\\\${FILE}.old"
    StrCpy $6 1
  \${EndIf}
!macroend

; Whether the folder lies below the other one: 1 in RESULT, which is left where it does not.
!macro Below FOLDER BASE RESULT
  StrLen $7 "\${BASE}"
  IntOp $7 $7 + 1
  StrCpy $8 "\${FOLDER}" $7
  \${If} "\${BASE}" != ""
  \${AndIf} $8 == "\${BASE}\\"
    StrCpy \${RESULT} 1
  \${EndIf}
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
const OLDER_UNSAFE = say(
  "较早的版本装在别处：$R0。请先卸载它。",
  "An older one is installed elsewhere: $R0. Uninstall it first.",
);
const NOT_EMPTY = say("文件夹里已有其他内容：$INSTDIR", "The folder holds something else: $INSTDIR");
const NOT_SAFE = say(
  "程序只能装在 $4 之内，别处的文件夹其他用户可能可以改动：$INSTDIR",
  "The program has to lie below $4, since elsewhere other users may be able to change it: $INSTDIR",
);

/** Ends with 4 where the folder lies below neither of those in $4 and $9, which nobody else can write. */
const mustLieBelow = (folder: string, words: string): string => `\
  StrCpy $6 0
  !insertmacro Below ${folder} $4 $6
  !insertmacro Below ${folder} $9 $6
  \${If} $6 != 1
    !insertmacro Fail 4 ${words}
  \${EndIf}
`;
export const NOT_WRITTEN = say("无法写入：$INSTDIR", "Cannot be written: $INSTDIR");
export const NOT_PAIRED = say(
  "程序已装好，但登记失败。请运行 certbridge-host.cmd install 查看原因。",
  "The program is in its folder, but its own install failed. Run certbridge-host.cmd install to see why.",
);
export const IN_USE = say("程序正在使用中，请先关闭浏览器。", "The program is in use: close the browsers first.");

/** @param held files that a running program keeps open */
export const atStart = (held: readonly string[]): string => `
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
    StrCpy $4 "$PROFILE"
    StrCpy $9 "$LOCALAPPDATA"
  \${Else}
    UserInfo::GetAccountType
    Pop $0
    \${If} $0 != "Admin"
      !insertmacro Fail 5 ${NEEDS_ADMINISTRATOR}
    \${EndIf}
    StrCpy $3 "$PROGRAMFILES64\\CertBridge"
    SetShellVarContext all
    StrCpy $4 "$PROGRAMFILES64"
    StrCpy $9 $4
  \${EndIf}
  ; A newer one goes where the older one is, unless /D= says otherwise.
  \${If} $INSTDIR == ""
    ReadRegStr $INSTDIR SHCTX "${LISTED}" "InstallLocation"
  \${EndIf}
  \${If} $INSTDIR == ""
    StrCpy $INSTDIR $3
  \${EndIf}
  ; As Windows reads it, without "..". A folder of the root's, such as C:\\CertBridge, takes files from every user of the computer.
  System::Call 'kernel32::GetFullPathName(t "$INSTDIR", i \${NSIS_MAX_STRLEN}, t .r5, p 0)'
  StrCpy $0 $5 1 -1
  \${If} $0 == "\\"
    StrCpy $5 $5 -1
  \${EndIf}
  StrCpy $INSTDIR $5
${mustLieBelow("$INSTDIR", NOT_SAFE)}  ; An older one in another folder goes by its own uninstaller, unless others could have changed that.
  ReadRegStr $R0 SHCTX "${LISTED}" "InstallLocation"
  \${If} $R0 != ""
  \${AndIf} $R0 != $INSTDIR
  \${AndIf} \${FileExists} "$R0\\uninstall.exe"
${mustLieBelow("$R0", OLDER_UNSAFE)}  \${Else}
    StrCpy $R0 ""
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
      ; From Windows' list of apps it is started without an administrator's rights.
      \${IfNot} \${Silent}
        ClearErrors
        ExecShell "runas" "$INSTDIR\\uninstall.exe"
        \${IfNot} \${Errors}
          SetErrorLevel 0
          Quit
        \${EndIf}
      \${EndIf}
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
  ; An installer that takes its place has put the running one aside by itself.
  \${GetParameters} $1
  ClearErrors
  \${GetOptions} $1 "/Renewed" $2
  \${If} \${Errors}
    StrCpy $6 0
${held.map((file) => `    !insertmacro DropOld "${file}"`).join("\n")}
    \${If} $6 != 0
      !insertmacro Fail 7 ${IN_USE}
    \${EndIf}
  \${EndIf}
FunctionEnd
`;
