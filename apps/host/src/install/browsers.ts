/**
 * Browsers, and where each looks for the manifests of native-messaging hosts (本机消息主机登记), as data.
 *
 * `documented` says that the vendor's own pages name the places: Google for Chrome and Chromium, Microsoft for Edge, Mozilla for Firefox.
 * For the others nothing of the kind is published, and nobody here has run them. What stands for them is Chromium's own rule, which a
 * browser made from its sources has unless its maker changed it: on Linux and macOS the folder `NativeMessagingHosts` in the folder
 * of the person's profiles, and the machine's folder of Chromium or Chrome; on Windows the registry keys of both. Where not even the folder of
 * the profiles is known, it is Chromium's place. A comment says what is known beyond that, and from whom.
 */

/** Chromium's family names the callers by origin, Firefox by extension id. */
export type ManifestKind = "chromium" | "firefox";

/** A folder, or several words of a path, below one of the person's folders or the root. */
export type FolderPath = `${"home" | "config" | "root"}/${string}`;

/** Linux and macOS: a file of our name in a folder. */
interface Folders {
  readonly documented: boolean;
  /** Each of these is there once the person has used the browser. Empty where nobody says which it is. */
  readonly profiles: readonly FolderPath[];
  /** The person's own, read first. */
  readonly person: FolderPath;
  /** The machine's. */
  readonly machine: readonly FolderPath[];
}

/** Windows: a key of our name below each of these, of HKCU first and then HKLM; its default value is the manifest's path. */
interface Keys {
  readonly documented: boolean;
  readonly below: readonly string[];
}

/** Packages that put the browser into a sandbox: where they keep a person's data, below the home. */
interface Sandboxed {
  readonly snap: string | null;
  readonly flatpak: string | null;
}

export interface Browser {
  readonly kind: ManifestKind;
  readonly zh: string;
  readonly en: string;
  /** Null where there is none for that system. */
  readonly linux: Folders | null;
  readonly macos: Folders | null;
  readonly windows: Keys | null;
  readonly sandboxed: Sandboxed;
}

const UNPACKED: Sandboxed = { snap: null, flatpak: null };

const CHROMIUM_MACHINE: FolderPath = "root/etc/chromium/native-messaging-hosts";
const CHROME_MACHINE: FolderPath = "root/etc/opt/chrome/native-messaging-hosts";
const CHROMIUM_KEY = String.raw`Software\Chromium\NativeMessagingHosts`;
const CHROME_KEY = String.raw`Software\Google\Chrome\NativeMessagingHosts`;

const APPLICATIONS = "home/Library/Application Support";
const CHROMIUM_MACHINE_MACOS: FolderPath = "root/Library/Application Support/Chromium/NativeMessagingHosts";
const CHROME_MACHINE_MACOS: FolderPath = "root/Library/Google/Chrome/NativeMessagingHosts";

/** By Chromium's rule, for a browser whose folder of profiles is known. */
const derived = (profiles: FolderPath): Folders => ({
  documented: false,
  profiles: [profiles],
  person: `${profiles}/NativeMessagingHosts`,
  machine: [CHROMIUM_MACHINE, CHROME_MACHINE],
});

const derivedOnMacos = (profiles: FolderPath): Folders => ({
  ...derived(profiles),
  machine: [CHROMIUM_MACHINE_MACOS, CHROME_MACHINE_MACOS],
});

/** By Chromium's place, for one of which not even that is known: it cannot be told whether it is used. */
const UNKNOWN: Folders = { ...derived("config/chromium"), profiles: [] };
const UNKNOWN_ON_MACOS: Folders = { ...derivedOnMacos(`${APPLICATIONS}/Chromium`), profiles: [] };

const DERIVED_KEYS: Keys = { documented: false, below: [CHROME_KEY, CHROMIUM_KEY] };

