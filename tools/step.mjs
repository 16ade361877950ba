/** What the launcher's scripts share: saying a line, and running a program to its end. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** Progress goes to standard error, so that `npm run bench -- --json` prints nothing but figures. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Runs a program in the project's folder with this terminal; gives its exit status (128 + n for a signal). */
export function run(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: "inherit", ...options });
    const forward = (signal) => child.kill(signal);
    process.on("SIGINT", forward).on("SIGTERM", forward);
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      process.off("SIGINT", forward).off("SIGTERM", forward);
      resolve(code ?? (signal === "SIGINT" ? 130 : 143));
    });
  });
}

/** Runs a program quietly; its output is shown only where it fails, and then the failure is thrown. */
export async function runQuietly(program, args, what) {
  const lines = [];
  const code = await new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.on("data", (chunk) => lines.push(chunk));
    child.stderr.on("data", (chunk) => lines.push(chunk));
    child.on("error", reject);
    child.on("exit", (status, signal) => resolve(status ?? signal));
  });
  if (code !== 0) {
    process.stderr.write(Buffer.concat(lines));
    throw new Error(`${what} failed (${code}): ${program} ${args.join(" ")}`);
  }
}
