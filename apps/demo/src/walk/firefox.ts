import { FIREFOX_EXTENSION_ID } from "@certbridge/protocol/ids";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type FirefoxPage, firefoxPage, openRemote, type Remote } from "./firefox-page.ts";
import { MarionetteError, openMarionette } from "./marionette.ts";
import type { ExtensionBrowser, Language } from "./page.ts";

/** What a Firefox with a throw-away profile is started with. */
export interface FirefoxOptions {
  /** Folder of the built extension. */
  readonly extension: string;
  /** Profile folder; made if missing. */
  readonly profile: string;
  /** The person's folder as the browser sees it: there it looks for the companion program. */
  readonly home: string;
  /** Loopback port of the proxy that leads to the demo's servers, and to nothing else. */
  readonly proxyPort: number;
  /** The demo servers' TLS certificate, PEM, and the hosts for which it is trusted unseen. */
  readonly certificate: string;
  readonly hosts: readonly string[];
  readonly headless: boolean;
  readonly language: Language;
  /** After so many ms without an event the browser ends the event page; 30,000 unless told. */
  readonly idleMs?: number;
}

/** A real Firefox with the extension loaded. */
export interface FirefoxBrowser extends ExtensionBrowser<FirefoxPage> {
  /** Ends the event page as the browser does when nothing happened for a while, whatever it is doing. */
  endEventPage(): Promise<void>;
  /** How often the event page has ended so far, for whatever reason. */
  eventPageEnds(): Promise<number>;
  /** Kills the process in which all of the extension runs, as a crash does. */
  killExtension(): Promise<void>;
  /** Takes the browser's permission for a site away, as a person does in Firefox's own settings. */
  withdraw(origin: string): Promise<void>;
  /** Says yes where the browser itself asks the person, as it does for a site that is added. */
  allow(): Promise<void>;
  readonly remote: Remote;
}

/** The extension's address in this profile. A person's Firefox draws one by lot. */
const UUID = "5f3bb1f4-6f1b-4a52-9f67-0c7f8a2f6d11";

const WAIT_MS = 30_000;

function preferences({ proxyPort, language, idleMs }: FirefoxOptions): string {
  const values: Readonly<Record<string, string | number | boolean>> = {
    "marionette.port": 0,
    "extensions.webextensions.uuids": JSON.stringify({ [FIREFOX_EXTENSION_ID]: UUID }),
    "intl.locale.requested": language === "en" ? "en-US" : language,
    "network.proxy.type": 1,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": proxyPort,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": proxyPort,
    "browser.startup.page": 0,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": false,
    ...(idleMs === undefined ? {} : { "extensions.background.idle.timeout": idleMs }),
  };
  return Object.entries(values)
    .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
    .join("");
}

