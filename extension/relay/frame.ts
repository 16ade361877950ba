/**
 * The way of contents where messages of the extension carry no Blobs (Chromium before 148): a frame of the extension inside the
 * page, which gets them by reference; from there a package comes back. One frame for one request, in a closed shadow root. The page can
 * see that it is there, remove it and send it messages; it harms nobody but its own request.
 */
import type { FrameContent, FramePackage, PackageElsewhere, Probe } from "@certbridge/protocol/page/wire";

export interface FrameRuntime {
  readonly id?: string;
  getURL(path: string): string;
  sendMessage(message: Probe): Promise<unknown>;
}

/** The frame must come up within this time, or the page does not let it. */
const LOAD_MS = 15_000;
const LOOK_MS = 100;

const BLOB_TAGS = ["[object Blob]", "[object File]"];

/**
 * A Blob of the page, also one of another realm than this script: in Firefox those that come after an answer with a File in it are. What only
 * says that it is one arrives empty at the background, which refuses it.
 */
export function isBlob(value: unknown): value is Blob {
  return value instanceof Blob || BLOB_TAGS.includes(Object.prototype.toString.call(value));
}

/** Blobs in the order in which they stand in the params, and the params with a sign in their places. */
export function takeBlobs(value: unknown, blobs: Blob[]): unknown {
  if (isBlob(value)) {
    blobs.push(value);
    return "name" in value ? { inFrame: true, name: value.name, size: value.size } : { inFrame: true };
  }
  if (Array.isArray(value)) return value.map((inner) => takeBlobs(inner, blobs));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, takeBlobs(inner, blobs)]));
}

/** Whether this browser's messages carry Blobs. Tried once; a background that is gone is asked again. */
export function createProbe(runtime: FrameRuntime): () => Promise<boolean> {
  let carries: boolean | undefined;
  return async () => {
    carries ??= (await runtime.sendMessage({ v: 1, kind: "probe", content: new Blob(["1"]) })) === true;
    return carries;
  };
}

/** The extension's frame inside the page, and what it answered. */
interface OpenFrame {
  readonly answer: unknown;
  remove(): void;
}

/** Opens a frame, and says this to it. Rejects where it does not come up. */
async function openFrame(runtime: FrameRuntime, message: FrameContent | FramePackage): Promise<OpenFrame> {
  const place = document.createElement("div");
  place.hidden = true;
  const frame = document.createElement("iframe");
  place.attachShadow({ mode: "closed" }).append(frame);
  document.documentElement.append(place);
  const remove = () => place.remove();
  const { port1: port, port2 } = new MessageChannel();
  const until = Date.now() + LOAD_MS;
  let look: ReturnType<typeof setInterval> | undefined;
  try {
    const answer = await new Promise<unknown>((resolve, reject) => {
      port.addEventListener("message", ({ data }) => resolve(data));
      port.start();
      frame.addEventListener("load", () => {
        frame.contentWindow?.postMessage(message, `chrome-extension://${runtime.id}`, [port2]);
      });
      frame.src = runtime.getURL("frame.html");
      // A page may refuse frames, or remove this one.
      look = setInterval(() => {
        if (!frame.isConnected || Date.now() > until) reject(new Error("the frame does not come up"));
      }, LOOK_MS);
    });
    return { answer, remove };
  } catch (error) {
    remove();
    throw error;
  } finally {
    clearInterval(look);
    port.close();
  }
}

/** Hands the contents of a request over; gives what removes the frame that has them. */
export async function bringContents(runtime: FrameRuntime, id: string, contents: readonly Blob[]): Promise<() => void> {
  return (await openFrame(runtime, { v: 1, kind: "frame-content", id, contents: [...contents] })).remove;
}

/** A package that an answer names, as a File of its own name; null where it is not there any more. */
async function fetchPackage(runtime: FrameRuntime, { id, packageId, len }: PackageElsewhere): Promise<File | null> {
  const { answer, remove } = await openFrame(runtime, { v: 1, kind: "frame-package", id, len });
  remove();
  if (!(answer instanceof Blob)) return null;
  // docs/formats/legacy-package.md
  const ending = answer.type === "application/pkcs7-mime" ? "p7m" : "cbid";
  return new File([answer], `${packageId}.${ending}`, { type: answer.type });
}

/** What the background answered, with files in the places of their names. */
export async function fetchPackages(runtime: FrameRuntime, value: unknown): Promise<unknown> {
  if (Array.isArray(value)) {
    const fetched: unknown[] = [];
    for (const inner of value) fetched.push(await fetchPackages(runtime, inner));
    return fetched;
  }
  if (typeof value !== "object" || value === null || !("package" in value) || value.package === null) return value;
  return { ...value, package: await fetchPackage(runtime, value.package as PackageElsewhere) };
}
