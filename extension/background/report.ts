/**
 * The report that a person makes for whoever helps them (诊断报告). It says how extension, program and sites are, and how the last
 * requests ended; it names no bidder, no certificate, no site of a person's own, no file and no address.
 */
import { extensionVersion } from "../platform/environment.ts";
import { OperationError } from "@certbridge/protocol/errors";
import type { HostKey } from "@certbridge/protocol/host";
import type { HostState } from "@certbridge/protocol/surface";
import { readDiagnosis } from "./diagnosis.ts";
import type { Journey } from "./journey.ts";

export const REPORT_FORMAT = "certbridge-report:1";

/** How many there are of each. */
function count(names: readonly string[]): Readonly<Record<string, number>> {
  const counted: Record<string, number> = {};
  for (const name of names) counted[name] = (counted[name] ?? 0) + 1;
  return counted;
}

async function readKeys({ means }: Journey): Promise<readonly HostKey[] | string> {
  try {
    return (await means.host.call("keys", {})).keys;
  } catch (error) {
    return error instanceof OperationError ? error.code : "INTERNAL";
  }
}

/** What was found between the person and their key, by name; or why that is not known. */
async function readCauses(journey: Journey): Promise<readonly string[] | string> {
  try {
    return (await readDiagnosis(journey)).findings.map(({ cause }) => cause);
  } catch (error) {
    return error instanceof OperationError ? error.code : "INTERNAL";
  }
}

/** How the program is, without the key by which it could be told from every other one. */
function withoutIdentity(state: HostState): object {
  return Object.fromEntries(
    Object.entries(state).filter(([, told]) => typeof told === "string" || Array.isArray(told)),
  );
}

/** The report as it is shown, saved and sent: JSON, two spaces. */
export async function writeReport(journey: Journey, browser: string): Promise<string> {
  const { means, sites, ended, records, now } = journey;
  const { state: host } = await means.host.look();
  const keys = host.state === "ready" ? await readKeys(journey) : [];
  const rows = await sites.list();
  const report = {
    format: REPORT_FORMAT,
    at: new Date(now()).toISOString(),
    extension: extensionVersion(),
    browser,
    host: withoutIdentity(host),
    keys:
      typeof keys === "string"
        ? keys
        : count(keys.map(({ carrier, state, pin }) => `${carrier} ${state}${pin.retryAt === null ? "" : " waiting"}`)),
    diagnosis: await readCauses(journey),
    sites: count(rows.map(({ source, granted }) => `${source} ${granted ? "granted" : "not-granted"}`)),
    open: count((await records.all()).map(({ operation, state }) => `${operation} ${state}`)),
    ended: await ended.list(),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}
