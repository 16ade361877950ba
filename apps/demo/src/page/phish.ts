/** A page that does not take part and tries all the same. What it gets stands on the page, one line an attempt. */
import { CHROMIUM_EXTENSION_ID } from "@certbridge/protocol/ids";
import { element, find } from "./view.ts";

/** Where the genuine platform is. */
const GENUINE = "https://bid-a.demo.test";

interface Runtime {
  sendMessage(id: string, message: unknown, answered: (answer: unknown) => void): void;
  readonly lastError?: { readonly message?: string };
}

const message = {
  v: 1,
  kind: "request",
  id: "AAAAAAAAAAAAAAAAAAAAAA",
  operation: "login",
  params: { nonce: "A".repeat(43) },
};

const later = (ms: number) => new Promise<string>((done) => setTimeout(() => done("nothing"), ms));

/** Each attempt gives what it reached; "nothing" is what every one of them must end with. */
const attempts: Readonly<Record<string, () => Promise<string>>> = {
  api: () => Promise.resolve("sharedCertificate" in window ? "the page API" : "nothing"),
  message: () => {
    window.postMessage(message, "*");
    const heard = new Promise<string>((done) => {
      window.addEventListener("message", (event) => {
        if (event.data !== null && typeof event.data === "object" && "ok" in event.data) done("an answer");
      });
    });
    return Promise.race([heard, later(800)]);
  },
  extension: () => {
    const { chrome } = window as { chrome?: { runtime?: Runtime } };
    const runtime = chrome?.runtime;
    if (runtime === undefined) return Promise.resolve("nothing");
    const asked = new Promise<string>((done) => {
      try {
        runtime.sendMessage(CHROMIUM_EXTENSION_ID, message, (answer) => {
          done(runtime.lastError === undefined && answer !== undefined ? "an answer" : "nothing");
        });
      } catch {
        done("nothing");
      }
    });
    return Promise.race([asked, later(800)]);
  },
  frame: () => {
    const frame = document.createElement("iframe");
    frame.src = `${GENUINE}/`;
    const loaded = new Promise<string>((done) => {
      frame.addEventListener("load", () => {
        try {
          done(frame.contentWindow !== null && "sharedCertificate" in frame.contentWindow ? "the page API" : "nothing");
        } catch {
          done("nothing");
        }
      });
    });
    document.body.append(frame);
    return Promise.race([loaded, later(1500)]);
  },
  nonce: async () => {
    try {
      const answer = await fetch(`${GENUINE}/api/nonce`, { method: "POST", credentials: "include" });
      return answer.ok ? "a challenge" : "nothing";
    } catch {
      return "nothing";
    }
  },
};

for (const [name, attempt] of Object.entries(attempts)) {
  const line = element("li", `${name}: …`);
  find("attempts").append(line);
  void attempt().then((reached) => {
    line.dataset["attempt"] = name;
    line.dataset["reached"] = reached;
    line.textContent = `${name}: ${reached}`;
    if (document.querySelectorAll("[data-reached]").length === Object.keys(attempts).length) {
      document.body.dataset["state"] = "done";
    }
  });
}
