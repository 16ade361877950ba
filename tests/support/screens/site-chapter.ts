/** The popup over every kind of page, and the options page, with a site that the person adds and takes away again. */
import { appears, openSite, says, type Site } from "@certbridge/demo/walk";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "puppeteer";
import { ask } from "./asking.ts";
import { openSettings } from "../settings.ts";
import { seePage, seePopup, type Tour } from "./tour.ts";

export const siteScreens = [
  "popup: participating",
  "popup: a request waits",
  "popup: not participating",
  "popup: insecure",
  "popup: no site",
  "bids: none, checked",
  "options: sites",
  "options: address missing",
  "options: added",
  "options: there already",
  "approval: of an added site",
  "popup: added site",
  "options: not allowed",
  "popup: needs permission",
  "popup: just allowed",
  "options: removed",
] as const;

async function popupsElsewhere(tour: Tour, site: Site): Promise<void> {
  const { stage, words } = tour;
  const open = (url: string) => stage.browser.open(url);
  await seePopup(tour, "popup: participating", site.page, words("popup_site_ready"), async (popup) => {
    await popup.click("details summary");
  });
  const { approval } = await ask(stage, site, "login");
  await seePopup(tour, "popup: a request waits", site.page, words("popup_waiting"));
  await approval.page.close();

  const foreign = await open(stage.demo.phish.origin);
  await seePopup(tour, "popup: not participating", foreign, words("popup_site_not_participating"));
  await foreign.close();

  const server = createServer((_request, response) => response.end("<title>http</title>")).listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  const { port } = server.address() as AddressInfo;
  const insecure = await open(`http://127.0.0.1:${port}/`);
  await seePopup(tour, "popup: insecure", insecure, words("popup_site_insecure"));
  await insecure.close();
  server.closeAllConnections();
  server.close();

  const blank = await open("about:blank");
  await seePopup(tour, "popup: no site", blank, words("popup_site_none"));
  await blank.close();
}

async function add(options: Page, address: string): Promise<void> {
  await options.bringToFront();
  await options.$eval("#origin", (field) => {
    (field as HTMLInputElement).value = "";
  });
  if (address !== "") await options.type("#origin", address);
  await options.click("form button[type=submit]");
}

export async function walkSiteChapter(tour: Tour): Promise<void> {
  const { stage, words, see } = tour;
  const site = await openSite(stage.browser, stage.demo.platforms.a.origin);
  await popupsElsewhere(tour, site);
  await seePage(tour, "bids: none, checked", "bids.html#rescue", words("rescue_none"));
  await site.page.close();

  const { origin } = stage.demo.phish;
  const settings = await openSettings(stage);
  const options = await stage.browser.open(stage.browser.extensionUrl("options.html"));
  await appears(options, ".site-row");
  await see("options: sites", options);
  await add(options, "");
  await says(options, words("options_add_error_empty"));
  await see("options: address missing", options);
  await settings.grant(`${origin}/*`);
  await add(options, origin);
  await says(options, words("options_added", origin));
  await see("options: added", options);
  await add(options, origin);
  await says(options, words("options_add_exists", origin));
  await see("options: there already", options);

  const added = await openSite(stage.browser, origin);
  const { approval } = await ask(stage, added, "login");
  await says(approval.page, words("approval_added_site_note"));
  await see("approval: of an added site", approval.page);
  await approval.page.close();
  await seePopup(tour, "popup: added site", added.page, words("popup_site_added"));

  await settings.withdraw(`${origin}/*`);
  await options.reload();
  await says(options, words("options_not_granted"));
  await see("options: not allowed", options);
  await seePopup(tour, "popup: needs permission", added.page, words("popup_site_needs_permission"), async (popup) => {
    await settings.grant(`${origin}/*`);
    await popup.click(".site button.primary");
    await says(popup, words("popup_site_granted"));
    await see("popup: just allowed", popup);
  });
  await options.reload();
  await appears(options, ".site-row:last-child button");
  await options.bringToFront();
  await options.click(".site-row:last-child button");
  await says(options, words("options_removed", origin));
  await see("options: removed", options);
  await Promise.all([options.close(), added.page.close(), settings.close()]);
}
