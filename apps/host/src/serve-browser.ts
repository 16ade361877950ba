/**
 * One run for a browser. A browser waits for the first answer while a person looks on, and that answer is always the one to `status`: what it takes is here,
 * and everything else is loaded once it is out, or when another verb is asked for.
 */
import type { HostParams, HostResult, HostVerb } from "@certbridge/protocol/host";
import { hostVerbNames } from "@certbridge/protocol/host/request";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { createAdmission } from "./admission.ts";
import type { Handlers } from "./dispatch.ts";
import { createDispatch } from "./dispatch.ts";
import type { Home } from "./home.ts";
import { prepareHome } from "./home.ts";
import { openIdentity } from "./identity.ts";
import type { ManifestKind } from "./install/browsers.ts";
import { readHazards } from "./install/hazards.ts";
import { mendInstalled } from "./install/mend.ts";
import type { Log } from "./log.ts";
import type { OpenedVerbs, OwnRun } from "./open-host.ts";
import { clientOf, openPairings } from "./pairings.ts";
import { nameOfParent } from "./parent.ts";
import { alarm, clock, openCore, ownFolders, random } from "./rim.ts";
import { serve } from "./stdio/serve.ts";
import { status } from "./verbs/status.ts";

/** The stores' own names, before there are stores. */
const CARRIERS = [{ carrier: "software" }, { carrier: "usb-key" }] as const;

/** `status` as it is; each other verb by the handlers that are opened for it. */
function handlersBehind(status: Handlers["status"], open: () => Promise<Pick<OpenedVerbs, "handlers">>): Handlers {
  const behind =
    <N extends HostVerb>(verb: N) =>
    async (params: HostParams<N>): Promise<HostResult<N>> =>
      (await open()).handlers[verb](params);
  const all = Object.fromEntries(hostVerbNames.map((verb) => [verb, behind(verb)]));
  return { ...(all as unknown as Handlers), status };
}

/** Runs it once, whoever asks; null until somebody did. */
function once<T>(run: () => Promise<T>): { (): Promise<T>; begun(): Promise<T> | null } {
  let begun: Promise<T> | null = null;
  return Object.assign(() => (begun ??= run()), { begun: () => begun });
}

/** What a browser's call begins with. */
export interface Call {
  readonly version: string;
  readonly home: Home;
  readonly log: Log;
  readonly kind: ManifestKind;
}

/** Serves until the browser has had enough. @throws where the home cannot be opened, or the input is no stream of frames */
async function serveOne({ version, home, log, kind }: Call): Promise<void> {
  const core = openCore();
  // Looked at once, while the rest is opened; it is in no request's way.
  const hazards = readHazards(home, ownFolders()).catch(async (error: unknown) => {
    await log({ event: "hazards", error });
    return [];
  });
  let opened: OpenedVerbs | null = null;
  process.stdin.once("close", () => opened?.wake());
  const [gm] = await Promise.all([core, prepareHome(home)]);
  const identity = await openIdentity({ gm, clock }, home.identity);
  const pairings = openPairings(home.pairings, clock);
  const session = encodeBase64Url(random(32));
  const own: OwnRun = {
    session,
    admitClient: (publicKey) => pairings.admit(clientOf(gm, kind, publicKey), identity.fingerprint),
    hazards: () => hazards,
  };
  const openVerbs = once(async () => {
    const room = await import("./open-host.ts");
    const startedBy = await nameOfParent();
    return (opened = await room.openVerbs({ version, gm, identity, startedBy }, home, log, own));
  });
  // After the look: what somebody altered is shown this once.
  const mend = once(async () => {
    await hazards;
    await mendInstalled(home, log);
  });
  const handlers = handlersBehind(status({ version, identity, stores: CARRIERS }, own), openVerbs);
  const admit = createAdmission({ publicKey: identity.publicKey, session }, pairings);
  const grammar = async () => (await import("./open-host.ts")).hostVerbs;
  const dispatch = createDispatch({ handlers, admit, grammar }, log);

  /** When the answer is out: whoever asked will ask for more. */
  function goOn(): void {
    void mend();
    openVerbs().catch(() => undefined); // the verb that needs it says so
  }
  async function respond(message: unknown): Promise<unknown> {
    const answer = await dispatch(message);
    alarm(0, goOn);
    return answer;
  }
  try {
    const streams = { input: process.stdin, output: process.stdout };
    await serve(streams, respond, log, alarm, () => opened?.isBusy() ?? false);
  } finally {
    await Promise.all([openVerbs.begun()?.then((verbs) => verbs.close()), mend()]);
  }
}

/** Nothing that goes wrong here is left to Node: its words about an error may quote what was being handled. */
export async function serveBrowser(call: Call): Promise<number> {
  const { log } = call;
  process.stdout.on("error", () => undefined);
  // Whoever ends the program leaves no key logged in: it ends as where the browser lets go.
  process.once("SIGTERM", () => process.stdin.destroy());
  process.on("uncaughtException", (error) => {
    void log({ event: "crash", error }).finally(() => process.exit(1));
  });
  try {
    await serveOne(call);
    return 0;
  } catch (error) {
    await log({ event: "ended", error });
    return 1;
  }
}
