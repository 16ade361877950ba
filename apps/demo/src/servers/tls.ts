import { execFileSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A TLS certificate for *.demo.test, made fresh, which the demonstration's browser is told to accept by its public key. */
export interface Tls {
  readonly key: string;
  readonly cert: string;
  /** Base64 of SHA-256 over the SubjectPublicKeyInfo. */
  readonly spki: string;
}

export function makeTls(folder: string): Tls {
  mkdirSync(folder, { recursive: true });
  const key = join(folder, "tls.key");
  const cert = join(folder, "tls.crt");
  const subject = ["-subj", "/CN=demo.test", "-addext", "subjectAltName=DNS:*.demo.test"];
  const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "390"];
  execFileSync("openssl", [...request, ...subject, "-keyout", key, "-out", cert], { stdio: "ignore" });
  const pem = readFileSync(cert, "utf8");
  const spki = new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" });
  return { key: readFileSync(key, "utf8"), cert: pem, spki: createHash("sha256").update(spki).digest("base64") };
}
