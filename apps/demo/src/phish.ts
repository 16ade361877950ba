/**
 * `https://phish.demo.test` takes part in nothing. Its front page is a faithful copy of a platform's; `/attempts` tries what a
 * foreign page can try, and shows what it got.
 */
import { Hono } from "hono";
import { html } from "hono/html";
import type { Assets } from "./platform/assets.ts";
import type { Look } from "./platform/frame.ts";
import { renderPage } from "./platform/home-page.ts";

export function createPhish(assets: Assets, imitated: Look): Hono {
  const app = new Hono();
  app.get("/", (context) => context.html(renderPage(imitated)));
  app.get("/attempts", (context) =>
    context.html(
      html`<!doctype html>
        <html lang="zh-CN">
          <head>
            <meta charset="utf-8" />
            <title>仿冒页面（演示）</title>
            <link rel="stylesheet" href="/site.css" />
            <script type="module" src="/phish.js"></script>
          </head>
          <body>
            <header>
              <div class="wide"><h1>仿冒页面（演示）</h1></div>
            </header>
            <main class="wide">
              <section class="card">
                <h2>本页不在互认平台名录中</h2>
                <p>它照样去试：每一项都应当一无所获。</p>
                <ul id="attempts" data-testid="attempts"></ul>
              </section>
            </main>
          </body>
        </html>`,
    ),
  );
  for (const [path, { body, type }] of assets) {
    app.get(path, (context) => context.body(body, 200, { "Content-Type": type }));
  }
  return app;
}
