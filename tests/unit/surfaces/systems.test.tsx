// @vitest-environment happy-dom
import { NOW, REQUEST, clearStage, stage } from "./stage.ts";
import { render } from "preact";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { installsOn } from "../../../extension/surfaces/welcome/systems.ts";
import { WelcomePage } from "../../../extension/surfaces/welcome/welcome.tsx";

const CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36";
const LINUX = `Mozilla/5.0 (X11; Linux x86_64) ${CHROME}`;
const WINDOWS = `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME}`;
const MACOS = `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${CHROME}`;
const WAITING = {
  id: REQUEST,
  platform: { origin: "https://bid-a.demo.test", name: "江南公共资源交易平台（演示）" },
  operation: "login",
  tabId: 3,
};

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
  vi.restoreAllMocks();
});

async function welcomeOn(userAgent: string): Promise<string> {
  vi.spyOn(navigator, "userAgent", "get").mockReturnValue(userAgent);
  stage.answers.welcome = () => ({ host: { state: "missing" }, waiting: WAITING });
  render(<WelcomePage />, root);
  await vi.advanceTimersByTimeAsync(50);
  return root.textContent ?? "";
}

test.each([
  [LINUX, true],
  ["Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", true],
  [WINDOWS, false],
  [MACOS, false],
  [`Mozilla/5.0 (Linux; Android 10; K) ${CHROME}`, false],
  [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${CHROME}`, false],
])("%s: the program installs there: %s", (userAgent, installs) => {
  expect(installsOn(userAgent)).toBe(installs);
});

describe("the welcome page without the program", () => {
  test("shows the command where it works, and says that the waiting page is not forgotten", async () => {
    const text = await welcomeOn(LINUX);
    expect(text).toContain("./certbridge-host install");
    expect(text).toContain("装好互认通程序后会自动回到那里");
    expect(text).not.toContain("Windows");
  });

  test.each([WINDOWS, MACOS])("shows no command and promises nothing on %s", async (userAgent) => {
    const text = await welcomeOn(userAgent);
    expect(text).toContain("还没有 Windows 版和 macOS 版");
    expect(text).not.toContain("certbridge-host");
    expect(text).not.toContain("会自动回到");
  });
});
