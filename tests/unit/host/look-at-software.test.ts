import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { lookAtPolicies } from "../../../apps/host/src/install/look-at-policy.ts";
import { lookAtSoftware } from "../../../apps/host/src/install/look-at-software.ts";
import { placeOf } from "../../../apps/host/src/install/places.ts";
import { remoteDesktops, vendorSoftware } from "../../../apps/host/src/install/vendor-software.ts";
import { temporaryFolder } from "../../support/host.ts";

/** What is around a key on a computer: read from a root of the test's own. */
const folder = temporaryFolder();
afterAll(folder.remove);

let count = 0;
const UID = 1000;

function openComputer() {
  const root = join(folder.path, `computer-${count++}`);
  const person = { home: join(root, "home/li"), config: join(root, "home/li/.config"), root };
  const places = (["chromium", "edge", "firefox"] as const).map((name) => placeOf(name, person));
  const put = (path: string, content: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  put("proc/1/comm", "systemd\n");
  put("proc/1/cmdline", "/sbin/init\0");
  put("proc/1/status", "Name:\tsystemd\nPPid:\t0\n");
  put("proc/self/status", "Name:\tnode\nPid:\t40\nPPid:\t1\n");
  return {
    put,
    root,
    process(pid: number, name: string, cmdline: string, parent = 1) {
      put(`proc/${pid}/comm`, `${name}\n`);
      put(`proc/${pid}/cmdline`, cmdline);
      put(`proc/${pid}/status`, `Name:\t${name}\nPPid:\t${parent}\n`);
    },
    abouts: async () => (await lookAtSoftware(person, places, UID)).map(({ about }) => about),
    look: () => lookAtSoftware(person, places, UID),
    policies: () => lookAtPolicies(person, places),
  };
}

const listener = (port: number, state = "0A") =>
  `   1: 0100007F:${port.toString(16).toUpperCase().padStart(4, "0")} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1000 0 1 1\n`;

describe("other CAs' software", () => {
  test("is none on a computer that has none", async () => {
    expect(await openComputer().abouts()).toEqual([]);
  });

  test.each(vendorSoftware.flatMap(({ id, ports }) => ports.map((port) => [id, port] as const)))(
    "is seen by the port on which it waits for pages: %s, %i",
    async (id, port) => {
      const computer = openComputer();
      computer.put("proc/net/tcp", `  sl  local_address rem_address   st\n${listener(port)}`);
      expect(await computer.abouts()).toEqual([`software:${id}`]);
    },
  );

  test("is not what somebody is connected to elsewhere", async () => {
    const computer = openComputer();
    computer.put("proc/net/tcp6", listener(21051, "01"));
    expect(await computer.abouts()).toEqual([]);
  });

  test.each([
    ["xtxapp", "/opt/BJCA/XTXApp/XTXApp\0--daemon\0"],
    ["wineserver", "C:\\Program Files\\BJCAClient\\XTXAPP.exe\0"],
  ])("is seen by the name of its process: %s", async (name, cmdline) => {
    const computer = openComputer();
    computer.process(77, name, cmdline);
    expect(await computer.abouts()).toEqual(["software:bjca"]);
  });

  test("is seen by its extension in a profile", async () => {
    const computer = openComputer();
    const id = "gjcabjpkopllidimpiinmedbkkloemki";
    computer.put(`home/li/.config/chromium/Profile 2/Extensions/${id}/1.0_0/manifest.json`, "{}");
    expect(await computer.abouts()).toEqual(["software:cfca-srcb"]);
  });

  test("each is said in both languages, with one thing to do, and hinders nothing", async () => {
    const computer = openComputer();
    computer.put("proc/net/tcp", vendorSoftware.flatMap(({ ports }) => ports.map((port) => listener(port))).join(""));
    const findings = await computer.look();
    expect(findings.length).toBeGreaterThan(10);
    for (const { zh, en, verdict, cause } of findings) {
      expect({ verdict, cause }).toEqual({ verdict: "note", cause: "other-software" });
      expect(zh).toContain("请先退出它");
      expect(en).toContain("quit it");
    }
    expect(new Set(findings.map(({ zh }) => zh)).size).toBe(findings.length);
  });
});

describe("a remote desktop", () => {
  test.each([...remoteDesktops.keys()])("is seen by what this program descends from: %s", async (name) => {
    const computer = openComputer();
    computer.process(20, name, "/usr/sbin/x\0");
    computer.process(30, "chromium", "chromium\0", 20);
    computer.put("proc/self/status", "Name:\tnode\nPPid:\t30\n");
    const [finding, ...others] = await computer.look();
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ about: "remote-desktop", verdict: "note", cause: "remote-desktop" });
    expect(finding?.zh).toContain("请在插着CA锁的那台电脑上直接操作");
  });

  test("that runs beside it is another person's", async () => {
    const computer = openComputer();
    computer.process(20, "sshd", "sshd: /usr/sbin/sshd -D\0");
    expect(await computer.abouts()).toEqual([]);
  });

  const session = (uid: number, isRemote: boolean) =>
    `# This is private data. Do not parse.\nUID=${uid}\nUSER=li\nACTIVE=1\nREMOTE=${isRemote ? 1 : 0}\nTYPE=x11\nCLASS=user\nSERVICE=xrdp-sesman\n`;

  test("is seen by what logind wrote of the person's sessions, where all are remote", async () => {
    const computer = openComputer();
    computer.put("run/systemd/sessions/3", session(UID, true));
    computer.put("run/systemd/sessions/4", session(UID + 1, false));
    expect(await computer.abouts()).toEqual(["remote-desktop"]);
    computer.put("run/systemd/sessions/5", session(UID, false));
    expect(await computer.abouts()).toEqual([]);
  });

  test("is no matter of the environment", async () => {
    process.env["SSH_CONNECTION"] = "10.0.0.1 5 10.0.0.2 22";
    process.env["XRDP_SESSION"] = "1";
    try {
      expect(await openComputer().abouts()).toEqual([]);
    } finally {
      delete process.env["SSH_CONNECTION"];
      delete process.env["XRDP_SESSION"];
    }
  });
});

