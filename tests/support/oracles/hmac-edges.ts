/** HMAC-SM3 in the shape of Wycheproof's MAC groups, with what Node's OpenSSL gives: RFC 2104 with the block of 64 bytes. */
import { altered, hex, type Result } from "./edge-example.ts";
import { hmacSm3, sm3 } from "./symmetric.ts";

/** One message under one key. */
export interface MacCase {
  readonly comment: string;
  readonly flags: readonly string[];
  readonly key: string;
  readonly msg: string;
  readonly tag: string;
  readonly result: Result;
}

const some = (len: number, first: number): Buffer =>
  Buffer.from(Uint8Array.from({ length: len }, (_, i) => first + i * 11 + (i >> 8)));

const KEYS = [0, 1, 16, 32, 63, 64, 65, 128, 1000];
const MESSAGES = [0, 1, 54, 55, 56, 63, 64, 65, 119, 120, 128, 129, 1000];

function made(comment: string, flag: string, key: Buffer, msg: Buffer): MacCase {
  return { comment, flags: [flag], key: hex(key), msg: hex(msg), tag: hex(hmacSm3(key, msg)), result: "valid" };
}

export function macCases(): MacCase[] {
  const [key, msg] = [some(32, 1), some(50, 2)];
  const tag = hmacSm3(key, msg);
  const pad = (byte: number): Buffer => Buffer.from(Buffer.concat([key, Buffer.alloc(32)]).map((each) => each ^ byte));
  const wrong = (comment: string, flag: string, other: Uint8Array): MacCase => ({
    ...made(comment, flag, key, msg),
    tag: hex(other),
    result: "invalid",
  });
  return [
    ...KEYS.flatMap((keyLen) =>
      MESSAGES.map((msgLen) =>
        made(
          `key of ${keyLen} bytes, message of ${msgLen}`,
          keyLen > 64 ? "LongKey" : "Ordinary",
          some(keyLen, 3),
          some(msgLen, 5),
        ),
      ),
    ),
    made(
      "key with zeros after it, up to a block: the same code",
      "EquivalentKey",
      Buffer.concat([key, Buffer.alloc(32)]),
      msg,
    ),
    made("key longer than a block", "EquivalentKey", some(65, 7), msg),
    made("its hash as the key: the same code", "EquivalentKey", sm3(some(65, 7)), msg),
    made("key of zeros", "EquivalentKey", Buffer.alloc(64), msg),
    made("no key: the same code", "EquivalentKey", Buffer.alloc(0), msg),
    ...[...tag.keys()].map((at) => wrong(`bit 0 of byte ${at} flipped`, "ModifiedTag", altered(tag, at))),
    wrong("all turned over", "ModifiedTag", Buffer.from(tag.map((byte) => byte ^ 0xff))),
    wrong("all zeros", "ModifiedTag", Buffer.alloc(32)),
    wrong("SM3 of key ‖ message", "OtherFormula", sm3(Buffer.concat([key, msg]))),
    wrong("SM3 of message ‖ key", "OtherFormula", sm3(Buffer.concat([msg, key]))),
    wrong("the inner hash alone", "OtherFormula", sm3(Buffer.concat([pad(0x36), msg]))),
    wrong("the pads exchanged", "OtherFormula", sm3(Buffer.concat([pad(0x36), sm3(Buffer.concat([pad(0x5c), msg]))]))),
    wrong("key and message exchanged", "OtherFormula", hmacSm3(msg, key)),
    wrong("of the message with a zero more", "OtherFormula", hmacSm3(key, Buffer.concat([msg, Buffer.of(0)]))),
    wrong("16 bytes of it", "TruncatedTag", tag.subarray(0, 16)),
  ];
}
