/** The program's identity, and the extensions that know it. */
import { OperationError } from "@certbridge/protocol/errors";
import type { Home } from "../home.ts";
import type { Identity } from "../identity.ts";
import type { Held, OpenPlace } from "../pairings.ts";
import { PLACE_LIFE_MS } from "../pairings.ts";
import type { Finding } from "./finding.ts";
import { REPAIR, finding, say } from "./finding.ts";

/** What there is to be looked at: the identity, null where none was made, or why it cannot be read. */
export interface Trust {
  readonly identity: Identity | OperationError<"STORE_DAMAGED"> | null;
  readonly held: Held;
}

/** When the place closes by itself, ISO 8601. */
export function closesAt({ openedAt }: OpenPlace): string {
  return new Date(Date.parse(openedAt) + PLACE_LIFE_MS).toISOString();
}

const day = (instant: string): string => instant.slice(0, 10);

function lookAtIdentity(path: string, { identity, held }: Trust): Finding {
  if (identity === null) {
    return finding("identity", path, "note", say("身份尚未生成", "no identity has been made yet"));
  }
  if (identity instanceof OperationError) {
    const what = say("身份文件已损坏", "the identity is damaged");
    return finding("identity", path, "bad", what, { todo: REPAIR });
  }
  const { fingerprint } = identity;
  const before = held.paired.filter((pairing) => pairing.identity !== fingerprint);
  if (before.length > 0) {
    const what = say(
      `身份已更换，现指纹 ${fingerprint}；${before.length} 个浏览器配对时是 ${before[0]?.identity ?? ""}`,
      `the identity changed to ${fingerprint}; ${before.length} browsers were paired with ${before[0]?.identity ?? ""}`,
    );
    const todo = say(
      "不是您更换的，请联系IT；是您更换的，请在浏览器里信任新的互认通程序",
      "if it was not you, ask your IT; if it was, trust the new program in the browser",
    );
    return finding("identity", path, "bad", what, { todo });
  }
  return finding("identity", path, "good", say(`身份指纹 ${fingerprint}`, `fingerprint ${fingerprint}`));
}

export function lookAtPairings(home: Home, trust: Trust): readonly Finding[] {
  const { paired, open, damaged } = trust.held;
  const path = home.pairings;
  const findings = [lookAtIdentity(home.identity, trust)];
  if (damaged) {
    const what = say("配对文件已损坏", "the pairings are damaged");
    findings.push(finding("pairings", path, "bad", what, { todo: REPAIR }));
  }
  for (const { id, label, pairedAt } of paired) {
    const what = say(`已与 ${label} 配对，${day(pairedAt)}`, `paired with ${label} on ${day(pairedAt)}`);
    findings.push(finding(`pairing:${id}`, path, "good", what));
  }
  for (const place of open) {
    const until = day(closesAt(place));
    const what = say(
      `等待与 ${place.label} 配对，到 ${until} 为止`,
      `waits to be paired with ${place.label}, until ${until}`,
    );
    findings.push(finding(`place:${place.label}`, path, "note", what));
  }
  return findings;
}
