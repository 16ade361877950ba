/** A bidder's USB key in a vendor's library, enrolled with the companion program: the certificates are a CA's of the demonstration. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Demo } from "@certbridge/demo";
import { obtainKeys } from "@certbridge/demo/bidders";
import type { Desk } from "@certbridge/demo/walk";
import { makeToken, type SoftToken, type TokenPlan } from "./soft-token/token.ts";

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

export interface EnrolledToken {
  readonly token: SoftToken;
  readonly device: string;
  /** What `devices add` printed. */
  readonly said: string;
}

/**
 * @param options.folder emptied first
 * @param options.tries  of the PIN; as many as the library gives unless told
 */
export async function enrolToken(options: {
  readonly demo: Demo;
  readonly desk: Pick<Desk, "host">;
  readonly folder: string;
  readonly layout: NonNullable<TokenPlan["layout"]>;
  readonly authority?: keyof Demo["authorities"];
  readonly bidder: { readonly name: string; readonly uscc: string; readonly pin: string };
  readonly tries?: number;
}): Promise<EnrolledToken> {
  const { demo, desk, folder, layout, authority = "jiangnan", bidder, tries } = options;
  const { name, uscc, pin } = bidder;
  const keys = obtainKeys(demo.gm, demo.authorities[authority], { name, uscc });
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const device = `CA-LOCK-${layout}`;
  const token = makeToken({ folder, layout, devices: [device] });
  token.provision(device, {
    application: "投标应用",
    pin,
    ...(tries === undefined ? {} : { tries }),
    container: "双证书",
    signing: { key: hexOf(keys.signingKey), certificate: keys.signing },
    encryption: { key: hexOf(keys.encryptionKey), certificate: keys.encryption },
  });
  const chain: string[] = [];
  for (const [place, der] of keys.chain.entries()) {
    chain.push(join(folder, `ca-${place}.cer`));
    await writeFile(chain[place] ?? "", der);
  }
  // The self-test needs a PIN that is far from locked.
  const tested = tries === undefined ? { args: ["--pin-stdin"], input: `${pin}\n` } : { args: [], input: "" };
  const said = await desk.host(
    ["devices", "add", token.library, "--certificate", ...chain, ...tested.args],
    tested.input,
  );
  return { token, device, said };
}