describe("an administrator's policy", () => {
  const used = () => {
    const computer = openComputer();
    computer.put("home/li/.config/chromium/Default/Preferences", "{}");
    return computer;
  };
  const POLICY = "etc/chromium/policies/managed/native.json";

  test.each<[string, object]>([
    ["that blocks every program", { NativeMessagingBlocklist: ["*"] }],
    ["that blocks this one", { NativeMessagingBlocklist: ["com.example", "org.certbridge.host"] }],
    ["that leaves out what a person installed", { NativeMessagingUserLevelHosts: false }],
  ])("%s is named, with its file", async (_, policy) => {
    const computer = used();
    computer.put(POLICY, JSON.stringify(policy));
    const findings = await computer.policies();
    expect(findings).toMatchObject([
      { about: "policy:chromium", verdict: "bad", cause: "policy", path: join(computer.root, POLICY) },
    ]);
    expect(findings[0]?.zh).toContain("请管理员把 org.certbridge.host 加入");
  });

  test.each<[string, object]>([
    ["lets us in", { NativeMessagingBlocklist: ["*"], NativeMessagingAllowlist: ["org.certbridge.host"] }],
    ["is about others", { NativeMessagingBlocklist: ["com.example"], ExtensionInstallBlocklist: ["*"] }],
    ["is no list", { NativeMessagingBlocklist: "*" }],
  ])("that %s hinders nothing", async (_, policy) => {
    const computer = used();
    computer.put(POLICY, JSON.stringify(policy));
    expect(await computer.policies()).toEqual([]);
  });

  test("that leaves out what a person installed hinders nothing where the machine has a manifest", async () => {
    const computer = used();
    computer.put(POLICY, JSON.stringify({ NativeMessagingUserLevelHosts: false }));
    computer.put("etc/chromium/native-messaging-hosts/org.certbridge.host.json", "{}");
    expect(await computer.policies()).toEqual([]);
  });

  test("of a browser that nobody uses, or that cannot be read, is not told", async () => {
    const computer = openComputer();
    computer.put(POLICY, JSON.stringify({ NativeMessagingBlocklist: ["*"] }));
    expect(await computer.policies()).toEqual([]);
    const broken = used();
    broken.put(POLICY, "{");
    expect(await broken.policies()).toEqual([]);
  });
});
