import { spawn } from "node:child_process";
import { chown, mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

/** The bidder's computer as far as it is no browser: the installed companion program, driven by its command line. */
export interface Desk {
  readonly home: string;
  /** Runs `certbridge-host` with these arguments; `input` goes to its standard input. Gives what it printed. */
  host(args: readonly string[], input?: string): Promise<string>;
  /** Registers the program for the throw-away browser. */
  install(registry: string): Promise<void>;
  uninstall(): Promise<void>;
  /** Makes a key and its request, has the CA issue the pair, and accepts it: as a bidder at the CA's counter. */
  obtainCertificates(bidder: {
    readonly name: string;
    readonly pin: string;
    readonly issue: (request: Uint8Array) => Promise<IssuedPair>;
  }): Promise<void>;
  /** Has the CA renew the certificates of this key, the last four of whose serial number are given; its earlier key is kept as history. */
  renewCertificates(key: {
    readonly tail: string;
    readonly pin: string;
    readonly issue: (request: Uint8Array) => Promise<IssuedPair>;
  }): Promise<void>;
}

/** What a CA hands out: DER each. */
export interface IssuedPair {
  readonly signing: Uint8Array;
  readonly encryption: Uint8Array;
  readonly envelopedKey: Uint8Array;
  readonly chain: readonly Uint8Array[];
}

export class HostCommandError extends Error {
  readonly status: number | null;

  constructor(args: readonly string[], status: number | null, output: string) {
    super(`certbridge-host ${args.join(" ")} ended with ${status}: ${output.trim()}`);
    this.name = "HostCommandError";
    this.status = status;
  }
}

/** The throw-away browser: Chromium finds programs by its profile's folder, Firefox by the person's. */
export type DeskBrowser = { readonly profile: string } | { readonly firefoxHome: string };

export type DeskOptions = DeskBrowser & {
  readonly program: string;
  readonly folder: string;
  /** Who sits there, where it is not whoever runs this. */
  readonly owner?: { readonly uid: number; readonly gid: number };
};

/** @param program the built launcher, `build/host/certbridge-host` */
export function openDesk(options: DeskOptions): Desk {
  const home = join(options.folder, "home");
  const env = "firefoxHome" in options ? { ...process.env, HOME: options.firefoxHome } : process.env;
  const browser = "firefoxHome" in options ? ["--browser", "firefox"] : ["--browser-profile", options.profile];
  /** Each visit to a CA has a folder of its own. */
  let visits = 0;

  const host: Desk["host"] = (args, input = "") =>
    new Promise((done, failed) => {
      const child = spawn(resolve(options.program), ["--home", home, ...args], {
        env,
        stdio: ["pipe", "pipe", "pipe"],
        ...options.owner,
      });
      let printed = "";
      let complained = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
      child.stderr.setEncoding("utf8").on("data", (text: string) => (complained += text));
      child.on("error", failed);
      child.on("close", (status) => {
        if (status === 0) done(printed);
        else failed(new HostCommandError(args, status, complained + printed));
      });
      child.stdin.end(input);
    });

  /** One visit to the CA: what is asked for, and what is taken in. */
  async function visit(
    ask: readonly string[],
    pin: string,
    issue: (request: Uint8Array) => Promise<IssuedPair>,
  ): Promise<void> {
    const papers = join(options.folder, "papers", String(++visits));
    await mkdir(papers, { recursive: true });
    if (options.owner !== undefined) await chown(papers, options.owner.uid, options.owner.gid);
    const at = (file: string) => join(papers, file);
    await host(["keys", ...ask, "--out", at("request.p10"), "--pin-stdin"], `${pin}\n`);
    const issued = await issue(await readFile(at("request.p10")));
    await writeFile(at("signing.cer"), issued.signing);
    await writeFile(at("encryption.cer"), issued.encryption);
    await writeFile(at("encryption.key"), issued.envelopedKey);
    const chain = await Promise.all(
      issued.chain.map(async (certificate, index) => {
        const file = at(`chain-${index}.cer`);
        await writeFile(file, certificate);
        return ["--chain", file];
      }),
    );
    const files = ["--signing", at("signing.cer"), "--encryption", at("encryption.cer")];
    const key = ["--enveloped-key", at("encryption.key"), ...chain.flat()];
    await host(["keys", "accept", ...files, ...key, "--pin-stdin"], `${pin}\n`);
  }

  return {
    home,
    host,
    async install(registry) {
      await host(["install", ...browser, "--registry", registry]);
    },
    async uninstall() {
      await host(["uninstall"]);
    },
    obtainCertificates: ({ name, pin, issue }) => visit(["create", "--name", name], pin, issue),
    renewCertificates: ({ tail, pin, issue }) => visit(["renew", "--key", tail], pin, issue),
  };
}
