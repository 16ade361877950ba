/** How a library's process is started, whatever it is for: with no environment, in no folder of anybody's, and with nobody to hear what it prints. */
import { type ChildProcess, fork } from "node:child_process";

export interface LaunchOptions {
  /** The worker's script. */
  readonly program: string;
  /** The Node that runs it; this program's own by default. */
  readonly execPath?: string;
  /** Flags of Node's for it; those of this program by default. */
  readonly execArgv?: readonly string[];
}

export function launchWorker({
  program,
  execPath = process.execPath,
  execArgv = process.execArgv,
}: LaunchOptions): ChildProcess {
  // It is told whose child it is: one that begins after its parent's end knows by that.
  const child = fork(program, [String(process.pid)], {
    cwd: "/",
    env: {},
    execPath,
    execArgv: [...execArgv],
    serialization: "advanced",
    // What a library prints would be taken for frames of native messaging.
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  // It keeps no program alive that has nothing else to do.
  child.unref();
  child.channel?.unref();
  return child;
}
