import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { browserNames, browserOf } from "../../../apps/host/src/install/browsers.ts";
import { splitByMachine } from "../../../apps/host/src/install/machine.ts";
import { encodeManifest } from "../../../apps/host/src/install/manifest.ts";
import { allPlaces, browsersOn, isPresent, placeOf, presentPlaces } from "../../../apps/host/src/install/places.ts";
import {
  manifestBeside,
  registryKeys,
  windowsBrowsers,
  windowsPlaces,
} from "../../../apps/host/src/install/windows.ts";
import { temporaryFolder } from "../../support/host.ts";

/** The table of browsers, and which of them a person has. */
const folder = temporaryFolder();
afterAll(folder.remove);

let count = 0;

async function openComputer() {
  const root = join(folder.path, `电脑 ${++count}`);
  const person = { home: join(root, "张 三"), config: join(root, "张 三", ".config"), root };
  await mkdir(person.config, { recursive: true });
  return person;
}

const labels = (places: readonly { readonly label: string }[]) => places.map(({ label }) => label);

describe("the table", () => {
  test("has every browser that the program is installed for, each with its names and a place on some system", () => {
    expect(browserNames).toHaveLength(15);
    for (const name of browserNames) {
      const { zh, en, linux, macos, windows } = browserOf(name);
      expect([zh, en].every((word) => word.length > 0)).toBe(true);
      expect([linux, macos, windows].filter((system) => system !== null).length, name).toBeGreaterThan(0);
    }
  });

  test("calls documented what its makers publish: of four vendors' browsers, on every system", () => {
    const documented = browserNames.filter((name) => {
      const { linux, macos, windows } = browserOf(name);
      const said = [linux, macos, windows].flatMap((system) => (system === null ? [] : [system.documented]));
      expect(new Set(said).size, name).toBe(1);
      return said[0];
    });
    expect(documented).toEqual(["chromium", "chrome", "edge", "firefox"]);
  });

  test("gives what nobody documents Chromium's own places and no others", () => {
    for (const name of browserNames) {
      const { linux, macos, windows } = browserOf(name);
      if (linux !== null && !linux.documented) {
        expect(linux.machine, name).toEqual([
          "root/etc/chromium/native-messaging-hosts",
          "root/etc/opt/chrome/native-messaging-hosts",
        ]);
        expect(linux.person, name).toBe(`${linux.profiles[0] ?? "config/chromium"}/NativeMessagingHosts`);
      }
      if (macos !== null && !macos.documented) expect(macos.person).toMatch(/\/NativeMessagingHosts$/);
      if (windows !== null && !windows.documented) {
        expect(windows.below.map((key) => key.split("\\")[1])).toEqual(["Google", "Chromium"]);
      }
    }
  });

  test("leads to these paths on Linux, with spaces and Chinese in them", async () => {
    const person = await openComputer();
    expect(placeOf("qianxin", person)).toEqual({
      label: "qianxin",
      kind: "chromium",
      manifest: join(person.config, "qaxbrowser/NativeMessagingHosts/org.certbridge.host.json"),
      machine: [
        join(person.root, "etc/chromium/native-messaging-hosts/org.certbridge.host.json"),
        join(person.root, "etc/opt/chrome/native-messaging-hosts/org.certbridge.host.json"),
      ],
      profiles: [join(person.config, "qaxbrowser")],
      machineLauncher: join(person.root, "usr/lib/certbridge/certbridge-browser"),
    });
    expect(placeOf("firefox", person)).toMatchObject({
      manifest: join(person.home, ".mozilla/native-messaging-hosts/org.certbridge.host.json"),
      machine: ["lib", "lib64"].map((lib) =>
        join(person.root, "usr", lib, "mozilla/native-messaging-hosts/org.certbridge.host.json"),
      ),
    });
    expect(() => placeOf("360ee", person)).toThrow(RangeError);
    expect(browsersOn("linux")).not.toContain("360ee");
  });

  test("leads to these paths on macOS", async () => {
    const person = await openComputer();
    const support = join(person.home, "Library/Application Support");
    expect(placeOf("edge", person, "macos")).toEqual({
      label: "edge",
      kind: "chromium",
      manifest: join(support, "Microsoft Edge/NativeMessagingHosts/org.certbridge.host.json"),
      machine: [join(person.root, "Library/Microsoft/Edge/NativeMessagingHosts/org.certbridge.host.json")],
      profiles: [join(support, "Microsoft Edge")],
      machineLauncher: join(person.root, "Library/Application Support/CertBridge/certbridge-browser"),
    });
    expect(placeOf("firefox", person, "macos").machine).toEqual([
      join(person.root, "Library/Application Support/Mozilla/NativeMessagingHosts/org.certbridge.host.json"),
    ]);
    expect(browsersOn("macos")).not.toContain("uos");
    expect(labels(allPlaces(person, "macos"))).not.toContain("brave");
  });

  test("leads to four keys of the registry on Windows, and to manifests beside the program", () => {
    const below = (...vendor: readonly string[]) => ["Software", ...vendor, "NativeMessagingHosts"].join("\\");
    expect(Object.fromEntries(registryKeys())).toEqual({
      [below("Chromium")]: "chromium",
      [below("Google", "Chrome")]: "chromium",
      [below("Microsoft", "Edge")]: "chromium",
      [below("Mozilla")]: "firefox",
    });
    expect(manifestBeside("/程序 (x)", "firefox")).toBe("/程序 (x)/firefox/org.certbridge.host.json");
    expect(windowsPlaces()).toEqual([
      { kind: "chromium", label: "chrome" },
      { kind: "chromium", label: "edge" },
      { kind: "firefox", label: "firefox" },
    ]);
    expect(windowsPlaces(["360ee"])).toEqual([{ kind: "chromium", label: "360ee" }]);
    expect(windowsBrowsers).not.toContain("kylin");
  });

  test("has each path once where several browsers share it", async () => {
    const paths = allPlaces(await openComputer()).map(({ manifest }) => manifest);
    expect(new Set(paths).size).toBe(paths.length);
    expect(paths).toHaveLength(browsersOn("linux").length - 4);
  });
});

