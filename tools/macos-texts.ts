/** What a package for macOS has beside its files: who may install it, what runs then, and how all of it goes again. */
import { dirname } from "node:path";
import { MACHINE_FOLDERS, MACHINE_LAUNCHER } from "../apps/host/src/install/places.ts";

/** How macOS knows the package. */
export const PACKAGE_ID = "org.certbridge.host";

/** The component package that pkgbuild makes, by the name under which productbuild looks for it. */
export const COMPONENT = "component.pkg";

const PROGRAM = `/${MACHINE_FOLDERS.macos}`;

/** For productbuild: macOS of Node's least version, this processor, the whole machine. */
export function encodeDistribution(version: string, architecture: "arm64" | "x86_64"): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<installer-gui-script minSpecVersion="2">
  <title>CertBridge 互认通程序</title>
  <options customize="never" require-scripts="false" rootVolumeOnly="true" hostArchitectures="${architecture}"/>
  <domains enable_anywhere="false" enable_currentUserHome="false" enable_localSystem="true"/>
  <volume-check>
    <allowed-os-versions>
      <os-version min="13.5"/>
    </allowed-os-versions>
  </volume-check>
  <choices-outline>
    <line choice="${PACKAGE_ID}"/>
  </choices-outline>
  <choice id="${PACKAGE_ID}" title="CertBridge 互认通程序">
    <pkg-ref id="${PACKAGE_ID}"/>
  </choice>
  <pkg-ref id="${PACKAGE_ID}" version="${version}" onConclusion="none">${COMPONENT}</pkg-ref>
</installer-gui-script>
`;
}

/** Runs as root once the files are there: they become root's, writable by nobody else, and have to start. */
export function encodePostinstall(): string {
  return `#!/bin/sh
# $3 is the volume that was installed to.
set -eu
program="\${3%/}${PROGRAM}"
/usr/sbin/chown -R root:wheel "$program"
/bin/chmod -R go-w "$program"
# Not for this processor, or stopped by Gatekeeper: the installer says that it failed.
"$program/node" --version >/dev/null
`;
}

const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The folders of these files below the program's, innermost first. */
function foldersOf(files: readonly string[]): readonly string[] {
  const folders = new Set<string>();
  for (const file of files) for (let at = dirname(file); at !== "."; at = dirname(at)) folders.add(at);
  return [...folders].toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1));
}

/**
 * macOS itself uninstalls nothing. A manifest that leads elsewhere by now is another program's; folders of browsers stay.
 *
 * @param files     of the program's folder
 * @param manifests below the root
 * @param command   the link on PATH, below the root
 */
export function encodeUninstaller(options: {
  readonly files: readonly string[];
  readonly manifests: readonly string[];
  readonly command: string;
}): string {
  const { files, manifests, command } = options;
  return `#!/bin/sh
# Removes what the package put on this computer: sudo '${PROGRAM}/uninstall.sh'. Each person's certificates and records stay.
# 0 done · 5 needs an administrator. A root folder may be named, for a disk that is not the running system's.
set -u
root="\${1:-}"
program="$root${PROGRAM}"
if [ -z "$root" ] && [ "$(id -u)" -ne 0 ]; then
  printf '%s\\n%s\\n' '须以管理员身份运行（sudo）。' 'This needs an administrator (sudo).' >&2
  exit 5
fi
ours=${quote(`"path": "${PROGRAM}/${MACHINE_LAUNCHER}"`)}
for manifest in ${manifests.map((path) => quote(`/${path}`)).join(" ")}; do
  if grep -qF "$ours" "$root$manifest" 2>/dev/null; then rm -f "$root$manifest"; fi
done
if [ "$(readlink "$root/${command}")" = ${quote(`${PROGRAM}/certbridge-host`)} ]; then rm -f "$root/${command}"; fi
for file in ${files.map(quote).join(" ")}; do rm -f "$program/$file"; done
for folder in ${foldersOf(files).map(quote).join(" ")}; do rmdir "$program/$folder" 2>/dev/null; done
rmdir "$program" 2>/dev/null
[ -n "$root" ] || pkgutil --forget ${PACKAGE_ID} >/dev/null
exit 0
`;
}
