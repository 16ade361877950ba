/** What all pages of a platform have around their own part. */
import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";

/** How a platform looks. */
export interface Look {
  readonly id: string;
  readonly name: string;
  readonly region: string;
  /** "blue" or "red": a theme of site.css. */
  readonly theme: string;
  /** CAs whose certificates it takes, platforms whose credentials it takes: by name. */
  readonly authorities: readonly string[];
  readonly platforms: readonly string[];
  readonly notices: readonly { readonly title: string; readonly code: string; readonly opening: string }[];
}

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** Where a page's script says what it found of the extension. */
export const deviceLine = html`<p class="device" id="device" data-testid="device" role="status">正在检测互认通……</p>`;

const PLACES = [
  { name: "site", path: "/", words: "首页" },
  { name: "bid", path: "/bid", words: "投标" },
  { name: "hall", path: "/hall", words: "开标大厅" },
] as const;

/** A page's own part. Its script is named after it; its style comes beside the common one. */
export interface PagePart {
  readonly title: string;
  readonly name: "site" | "bid" | "hall" | "host";
  readonly style: "home" | "bid" | "hall";
  readonly main: Html;
}

export function frame(look: Look, { title, name, style, main }: PagePart): Html {
  return html`<!doctype html>
    <html lang="zh-CN" data-theme="${look.theme}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="stylesheet" href="/site.css" />
        <link rel="stylesheet" href="/${style}.css" />
        <script src="/kernel.js"></script>
        <script type="module" src="/${name}.js"></script>
      </head>
      <body>
        <header>
          <div class="wide">
            <span class="mark" aria-hidden="true">标</span>
            <h1>${look.name}</h1>
            <nav aria-label="主菜单">
              ${PLACES.map(
                (place) =>
                  html`<a href="${place.path}" ${place.name === name ? html`aria-current="page"` : ""}
                    >${place.words}</a
                  >`,
              )}
            </nav>
            <p id="who" data-testid="who"></p>
          </div>
        </header>
        <p class="banner" id="shared-certificate-kernel" role="alert" hidden></p>
        <main class="wide">
          <p id="message" data-testid="message" role="alert" tabindex="-1"></p>
          ${main}
        </main>
        <footer><div class="wide">演示平台：所有单位、项目和CA均为虚构。</div></footer>
      </body>
    </html>`;
}
