import * as v from "valibot";

/** What a certificate set is kept in: CA锁, phone app, or the file-based store (lower assurance, said so on screen). */
export const carrier = v.picklist(["usb-key", "phone", "software"]);

export type Carrier = v.InferOutput<typeof carrier>;
