/** What is signed, while somebody changes it. */
import { approvalOf, BIDDER } from "@certbridge/demo/walk";
import { verifySignedData } from "@certbridge/pki";
import { GM_DATA } from "@certbridge/protocol/content-types";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { Said, Scene, Stories } from "../scene.ts";

const cmsOf = ({ cms }: Said) => new Uint8Array(Buffer.from(String(cms), "base64url"));

async function choose(scene: Scene, page: Awaited<ReturnType<Scene["show"]>>, words: string): Promise<string> {
  const path = join(scene.stage.pictures, "..", "offer.txt");
  await writeFile(path, words);
  const input = await page.$("input");
  await (input as unknown as { uploadFile(path: string): Promise<void> }).uploadFile(path);
  return path;
}

/** The SM3 that the approval window shows, whole. */
const shownDigest = (page: Awaited<ReturnType<Scene["show"]>>) =>
  page.$eval(".digest", (element) => element.textContent ?? "");

export const contents: Stories = {
  async "file-replaced-after"(scene, attack) {
    const page = await scene.open(attack);
    const path = await choose(scene, page, "as the person was shown it");
    const approval = await approvalOf(scene.stage.browser);
    await writeFile(path, "as it became afterwards");
    await approval.accept(BIDDER.pin);
    const cms = cmsOf(await scene.said(attack));
    const { gm } = scene.stage.demo;
    const verify = (content: string) =>
      verifySignedData(gm, cms, { contentType: GM_DATA, content: new TextEncoder().encode(content) });
    expect(() => verify("as the person was shown it")).not.toThrow();
    expect(() => verify("as it became afterwards")).toThrow();
  },

  async "file-replaced-before"(scene, attack) {
    const page = await scene.open(attack);
    const path = await choose(scene, page, "as it was chosen");
    // The browser takes note of a chosen file's time on a thread of its own, and tells nobody when it has.
    await new Promise((resolve) => setTimeout(resolve, 500));
    await writeFile(path, "as it became");
    scene.tell(attack);
    expect(await scene.said(attack)).toEqual(attack.says);
  },

  async "buffer-changed"(scene, attack) {
    await scene.open(attack);
    await (await approvalOf(scene.stage.browser)).accept(BIDDER.pin);
    const { content } = verifySignedData(scene.stage.demo.gm, cmsOf(await scene.said(attack)), {
      contentType: GM_DATA,
    });
    expect(content).toEqual(new Uint8Array(16).fill(1));
  },

  async "buffer-shared"(scene, attack) {
    await scene.open(attack);
    const approval = await approvalOf(scene.stage.browser);
    const shown = await shownDigest(approval.page);
    await approval.accept(BIDDER.pin);
    const said = await scene.said(attack);
    expect(said["isolated"]).toBe(true);
    const { gm } = scene.stage.demo;
    const { content } = verifySignedData(gm, cmsOf(said), { contentType: GM_DATA });
    expect(Buffer.from(gm.sm3(content ?? new Uint8Array())).toString("hex")).toBe(shown);
  },
};