export const browsers = {
  chromium: {
    kind: "chromium",
    zh: "Chromium",
    en: "Chromium",
    linux: { ...derived("config/chromium"), documented: true, machine: [CHROMIUM_MACHINE] },
    macos: { ...derivedOnMacos(`${APPLICATIONS}/Chromium`), documented: true, machine: [CHROMIUM_MACHINE_MACOS] },
    windows: { documented: true, below: [CHROMIUM_KEY] },
    sandboxed: { snap: "snap/chromium", flatpak: ".var/app/org.chromium.Chromium" },
  },
  chrome: {
    kind: "chromium",
    zh: "谷歌浏览器",
    en: "Google Chrome",
    linux: { ...derived("config/google-chrome"), documented: true, machine: [CHROME_MACHINE] },
    macos: { ...derivedOnMacos(`${APPLICATIONS}/Google/Chrome`), documented: true, machine: [CHROME_MACHINE_MACOS] },
    windows: { documented: true, below: [CHROME_KEY] },
    sandboxed: { snap: null, flatpak: ".var/app/com.google.Chrome" },
  },
  edge: {
    kind: "chromium",
    zh: "微软Edge",
    en: "Microsoft Edge",
    linux: {
      ...derived("config/microsoft-edge"),
      documented: true,
      machine: ["root/etc/opt/edge/native-messaging-hosts"],
    },
    macos: {
      ...derivedOnMacos(`${APPLICATIONS}/Microsoft Edge`),
      documented: true,
      machine: ["root/Library/Microsoft/Edge/NativeMessagingHosts"],
    },
    // It reads Chromium's and Chrome's keys after its own; ours is written to its own.
    windows: { documented: true, below: [String.raw`Software\Microsoft\Edge\NativeMessagingHosts`] },
    sandboxed: { snap: null, flatpak: ".var/app/com.microsoft.Edge" },
  },
  brave: {
    kind: "chromium",
    zh: "Brave",
    en: "Brave",
    // Reported by its users and by installers of password managers; on macOS its sources go to Chrome's folder (brave-core, pull request 53).
    linux: derived("config/BraveSoftware/Brave-Browser"),
    macos: {
      ...derivedOnMacos(`${APPLICATIONS}/BraveSoftware/Brave-Browser`),
      person: `${APPLICATIONS}/Google/Chrome/NativeMessagingHosts`,
    },
    windows: DERIVED_KEYS,
    sandboxed: { snap: "snap/brave", flatpak: ".var/app/com.brave.Browser" },
  },
  vivaldi: {
    kind: "chromium",
    zh: "Vivaldi",
    en: "Vivaldi",
    // On Windows its users found that it reads Chrome's key and none of its own (keepassxc-browser, issue 48).
    linux: derived("config/vivaldi"),
    macos: derivedOnMacos(`${APPLICATIONS}/Vivaldi`),
    windows: DERIVED_KEYS,
    sandboxed: { snap: "snap/vivaldi", flatpak: ".var/app/com.vivaldi.Vivaldi" },
  },
  opera: {
    kind: "chromium",
    zh: "Opera",
    en: "Opera",
    // Installers of other programs write here; that Opera reads it nobody of Opera says.
    linux: derived("config/opera"),
    macos: derivedOnMacos(`${APPLICATIONS}/com.operasoftware.Opera`),
    windows: DERIVED_KEYS,
    sandboxed: { snap: "snap/opera", flatpak: ".var/app/com.opera.Opera" },
  },
  firefox: {
    kind: "firefox",
    zh: "火狐浏览器",
    en: "Firefox",
    linux: {
      documented: true,
      // From 147 on a new profile lies in the second; Mozilla's page on manifests names the old folder only.
      profiles: ["home/.mozilla/firefox", "config/mozilla/firefox"],
      person: "home/.mozilla/native-messaging-hosts",
      machine: ["root/usr/lib/mozilla/native-messaging-hosts", "root/usr/lib64/mozilla/native-messaging-hosts"],
    },
    macos: {
      documented: true,
      profiles: [`${APPLICATIONS}/Firefox`],
      person: `${APPLICATIONS}/Mozilla/NativeMessagingHosts`,
      machine: ["root/Library/Application Support/Mozilla/NativeMessagingHosts"],
    },
    windows: { documented: true, below: [String.raw`Software\Mozilla\NativeMessagingHosts`] },
    sandboxed: { snap: "snap/firefox", flatpak: ".var/app/org.mozilla.firefox" },
  },
  "360se": {
    kind: "chromium",
    zh: "360安全浏览器",
    en: "360 Secure Browser",
    // The folder on Linux is told by one program that reads its profiles.
    linux: derived("config/browser360"),
    macos: UNKNOWN_ON_MACOS,
    windows: DERIVED_KEYS,
    sandboxed: UNPACKED,
  },
  "360ee": {
    kind: "chromium",
    zh: "360极速浏览器",
    en: "360 Extreme Browser",
    linux: null,
    macos: UNKNOWN_ON_MACOS,
    // Some installers write a key `Software\360Chrome\Chrome` as well; whether it is read nobody says.
    windows: DERIVED_KEYS,
    sandboxed: UNPACKED,
  },
  qq: {
    kind: "chromium",
    zh: "QQ浏览器",
    en: "QQ Browser",
    linux: UNKNOWN,
    macos: UNKNOWN_ON_MACOS,
    // Likewise `Software\Tencent\QQBrowser`.
    windows: DERIVED_KEYS,
    sandboxed: UNPACKED,
  },
  sogou: {
    kind: "chromium",
    zh: "搜狗高速浏览器",
    en: "Sogou Explorer",
    linux: UNKNOWN,
    macos: UNKNOWN_ON_MACOS,
    windows: DERIVED_KEYS,
    sandboxed: UNPACKED,
  },
  qianxin: {
    kind: "chromium",
    zh: "奇安信可信浏览器",
    en: "Qianxin Trusted Browser",
    // A program's authors report that version 1.0.46371 on Kylin V10 finds manifests in this folder.
    linux: derived("config/qaxbrowser"),
    macos: UNKNOWN_ON_MACOS,
    windows: DERIVED_KEYS,
    sandboxed: UNPACKED,
  },
  honglianhua: {
    kind: "chromium",
    zh: "红莲花浏览器",
    en: "Honglianhua Browser",
    linux: UNKNOWN,
    macos: null,
    windows: DERIVED_KEYS,
    sandboxed: UNPACKED,
  },
  uos: {
    kind: "chromium",
    zh: "统信浏览器",
    en: "UOS Browser",
    // The system's own tool that takes bookmarks over writes to profiles in this folder.
    linux: derived("config/browser"),
    macos: null,
    windows: null,
    sandboxed: UNPACKED,
  },
  kylin: {
    kind: "chromium",
    zh: "麒麟浏览器",
    en: "Kylin Browser",
    linux: UNKNOWN,
    macos: null,
    windows: null,
    sandboxed: UNPACKED,
  },
} as const satisfies Readonly<Record<string, Browser>>;

export type BrowserName = keyof typeof browsers;

const isBrowserName = (name: string): name is BrowserName => Object.hasOwn(browsers, name);

/** In the table's order. */
export const browserNames: readonly BrowserName[] = Object.keys(browsers).filter(isBrowserName);

/** The row, without what this one row has more exactly than others. */
export const browserOf = (name: BrowserName): Browser => browsers[name];
