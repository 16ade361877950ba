/** A page as an eye sees it: its theme, its width, its zoom. */
import type { CDPSession, Page } from "puppeteer";

/** CSS media features, as the person's system would tell them. */
export interface Taste {
  readonly scheme?: "light" | "dark";
  readonly forcedColors?: boolean;
  readonly reducedMotion?: boolean;
}

export interface Window {
  readonly width: number;
  readonly height: number;
}

export interface Sight {
  prefer(taste: Taste): Promise<void>;
  /** So many pixels on the screen, so many of them to a CSS pixel; null for its own size. */
  resize(size: Window | null, zoom?: number): Promise<void>;
  /** Null where the browser draws nothing: a page on which nothing changes may wait for its next frame for ever. */
  picture(): Promise<Uint8Array | null>;
  close(): Promise<void>;
}

export async function look(page: Page): Promise<Sight> {
  const session: CDPSession = await page.createCDPSession();
  const own = page.viewport();
  return {
    async prefer({ scheme = "light", forcedColors = false, reducedMotion = false }) {
      await session.send("Emulation.setEmulatedMedia", {
        features: [
          { name: "prefers-color-scheme", value: scheme },
          { name: "forced-colors", value: forcedColors ? "active" : "none" },
          { name: "prefers-reduced-motion", value: reducedMotion ? "reduce" : "no-preference" },
        ],
      });
    },
    async resize(size, zoom = 1) {
      const { width, height } = size ?? own ?? { width: 0, height: 0 };
      const css = { width: Math.floor(width / zoom), height: Math.floor(height / zoom) };
      await session.send("Emulation.setDeviceMetricsOverride", { ...css, deviceScaleFactor: zoom, mobile: false });
      // What still moves under a pointer is missed by it; a tab that is not drawn gives no frame to wait for.
      if (size === null) await new Promise((resolve) => setTimeout(resolve, 150));
    },
    async picture() {
      for (const opacity of ["0.999", ""]) {
        const taken = session.send("Page.captureScreenshot", { format: "png" }).catch(() => null);
        await page.evaluate((value) => {
          document.documentElement.style.opacity = value;
        }, opacity);
        const picture = await Promise.race([taken, new Promise<null>((late) => setTimeout(() => late(null), 1500))]);
        if (picture !== null) return new Uint8Array(Buffer.from(picture.data, "base64"));
      }
      return null;
    },
    async close() {
      await session.detach();
    },
  };
}
