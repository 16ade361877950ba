/** The room of a person's commands, with all that they stand on. */
import { homedir } from "node:os";
import { join } from "node:path";
import type { Gm } from "@certbridge/gm";
import type { Home } from "../home.ts";
import { prepareHome } from "../home.ts";
import { openIdentity } from "../identity.ts";
import { openLog } from "../log.ts";
import { openHost, openQueue, openStore, supervise } from "../open-host.ts";
import { COMMAND_LINE } from "../parent.ts";
import { clock, openCore, ownHome, random } from "../rim.ts";
import { xdgFolder } from "../xdg.ts";
import { runCommand } from "./program.ts";
import type { Supervisor } from "../stores/usb-key/supervisor.ts";
import type { Opening } from "../stores/usb-key/wire.ts";
import { noSecrets, streamSecrets, terminalSecrets } from "./terminal.ts";

/** Whoever interrupts a command leaves no key logged in. Exit statuses are those of a shell. */
function closeOnSignal(supervisors: ReadonlySet<Supervisor>): void {
  const statuses = { SIGINT: 130, SIGTERM: 143 } as const;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      const closed = Array.from(supervisors, (supervisor) => supervisor.close());
      void Promise.allSettled(closed).then(() => process.exit(statuses[signal]));
    });
  }
}

/** @param script the program's own file, which a launcher is to start */
export function runPerson(version: string, script: string, home: Home, args: readonly string[]): Promise<number> {
  const log = openLog(home.log, clock);
  const supervisors = new Set<Supervisor>();
  closeOnSignal(supervisors);
  const config = xdgFolder(process.env["XDG_CONFIG_HOME"], join(homedir(), ".config"));
  const cli = {
    version,
    home,
    machineHome: ownHome,
    program: { node: process.execPath, script },
    person: { home: homedir(), config, root: "/" },
    random,
    clock,
    async openHost() {
      await prepareHome(home);
      const gm = await openCore();
      const core = { version, gm, identity: await openIdentity({ gm, clock }, home.identity), startedBy: COMMAND_LINE };
      return openHost(core, home, log);
    },
    openCore,
    openStore: (gm: Gm) => openStore(gm, home),
    superviseLibrary(opening: Opening) {
      const supervisor = supervise(opening);
      supervisors.add(supervisor);
      return supervisor;
    },
    queueForDevices: () => openQueue(home),
    secrets({ pinStdin = false }: { readonly pinStdin?: boolean }) {
      if (pinStdin) return streamSecrets(process.stdin);
      return process.stdin.isTTY ? terminalSecrets(process.stdin, process.stderr) : noSecrets();
    },
    say: (line: string) => void process.stdout.write(`${line}\n`),
  };
  return runCommand(cli, args, (line) => void process.stderr.write(`${line}\n`));
}
