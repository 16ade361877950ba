/** A software token of its own for a test: one copy of the library with its configuration and its devices, in one folder. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { libraryOf } from "./variants.ts";
import type { Exports, Layout } from "./variants.ts";

const built = resolve(import.meta.dirname, "../../../build/soft-token");

/** Keys of the `.conf`, as README.md lists them; a list is one line each. */
export type Conf = Readonly<Record<string, string | number | readonly string[]>>;

export interface TokenPlan {
  /** An empty folder, or one that does not exist. */
  readonly folder: string;
  readonly layout?: Layout;
  readonly exports?: Exports;
  /** Names of the devices; each is there, and inserted. */
  readonly devices?: readonly string[];
  readonly conf?: Conf;
}

/** A private key (32 bytes, hexadecimal) and its certificate (DER). */
export interface Credential {
  readonly key: string;
  readonly certificate?: Uint8Array;
}

export interface Contents {
  readonly application: string;
  readonly pin: string;
  readonly adminPin?: string;
  /** Of both PINs; else what `tries` of the configuration says. */
  readonly tries?: number;
  /** None: the application alone. */
  readonly container?: string;
  readonly signing?: Credential;
  readonly encryption?: Credential;
}

/** What `device.txt` says of a device. A text, or `hex:` and the bytes. */
export interface DeviceFacts {
  readonly label?: string;
  readonly serial?: string;
  readonly manufacturer?: string;
  readonly issuer?: string;
}

/** A line of the transcript. */
export interface Call {
  readonly name: string;
  readonly facts: Readonly<Record<string, string>>;
  /** Null for a call that never came back: it hung or crashed. */
  readonly code: number | null;
}

export interface SoftToken {
  /** The path of this copy of the library. */
  readonly library: string;
  readonly layout: Layout;
  insert(device: string): void;
  remove(device: string): void;
  /** Changes these keys; `null` takes one out. The library sees it at its next call. */
  setConf(changes: Readonly<Record<string, Conf[string] | null>>): void;
  /** What any process has called of this copy until now. */
  calls(): Call[];
  forgetCalls(): void;
  describe(device: string, facts: DeviceFacts): void;
  /** Puts an application, and a container with its keys and certificates, onto the device, as a CA's counter would. */
  provision(device: string, contents: Contents): void;
}

/** Another file under the name, so that nobody reads half of it. */
function replace(path: string, content: string | Uint8Array): void {
  writeFileSync(`${path}.new`, content);
  renameSync(`${path}.new`, path);
}

const toLines = (pairs: Conf): string =>
  Object.entries(pairs)
    .flatMap(([key, value]) => (Array.isArray(value) ? value : [value]).map((each) => `${key}=${each}\n`))
    .join("");

function parseCall(line: string): Call {
  const [before = "", outcome = ""] = line.split(" -> ");
  const [name = "", ...facts] = before.split(" ");
  const pairs = facts.filter((fact) => fact !== "").map((fact) => fact.split("=") as [string, string]);
  const plain = pairs.map(([key, value]) => [key, value.replaceAll(/%(25|20|3D)/g, decodeURIComponent)]);
  return { name, facts: Object.fromEntries(plain), code: outcome.startsWith("0x") ? Number(outcome) : null };
}

export function makeToken(plan: TokenPlan): SoftToken {
  const { folder, layout = "packed4", exports = "standard", devices = [] } = plan;
  const name = libraryOf(layout, exports).replace(/\.so$/, "");
  const source = join(built, `${name}.so`);
  if (!existsSync(source)) throw new Error(`${source} is missing: npm test builds it, or soft-token/build.ts alone`);
  const [library, transcript] = [join(folder, `${name}.so`), join(folder, "transcript.txt")];
  let conf: Record<string, Conf[string]> = { state: "state", transcript: "transcript.txt", ...plan.conf };
  const at = (device: string, ...parts: string[]) => join(folder, "state", device, ...parts);
  const writeConf = () => replace(join(folder, `${name}.conf`), toLines(conf));

  mkdirSync(join(folder, "state"), { recursive: true });
  // A copy and no link: two tokens of one process would be the same library.
  copyFileSync(source, library);
  writeConf();

  const token: SoftToken = {
    library,
    layout,
    insert(device) {
      mkdirSync(at(device), { recursive: true });
      if (!existsSync(at(device, "inserted"))) writeFileSync(at(device, "inserted"), "");
    },
    remove: (device) => rmSync(at(device, "inserted"), { force: true }),
    setConf(changes) {
      const all = { ...conf, ...changes };
      conf = Object.fromEntries(Object.entries(all).filter((pair): pair is [string, Conf[string]] => pair[1] !== null));
      writeConf();
    },
    calls() {
      if (!existsSync(transcript)) return [];
      const lines = readFileSync(transcript, "utf8").split("\n");
      return lines.filter((line) => line !== "").map(parseCall);
    },
    forgetCalls: () => rmSync(transcript, { force: true }),
    describe(device, facts) {
      mkdirSync(at(device), { recursive: true });
      replace(at(device, "device.txt"), toLines({ ...facts }));
    },
    provision(device, contents) {
      const { application, container, pin, adminPin = "admin-00", tries, signing, encryption } = contents;
      const place = at(device, "applications", application);
      mkdirSync(place, { recursive: true });
      const counts = tries === undefined ? {} : { "user-tries": tries, "admin-tries": tries };
      replace(join(place, "application.txt"), toLines({ "user-pin": pin, "admin-pin": adminPin, ...counts }));
      if (container === undefined) return;
      mkdirSync(join(place, "containers", container), { recursive: true });
      for (const [use, credential] of Object.entries({ signing, encryption })) {
        if (credential === undefined) continue;
        const path = join(place, "containers", container, use);
        replace(`${path}-key.txt`, credential.key);
        if (credential.certificate !== undefined) replace(`${path}.der`, credential.certificate);
      }
    },
  };
  for (const device of devices) token.insert(device);
  return token;
}
