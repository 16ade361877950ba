/** Debian's `openssl speed` and `botan speed`: they take their turns like everyone, but time themselves and prove nothing. */
import type { Candidate } from "./candidate.ts";
import { openStarter, type Start } from "./starter.ts";

const BUFFER = "16384";

/** Botan's stretch in ms. OpenSSL's shortest is a second; `-elapsed`, as everyone here is timed by the clock on the wall. */
const BOTAN_MS = "100";

/** By metric: the words for `openssl speed`, and which number of the line of results is the rate. */
const opensslWords: Readonly<Record<string, { readonly words: readonly string[]; readonly field: number }>> = {
  "crypto.sm4-ctr": { words: ["-bytes", BUFFER, "-evp", "sm4-ctr"], field: 3 },
  "crypto.sm4-cbc-encrypt": { words: ["-bytes", BUFFER, "-evp", "sm4-cbc"], field: 3 },
  "crypto.sm4-cbc-decrypt": { words: ["-bytes", BUFFER, "-decrypt", "-evp", "sm4-cbc"], field: 3 },
  "crypto.sm3": { words: ["-bytes", BUFFER, "-evp", "sm3"], field: 3 },
  "crypto.sm2-sign": { words: ["sm2"], field: 4 },
  "crypto.sm2-verify": { words: ["sm2"], field: 5 },
};

/** By metric: what `botan speed` calls it, and which of its operations it is. */
const botanWords: Readonly<Record<string, { readonly algorithm: string; readonly op: string }>> = {
  "crypto.sm4-ctr": { algorithm: "SM4/CTR", op: "encrypt" },
  "crypto.sm4-cbc-encrypt": { algorithm: "SM4/CBC", op: "encrypt" },
  "crypto.sm4-cbc-decrypt": { algorithm: "SM4/CBC", op: "decrypt" },
  "crypto.sm4-gcm": { algorithm: "SM4/GCM", op: "encrypt" },
  "crypto.sm3": { algorithm: "SM3", op: "hash" },
  "crypto.sm2-sign": { algorithm: "SM2", op: "sign" },
  "crypto.sm2-verify": { algorithm: "SM2", op: "verify" },
};

/** Bytes a second become MB a second; operations stay. */
const unitOf = (metric: string): number => (metric.startsWith("crypto.sm2") ? 1 : 1e6);

/** Its line of results: `+F:<n>:<name>:<bytes a second>`, or `+F7:<n>:<bits>:<name>:<signatures>:<verifications>`. */
async function askOpenssl(start: Start, metric: string, words: readonly string[], field: number): Promise<number> {
  const stdout = await start("openssl", ["speed", "-elapsed", "-mr", "-seconds", "1", ...words]);
  const line = stdout.split("\n").find((line) => /^\+F7?:/.test(line)) ?? "";
  return Number(line.split(":")[field]) / unitOf(metric);
}

async function askBotan(start: Start, metric: string, algorithm: string, op: string): Promise<number> {
  const options = [`--msec=${BOTAN_MS}`, `--buf-size=${BUFFER}`, "--ecc-groups=sm2p256v1", "--format=json"];
  const stdout = await start("botan", ["speed", ...options, algorithm]);
  const results = JSON.parse(stdout) as readonly {
    readonly op: string;
    readonly events: number;
    readonly nanos: number;
  }[];
  const { events, nanos } = results.find((result) => result.op === op) ?? { events: Number.NaN, nanos: 1 };
  return (events * 1e9) / nanos / unitOf(metric);
}

function spoken(name: string, rate: () => Promise<number>): Candidate {
  return {
    name,
    prove: () => undefined,
    async sample() {
      const value = await rate();
      if (!(value > 0)) throw new Error(`${name} does not say how fast it was`);
      return value;
    },
  };
}

async function isThere(start: Start, program: "openssl" | "botan"): Promise<boolean> {
  const found = await start(program, ["version"]).then(
    () => true,
    () => false,
  );
  if (!found) process.stderr.write(`no figures against ${program}: install it with apt-get install ${program}\n`);
  return found;
}

export interface Programs {
  /** The candidates that are programs of this system, by metric. */
  of(metric: string): readonly Candidate[];
  close(): void;
}

/** What is missing is said on standard error, and left out. */
export async function openPrograms(): Promise<Programs> {
  const { start, close } = openStarter();
  const [hasOpenssl, hasBotan] = [await isThere(start, "openssl"), await isThere(start, "botan")];
  return {
    of(metric) {
      const [openssl, botan] = [opensslWords[metric], botanWords[metric]];
      return [
        ...(hasOpenssl && openssl !== undefined
          ? [spoken("openssl-speed", () => askOpenssl(start, metric, openssl.words, openssl.field))]
          : []),
        ...(hasBotan && botan !== undefined
          ? [spoken("botan", () => askBotan(start, metric, botan.algorithm, botan.op))]
          : []),
      ];
    },
    close,
  };
}
