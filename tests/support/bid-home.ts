/** A bidder's home with one key, made by the command line, and the program that serves it with its private-key calls counted. */
import { readFile, writeFile } from "node:fs/promises";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { verifyRequest } from "@certbridge/pki";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { type HostParams, type HostResult, hostVerbs, type HostVerb } from "@certbridge/protocol/host";
import { gm, type Party } from "./authority.ts";
import { type Bidding, type MadeBid, makeBid } from "./bidding.ts";
import { conform, issuePair, MAIN, newId, runHost, type Schema } from "./host.ts";
import { type Served, serveHost } from "./served.ts";

export interface BidHome {
  readonly home: string;
  readonly keyId: string;
  /** The bidder's encryption certificate, DER. */
  readonly recipient: Uint8Array;
  /** Starts the program, as sign-counter.ts has it: with a clock that goes before the machine's, or to be killed at a step. */
  serve(change?: { readonly aheadMs?: number; readonly diesAt?: string }): Promise<Serving>;
  /** Calls of the bidder's keys since it was asked last. */
  calls(): { readonly signs: number; readonly opens: number };
  /** File keys of all key blocks that were opened so far. */
  fileKeys(): readonly Uint8Array[];
}

export interface Serving extends Served {
  answer<N extends HostVerb>(verb: N, params: HostParams<N>): Promise<HostResult<N>>;
  /** "done", or the code and the rule or place that it names. */
  outcome<N extends HostVerb>(verb: N, params: HostParams<N>): Promise<string>;
  consented(consentId?: string): { consentId: string; keyId: string; sealedPin: string };
}

/** @param folder where the home is made; `own` holds what the test writes down itself */
export async function openBidHome(options: {
  readonly folder: string;
  readonly own: string;
  readonly authority: Party;
  readonly bidding: Bidding;
  readonly pin: string;
}): Promise<BidHome> {
  const { folder, own, authority, bidding, pin } = options;
  const home = join(folder, "home");
  const at = (file: string) => join(own, file);
  const [log, keyLog] = [at("calls.log"), at("file-keys.log")];
  for (const file of [log, keyLog]) writeFileSync(file, "");

  async function command(...args: readonly string[]): Promise<void> {
    const { status, stderr } = await runHost(["--home", home, ...args], { input: `${pin}\n` });
    if (status !== 0) throw new Error(stderr);
  }
  await command("keys", "create", "--name", "江南建设有限公司", "--out", at("request.p10"), "--pin-stdin");
  const request = verifyRequest(gm, new Uint8Array(await readFile(at("request.p10"))));
  const issued = issuePair(authority, request.publicKey);
  const papers = { "signing.cer": issued.signing, "encryption.cer": issued.encryption, "key.der": issued.envelopedKey };
  for (const [file, der] of Object.entries({ ...papers, "ca.cer": authority.certificate.der })) {
    await writeFile(at(file), der);
  }
  const pair = ["--signing", at("signing.cer"), "--encryption", at("encryption.cer")];
  await command("keys", "accept", ...pair, "--enveloped-key", at("key.der"), "--chain", at("ca.cer"), "--pin-stdin");
  await writeFile(at("registry.json"), JSON.stringify(bidding.registry));
  await command("install", "--browser-profile", join(folder, "profile"), "--registry", at("registry.json"));

  const counter = new URL("sign-counter.ts", import.meta.url);
  counter.searchParams.set("log", log);
  counter.searchParams.set("fileKeys", keyLog);
  const keyId = Buffer.from(gm.sm3(issued.signing)).toString("base64url");
  let before = { signs: 0, opens: 0 };

  return {
    home,
    keyId,
    recipient: issued.encryption,
    async serve(change = {}) {
      const preloaded = new URL(counter);
      for (const [name, value] of Object.entries(change)) preloaded.searchParams.set(name, String(value));
      const host = serveHost(home, [process.execPath, "--no-warnings", "--import", preloaded.href, MAIN]);
      await host.met();
      return {
        ...host,
        async answer<N extends HostVerb>(verb: N, params: HostParams<N>) {
          const { result }: { result: Schema<HostResult<N>> } = hostVerbs[verb] as never;
          return conform(result, await host.ask(verb, params));
        },
        async outcome(verb, params) {
          const answer = await host.answerTo(verb, params);
          if (answer.ok) return "done";
          const { code, details } = answer.error as { code: string; details: Record<string, unknown> | null };
          const place = details?.["rule"] ?? details?.["path"];
          return typeof place === "string" ? `${code} ${place}` : code;
        },
        consented: (consentId = newId()) => ({ consentId, keyId, sealedPin: host.seal(consentId, pin) }),
      };
    },
    calls() {
      const lines = readFileSync(log, "utf8").trim().split("\n");
      // A program that starts tries its cryptography and then proves who it is. What it opens first is a PIN: no key is open before.
      const [testSign, testOpen, identity] = lines;
      const pinOpen = lines.find((line) => line.startsWith("open") && line !== testOpen);
      const others = lines.filter((line) => ![testSign, testOpen, identity, pinOpen].includes(line));
      const signs = others.filter((line) => line.startsWith("sign")).length;
      const now = { signs, opens: others.length - signs };
      const since = { signs: now.signs - before.signs, opens: now.opens - before.opens };
      before = now;
      return since;
    },
    fileKeys: () =>
      readFileSync(keyLog, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => new Uint8Array(Buffer.from(line, "hex"))),
  };
}

/** A bid of this home's key, for those whom the program names. */
export async function prepareBid(bids: BidHome, host: Serving, bidding: Bidding, notice: string): Promise<MadeBid> {
  const { keyId } = bids;
  const { recipients } = await host.answer("prepareBid", { keyId, origin: bidding.origin, notice });
  const certificates = recipients.map(({ certificate }) => decodeBase64Url(certificate));
  return makeBid(keyId, new Date(bidding.openingAt).toISOString(), certificates);
}