describe("which browsers a person has", () => {
  test("is told by their profiles", async () => {
    const person = await openComputer();
    for (const name of ["vivaldi/Default", "BraveSoftware/Brave-Browser/Default", "mozilla/firefox/x.default"]) {
      await mkdir(join(person.config, name), { recursive: true });
    }
    expect(labels(await presentPlaces(person))).toEqual(["brave", "vivaldi", "firefox"]);
  });

  test("and not by manifests that some program left for a browser that nobody uses", async () => {
    const person = await openComputer();
    await mkdir(join(person.config, "vivaldi", "NativeMessagingHosts"), { recursive: true });
    expect(await isPresent(placeOf("vivaldi", person))).toBe(false);
    await writeFile(join(person.config, "vivaldi", "Local State"), "{}");
    expect(await isPresent(placeOf("vivaldi", person))).toBe(true);
  });

  test("also where one has another's place: on macOS Brave without Chrome", async () => {
    const person = await openComputer();
    const support = join(person.home, "Library/Application Support");
    await mkdir(join(support, "BraveSoftware/Brave-Browser/Default"), { recursive: true });
    const present = await presentPlaces(person, "macos");
    expect(present.map(({ manifest }) => manifest)).toEqual([placeOf("brave", person, "macos").manifest]);
  });

  test("where there is none yet, the usual ones are taken", async () => {
    expect(labels(await presentPlaces(await openComputer()))).toEqual(["chromium", "chrome", "edge", "firefox"]);
  });
});

describe("the program of the whole machine", () => {
  async function openMachine() {
    const person = await openComputer();
    const chromium = placeOf("chromium", person);
    const program = join(dirname(chromium.machineLauncher), "certbridge-host.mjs");
    await mkdir(dirname(program), { recursive: true });
    await writeFile(program, "");
    const put = async (path: string, launcher: string) => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, encodeManifest("chromium", launcher));
    };
    await put(chromium.machine[0] ?? "", chromium.machineLauncher);
    return { person, chromium, program, put };
  }

  const at = (script: string, home = "/h") => ({ script, home, machineHome: () => "/h" });

  test("serves nobody who works with another home than the one that browsers come to by it", async () => {
    const { person, chromium, program } = await openMachine();
    const { own } = await splitByMachine([chromium], at(program, "/elsewhere"));
    expect(labels(own)).toEqual(["chromium"]);
    const [real, link] = [join(person.home, "real"), join(person.home, "link")];
    await mkdir(real);
    await symlink(real, link);
    const byLink = { script: program, home: join(link, "h"), machineHome: () => join(real, "h") };
    expect((await splitByMachine([chromium], byLink)).own).toEqual([]);
  });

  test("serves a browser without a manifest of the person's own", async () => {
    const { person, chromium, program } = await openMachine();
    const { own, byMachine } = await splitByMachine([chromium, placeOf("firefox", person)], at(program));
    expect(labels(own)).toEqual(["firefox"]);
    expect(byMachine).toEqual([{ label: "chromium", manifest: chromium.machine[0] }]);
  });

  test.each<[string, (machine: Awaited<ReturnType<typeof openMachine>>) => Promise<string>]>([
    [
      "the person has a manifest, which the browser reads first",
      async ({ chromium, program, put }) => {
        await put(chromium.manifest, "/opt/other");
        return program;
      },
    ],
    [
      "the machine's leads elsewhere",
      async ({ chromium, program, put }) => {
        await put(chromium.machine[0] ?? "", "/opt/other");
        return program;
      },
    ],
    [
      "it is another copy that runs",
      async ({ person }) => {
        const program = join(person.home, "certbridge-host.mjs");
        await writeFile(program, "");
        return program;
      },
    ],
  ])("does not, where %s", async (_what, change) => {
    const machine = await openMachine();
    const { own, byMachine } = await splitByMachine([machine.chromium], at(await change(machine)));
    expect(labels(own)).toEqual(["chromium"]);
    expect(byMachine).toEqual([]);
  });
});
