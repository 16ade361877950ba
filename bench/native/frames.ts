/** Frames of native messaging as they pass by: 32-bit little-endian length, then JSON. */

/** Takes chunks of a stream; calls back with each whole frame's JSON. */
export function readFrames(onFrame: (message: unknown) => void): (chunk: Buffer) => void {
  let held = Buffer.alloc(0);
  return (chunk) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 4 && held.length >= 4 + held.readUInt32LE(0)) {
      const end = 4 + held.readUInt32LE(0);
      const message: unknown = JSON.parse(held.toString("utf8", 4, end));
      held = held.subarray(end);
      onFrame(message);
    }
  };
}

export function encodeFrame(message: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(message), "utf8");
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  return Buffer.concat([head, body]);
}