async function portOf(profile: string, child: ChildProcess): Promise<number> {
  for (const end = Date.now() + WAIT_MS; Date.now() < end && child.exitCode === null;) {
    const port = Number(await readFile(join(profile, "MarionetteActivePort"), "utf8").catch(() => ""));
    if (port > 0) return port;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Firefox did not start (${child.exitCode})`);
}

/** Trusts exactly this certificate, for these hosts, until the browser ends. The second port is there for stories that need one. */
const TRUST = `
  const [pem, hosts] = args;
  const certificates = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);
  const overrides = Cc["@mozilla.org/security/certoverride;1"].getService(Ci.nsICertOverrideService);
  const certificate = certificates.constructX509FromBase64(pem.replace(/-----[^-]+-----|\\s/g, ""));
  for (const host of hosts) {
    for (const port of [443, 8443]) overrides.rememberValidityOverride(host, port, {}, certificate, true);
  }`;

/** The count outlives the event page, so it is kept by the browser. */
const COUNT_ENDS = `
  const name = "certbridge.walk.ends";
  const ends = Services.prefs.getIntPref(name, 0);
  if (args.length === 0) return ends;
  const { extension } = WebExtensionPolicy.getByID(args[0]);
  extension.on("shutdown-background-script", () => Services.prefs.setIntPref(name, Services.prefs.getIntPref(name, 0) + 1));`;

/** An end that is cancelled, because something happened meanwhile, is tried again. */
const END_EVENT_PAGE = `
  const { extension } = WebExtensionPolicy.getByID(args[0]);
  let ended = extension.backgroundState === "stopped";
  extension.once("shutdown-background-script", () => { ended = true; });
  while (!ended) {
    await extension.terminateBackground({ ignoreDevToolsAttached: true, disableResetIdleForTest: true });
  }`;

const PROCESSES = `
  const { children } = await ChromeUtils.requestProcInfo();
  return children.filter(({ type }) => type === "extension").map(({ pid }) => pid);`;

const WITHDRAW = `
  const [id, pattern] = args;
  const { ExtensionPermissions } = ChromeUtils.importESModule("resource://gre/modules/ExtensionPermissions.sys.mjs");
  await ExtensionPermissions.remove(id, { permissions: [], origins: [pattern] }, WebExtensionPolicy.getByID(id).extension);`;

/** The question stands in a panel of the browser's own, which no page can reach. */
const ALLOW = `
  for (;;) {
    const { PopupNotifications } = Services.wm.getMostRecentWindow("navigator:browser");
    const question = PopupNotifications.panel.firstElementChild;
    if (PopupNotifications.panel.state === "open" && question !== null) {
      question.button.click();
      return;
    }
    await new Promise((resolve) => Services.tm.dispatchToMainThread(resolve));
  }`;

export async function openFirefox(options: FirefoxOptions): Promise<FirefoxBrowser> {
  const { profile, home, headless } = options;
  for (const folder of [profile, home]) await mkdir(folder, { recursive: true });
  await rm(join(profile, "MarionetteActivePort"), { force: true });
  await writeFile(join(profile, "user.js"), preferences(options));
  const child = spawn(
    "firefox-esr",
    [
      ...(headless ? ["--headless"] : []),
      "--marionette",
      "--remote-allow-system-access",
      "--no-remote",
      "--profile",
      profile,
    ],
    {
      env: { ...process.env, HOME: home, MOZ_HEADLESS_WIDTH: "1280", MOZ_HEADLESS_HEIGHT: "1000" },
      stdio: "ignore",
    },
  );
  // It does not outlive whoever started it, however that one ends.
  const kill = () => void child.kill("SIGKILL");
  process.once("exit", kill);
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  void ended.then(() => process.off("exit", kill));
  const marionette = await openMarionette(await portOf(profile, child));
  await marionette.send("WebDriver:NewSession", { capabilities: { alwaysMatch: {} } });
  const remote = await openRemote(marionette);
  await remote.runInBrowser(TRUST, options.certificate, options.hosts);
  await remote.send("Addon:Install", { path: options.extension, temporary: true });
  await remote.runInBrowser(COUNT_ENDS, FIREFOX_EXTENSION_ID);

  const origin = `moz-extension://${UUID}/`;
  const handles = async () => (await remote.send("WebDriver:GetWindowHandles")) as readonly string[];

  /** Addresses of windows that were given already: each request's window has its own. */
  const given = new Set<string>();

  async function addressOf(handle: string): Promise<string> {
    try {
      const found = await remote.use(handle, (send) => send("WebDriver:GetCurrentURL"));
      return (found as { value: string }).value;
    } catch (error) {
      // It closed while it was looked at.
      if (error instanceof MarionetteError && error.kind === "no such window") return "";
      throw error;
    }
  }

  /** A window of the extension's own that was not given yet, once it is there. */
  async function windowAt(path: string): Promise<{ readonly handle: string; readonly address: string }> {
    for (const end = Date.now() + WAIT_MS; Date.now() < end;) {
      for (const handle of await handles()) {
        const address = await addressOf(handle);
        if (address.startsWith(origin + path) && !given.has(address)) return { handle, address };
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const open = await Promise.all((await handles()).map(addressOf));
    throw new Error(`no window ${path} opens; there are ${open.join(" ")}`);
  }

  // It comes by itself, and in front: before it nothing that has to be in front is opened.
  await windowAt("welcome.html");

  return {
    remote,
    ended,
    async open(url) {
      const tab = { type: "tab", focus: true };
      const { handle } = (await remote.use(remote.home, (send) => send("WebDriver:NewWindow", tab))) as {
        handle: string;
      };
      await remote.use(handle, (send) => send("WebDriver:Navigate", { url }), true);
      return firefoxPage(remote, handle);
    },
    extensionUrl: (path) => origin + path,
    async extensionPage(path) {
      const { handle, address } = await windowAt(path);
      given.add(address);
      return firefoxPage(remote, handle);
    },
    isOpen: async ({ handle }) => (await handles()).includes(handle),
    async endEventPage() {
      await remote.runInBrowser(END_EVENT_PAGE, FIREFOX_EXTENSION_ID);
    },
    eventPageEnds: async () => Number(await remote.runInBrowser(COUNT_ENDS)),
    async killExtension() {
      for (const pid of (await remote.runInBrowser(PROCESSES)) as readonly number[]) process.kill(pid, "SIGKILL");
    },
    async withdraw(site) {
      await remote.runInBrowser(WITHDRAW, FIREFOX_EXTENSION_ID, `https://${new URL(site).hostname}/*`);
    },
    async allow() {
      await remote.runInBrowser(ALLOW);
    },
    async close() {
      // The session ends with the browser, before it can answer.
      await marionette.send("Marionette:Quit", { flags: ["eForceQuit"] }).catch(() => undefined);
      const timer = setTimeout(kill, WAIT_MS);
      await ended;
      clearTimeout(timer);
      marionette.close();
    },
  };
}
