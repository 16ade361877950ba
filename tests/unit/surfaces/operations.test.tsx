// @vitest-environment happy-dom
import { NOW, HASH, REQUEST, clearStage, keyNamed, sent, stage, viewWith } from "./stage.ts";
import { render } from "preact";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { CredentialSummary } from "@certbridge/protocol/host";
import type { ApprovalView } from "@certbridge/protocol/surface";
import { ApprovalWindow } from "../../../extension/surfaces/approval/approval.tsx";

let root: HTMLElement;

beforeEach(() => {
  clearStage();
  vi.useFakeTimers({ now: NOW });
  root = document.createElement("div");
  document.body.append(root);
});

afterEach(() => {
  render(null, root);
  root.remove();
  vi.useRealTimers();
});

async function open(view: ApprovalView): Promise<void> {
  stage.answers.approval = () => view;
  render(<ApprovalWindow id={REQUEST} />, root);
  await vi.advanceTimersByTimeAsync(1000);
}

async function agree(): Promise<void> {
  const pin = root.querySelector<HTMLInputElement>("#pin");
  if (pin) pin.value = "246810";
  root.querySelector<HTMLButtonElement>("button[type=submit]")?.click();
  await vi.advanceTimersByTimeAsync(50);
}

const text = () => root.textContent ?? "";
const confirmWords = () => root.querySelector("button[type=submit]")?.textContent;

function credential(id: string, name: string): CredentialSummary {
  return {
    credentialId: id,
    issuer: { platformId: id, name, origin: "https://bid-a.demo.test", listed: true },
    subject: { name: "江南建设工程有限公司", uscc: "91320100MA1WXYZ12D" },
    issuedAt: "2026-10-01T00:00:00Z",
    expiresAt: "2027-09-19T04:00:00Z",
  };
}

test("login: what it is, and what the site gets", async () => {
  await open(viewWith());
  expect(text()).toContain("只用于这一次登录，不签署任何文件");
  expect(text()).toContain("单位名称和统一社会信用代码");
  expect(confirmWords()).toBe("确认登录");
});

test("register: the only credential is announced, and goes with the answer", async () => {
  const key = keyNamed("a", { credentials: [credential("cred-a", "江南公共资源交易平台")] });
  await open(viewWith({ asked: { operation: "register" }, keys: [key] }));
  expect(text()).toContain("将出示江南公共资源交易平台的登记凭证");
  expect(confirmWords()).toBe("确认注册");
  await agree();
  expect(sent.at(-1)?.params).toMatchObject({ key: { credentialId: "cred-a" } });
});

test("register: the person may show none", async () => {
  const key = keyNamed("a", { credentials: [credential("cred-a", "江南")] });
  await open(viewWith({ asked: { operation: "register" }, keys: [key] }));
  root.querySelector<HTMLInputElement>("input[name=credential][value='']")?.click();
  await agree();
  expect(sent.at(-1)?.params).toMatchObject({ key: { credentialId: null } });
});

test("register: of two credentials none is preselected, and one must be chosen", async () => {
  const key = keyNamed("a", { credentials: [credential("cred-a", "江南"), credential("cred-b", "岭北")] });
  await open(viewWith({ asked: { operation: "register" }, keys: [key] }));
  expect(root.querySelector("input[name=credential]:checked")).toBeNull();
  await agree();
  expect(sent.filter(({ verb }) => verb === "accept")).toEqual([]);
  expect(root.querySelector("#credential-problem")?.textContent).toContain("请选择出示哪份登记凭证");
  root.querySelector<HTMLInputElement>("input[value='cred-b']")?.click();
  await agree();
  expect(sent.at(-1)?.params).toMatchObject({ key: { credentialId: "cred-b" } });
});

test("register: without a credential the person knows that a form will come", async () => {
  await open(viewWith({ asked: { operation: "register" } }));
  expect(text()).toContain("这张证书还没有登记凭证");
  await agree();
  expect(sent.at(-1)?.params).toMatchObject({ key: { credentialId: null } });
});

test("saveRegistration: issuer, bidder, number and expiry; no key, no PIN", async () => {
  const asked = { operation: "saveRegistration", credential: credential("cred-a", "江南公共资源交易平台") } as const;
  await open(viewWith({ asked, usesKey: false, keys: [] }));
  for (const fact of ["江南公共资源交易平台", "江南建设工程有限公司", "91320100MA1WXYZ12D", "2027年9月19日"]) {
    expect(text()).toContain(fact);
  }
  expect(root.querySelector("#pin")).toBeNull();
  await agree();
  expect(sent.at(-1)).toEqual({ verb: "accept", params: { id: REQUEST, hash: HASH, key: null } });
});

test("jobs: each that the site would get, by lot and state; no key, no PIN; where there is none only the person is told", async () => {
  const job = { projectName: "滨江路\u202E改造工程", lot: "1标段", startedAt: "2026-11-28T01:31:07Z" };
  const states = ["working", "done", "failed", "lost"] as const;
  const jobs = states.map((state) => ({ ...job, jobId: state, state }));
  await open(viewWith({ asked: { operation: "jobs", jobs }, usesKey: false, keys: [] }));
  const rows = Array.from(root.querySelectorAll(".item"), ({ textContent }) => textContent ?? "");
  expect(rows.map((row) => /正在加密|已完成|没有完成|已中断/.exec(row)?.[0])).toEqual([
    "正在加密",
    "已完成",
    "没有完成",
    "已中断",
  ]);
  expect(rows[0]).toContain("滨江路改造工程 1标段");
  expect(root.querySelector("#pin")).toBeNull();
  expect(confirmWords()).toBe("找回");
  await agree();
  expect(sent.at(-1)).toEqual({ verb: "accept", params: { id: REQUEST, hash: HASH, key: null } });

  render(null, root);
  await open(viewWith({ asked: { operation: "jobs", jobs: [] }, usesKey: false, keys: [] }));
  expect(text()).toContain("没有可以找回的加密投标文件");
  expect(confirmWords()).toBeUndefined();
});

test("sign: every file by name, size and SM3; what cannot be read is said", async () => {
  const digest = `${"A".repeat(42)}8`;
  const items = [
    { name: "投标函.pdf", len: 184_320, digest },
    { name: "evil\u202Efdp.exe", len: 912, digest },
    { name: "\u200B\u2066", len: 1, digest },
  ];
  await open(
    viewWith({
      asked: {
        operation: "sign",
        format: "cms-detached",
        items,
        unreadable: [{ index: 3, name: "损坏\u202E的附件.docx", error: "CONTENT_UNREADABLE" }],
      },
    }),
  );
  const rows = Array.from(root.querySelectorAll(".item"));
  expect(rows).toHaveLength(3);
  expect(rows[0]?.querySelector(".item-name")?.textContent).toBe("投标函.pdf");
  expect(rows[0]?.querySelector(".item-size")?.textContent).toBe("180 KB");
  expect(rows[0]?.querySelector("summary code")?.textContent).toBe("00000000 … 0000000f");
  expect(rows[0]?.querySelector(".digest")?.textContent).toBe(`${"0".repeat(63)}f`);
  expect(rows[1]?.querySelector(".item-name")?.textContent).toBe("evilfdp.exe");
  expect(rows[2]?.querySelector(".item-name")?.textContent).toBe("（没有名称）");
  expect(text()).toContain("共 3 个，181 KB");
  expect(text()).toContain("损坏的附件.docx");
  expect(root.innerHTML).not.toMatch(/[\u202A-\u202E\u2066-\u2069\u200B]/);
  expect(confirmWords()).toBe("确认签名");
});
