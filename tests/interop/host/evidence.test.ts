/** An evidence report as a stranger verifies it by docs/formats/evidence.md: OpenSSL for the signatures, Node's SM3 for the chain, JSON.parse for the rest. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { parseCertificate, parseSignedData } from "@certbridge/pki";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { writeEvidenceFile } from "../../../apps/host/src/evidence-file/file.ts";
import { gm } from "../../support/authority.ts";
import { type Desk, openDesk } from "../../support/bid-desk.ts";
import { evidenceOf, liveThrough } from "../../support/evidence.ts";
import { temporaryFolder } from "../../support/host.ts";
import { publicKeyPem, signatureToDer } from "../../support/oracles/der.ts";
import { exchange, testOpenssl } from "../pki/peers.ts";

const folder = temporaryFolder();
afterAll(folder.remove);
const { folder: place, write } = exchange("evidence");

const sm3 = (...parts: readonly Uint8Array[]) => createHash("sm3").update(Buffer.concat(parts)).digest();
const bytesOf = (base64url: string) => Buffer.from(base64url, "base64url");

/** By OpenSSL: whether this key signed this message under this distinguishing id. */
function isSigned(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array, distid: string): boolean {
  const args = [
    "-pubin",
    "-inkey",
    write("public.pem", publicKeyPem(publicKey)),
    "-sigfile",
    write("signature", signature),
  ];
  const raw = ["-rawin", "-digest", "sm3", "-pkeyopt", `distid:${distid}`, "-in", write("message", message)];
  return spawnSync("openssl", ["pkeyutl", "-verify", ...args, ...raw], { cwd: place }).status === 0;
}

interface Said {
  readonly packageId: string;
  readonly programKey: string;
  readonly ledger: string;
  readonly signed: { readonly trailer: string; readonly signature: string };
  readonly report: string;
  readonly receipt: string;
  readonly openings: readonly string[];
}

let desk: Desk;
let page: string;
let block: Buffer;
let said: Said;
beforeAll(async () => {
  desk = await openDesk(folder.path);
  const { packageId } = await liveThrough(desk);
  page = writeEvidenceFile(gm, desk.host.identity, await evidenceOf(desk, packageId));
  block = bytesOf((/<pre id="evidence">\n([^<]*)\n<\/pre>/.exec(page)?.[1] ?? "").replaceAll("\n", ""));
  said = JSON.parse(block.toString("utf8")) as Said;
});

/** SM3 of each line, as the page on the ledger has it. */
function headsOf({ ledger, packageId }: Said): readonly string[] {
  const lines = bytesOf(ledger).toString("utf8").trimEnd().split("\n");
  let previous = sm3(Buffer.from("shared-certificate/ledger/v1\0"), bytesOf(packageId));
  return lines.map((line) => {
    expect((JSON.parse(line) as { previous: string }).previous).toBe(previous.toString("base64url"));
    previous = sm3(Buffer.from(line));
    return previous.toString("base64url");
  });
}

/** A SignedData of the evidence: what it says, and whether OpenSSL finds its signature right by this key. */
function readMessage(text: string, publicKey: Uint8Array, outside?: Uint8Array) {
  const { content, signers } = parseSignedData(bytesOf(text));
  const [signer] = signers;
  const bytes = outside ?? content ?? new Uint8Array(0);
  const attributes = Buffer.from(signer?.attributes ?? []);
  const hasDigest = attributes.includes(sm3(bytes));
  const holds = isSigned(publicKey, attributes, signer?.signatureOctets ?? new Uint8Array(0), "1234567812345678");
  return {
    holds: holds && hasDigest,
    says: JSON.parse(Buffer.from(bytes).toString("utf8")) as Record<string, unknown>,
  };
}

describe("an evidence report, by others' programs", () => {
  testOpenssl("the program signed it, and nothing but it", () => {
    const mark = bytesOf(/<pre id="signature">\n([^<]*)\n<\/pre>/.exec(page)?.[1] ?? "");
    const label = "shared-certificate/evidence/v1";
    const statement = Buffer.concat([Buffer.from(`${label}\0`), sm3(block)]);
    const key = bytesOf(said.programKey);
    expect(statement).toHaveLength(63);
    expect(isSigned(key, statement, signatureToDer(mark), label)).toBe(true);
    expect(isSigned(key, statement, signatureToDer(mark), "1234567812345678")).toBe(false);
    statement[62] = (statement[62] ?? 0) ^ 1;
    expect(isSigned(key, statement, signatureToDer(mark), label)).toBe(false);
  });

  testOpenssl("the platform countersigned three heads of the ledger: at encrypting, handing in and opening", () => {
    const heads = headsOf(said);
    const { publicKey } = desk.bidding.platform;
    const receipt = readMessage(said.receipt, publicKey);
    const [opening = ""] = said.openings;
    const answer = readMessage(opening, publicKey);
    expect([receipt.holds, answer.holds]).toEqual([true, true]);
    const { encryptHead, submitHead } = receipt.says;
    expect([encryptHead, submitHead, answer.says["openHead"]]).toEqual([heads[0], heads[1], heads[3]]);
    expect(readMessage(said.receipt, desk.bidding.stamper.publicKey).holds).toBe(false);
  });

  testOpenssl("the bidder signed trailer and report, and in them ledger and program", () => {
    const heads = headsOf(said);
    const [certificate = new Uint8Array(0)] = parseSignedData(bytesOf(said.report)).certificates.map(({ der }) => der);
    const { publicKey } = parseCertificate(certificate);
    const trailer = readMessage(said.signed.signature, publicKey, bytesOf(said.signed.trailer));
    const report = readMessage(said.report, publicKey);
    expect([trailer.holds, report.holds]).toEqual([true, true]);
    expect(trailer.says["ledgerHead"]).toBe(heads[0]);
    expect(report.says).toMatchObject({
      ledger: { entries: 2, head: heads[1] },
      trailerSm3: sm3(bytesOf(said.signed.trailer)).toString("base64url"),
      programSm3: sm3(bytesOf(said.programKey)).toString("base64url"),
    });
  });
});
