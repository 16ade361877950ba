/** A person with a keyboard and no mouse: real key events, and what the browser's accessibility tree says of where they are. */
import type { KeyInput, Page, SerializedAXNode } from "puppeteer";

/** Where the focus is. */
export interface Stop {
  readonly role: string;
  readonly name: string;
}

export interface Hand {
  press(...keys: readonly KeyInput[]): Promise<void>;
  type(text: string): Promise<void>;
  /** Null where nothing of the page has the focus. */
  focused(): Promise<Stop | null>;
  /** Presses Tab until that name has the focus. */
  reach(name: string, key?: "Tab" | "Shift+Tab"): Promise<void>;
  /** Presses Tab until the focus has left the page or come back to where it began: the stops in their order. */
  walk(key?: "Tab" | "Shift+Tab"): Promise<readonly Stop[]>;
  /** Every node with a role that means something, in the order in which it is read. */
  read(): Promise<readonly SerializedAXNode[]>;
}

const MOST_STOPS = 80;

/** Roles that only hold others. */
const SILENT = new Set([
  "none",
  "generic",
  "paragraph",
  "LabelText",
  "Legend",
  "StaticText",
  "InlineTextBox",
  "ListMarker",
]);

function flatten(node: SerializedAXNode): readonly SerializedAXNode[] {
  return [node, ...(node.children ?? []).flatMap(flatten)];
}

/** What is wrong with how the focus shows; empty where it can be seen. */
function unseen(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (element === null || element === document.body) return [];
    // A radio button's card carries its ring.
    const shown = element.closest("label.card") ?? element;
    const { outlineStyle, outlineWidth } = getComputedStyle(shown);
    const { left, right, top, bottom } = element.getBoundingClientRect();
    const complaints = [];
    if (outlineStyle === "none" || Number.parseFloat(outlineWidth) < 2) complaints.push("no ring");
    const outside = left < -1 || right > innerWidth + 1 || bottom <= 0 || top >= innerHeight;
    if (outside) complaints.push("out of view");
    const hit = document.elementFromPoint((left + right) / 2, Math.min((top + bottom) / 2, top + 10));
    if (!outside && hit !== null && !shown.contains(hit) && !hit.contains(element)) complaints.push("covered");
    return complaints.map((complaint) => `${complaint}: ${element.outerHTML.slice(0, 120)}`);
  });
}

export function handOn(page: Page): Hand {
  const read: Hand["read"] = async () => {
    const root = await page.accessibility.snapshot({ interestingOnly: false });
    return root === null ? [] : flatten(root).filter(({ role }) => !SILENT.has(role));
  };

  const press: Hand["press"] = async (...keys) => {
    for (const key of keys) {
      // The window may be gone before the key comes up again.
      await page.keyboard.press(key).catch((error: Error) => {
        if (!/session closed|target closed/i.test(error.message)) throw error;
      });
    }
  };

  const focused: Hand["focused"] = async () => {
    if (await page.evaluate(() => document.activeElement === document.body)) return null;
    const node = (await read()).find((each) => each.focused === true && each.role !== "RootWebArea");
    return node === undefined ? null : { role: node.role, name: node.name ?? "" };
  };

  /** One step on, with the focus in sight. */
  async function step(key: "Tab" | "Shift+Tab"): Promise<Stop | null> {
    if (key === "Shift+Tab") await page.keyboard.down("Shift");
    await page.keyboard.press("Tab");
    if (key === "Shift+Tab") await page.keyboard.up("Shift");
    const complaints = await unseen(page);
    if (complaints.length > 0) throw new Error(complaints.join("; "));
    return focused();
  }

  return {
    press,
    type: (text) => page.keyboard.type(text),
    focused,
    read,
    async reach(name, key = "Tab") {
      const passed: string[] = [];
      for (let stops = 0; stops < MOST_STOPS; stops++) {
        const stop = await step(key);
        if (stop?.name === name) return;
        passed.push(stop?.name ?? "–");
      }
      throw new Error(`no ${key} comes to ${name}, only to ${passed.join(", ")}`);
    },
    async walk(key = "Tab") {
      const stops: Stop[] = [];
      for (let count = 0; count < MOST_STOPS; count++) {
        const stop = await step(key);
        const first = stops[0];
        if (stop === null) return stops;
        if (first !== undefined && stops.length > 1 && stop.name === first.name && stop.role === first.role)
          return stops;
        stops.push(stop);
      }
      throw new Error(`the focus is kept: ${stops.map(({ name }) => name).join(", ")}`);
    },
  };
}
