/**
 * Secrets from a person: typed at a terminal without an echo, or as lines of standard input with `--pin-stdin` (first the PIN,
 * then the password of a key file). Never from the arguments and never from the environment, which other programs can read.
 */
import type { ReadStream } from "node:tty";
import type { Readable, Writable } from "node:stream";
import { UsageError } from "./words.ts";

export interface Secrets {
  pin(): Promise<string>;
  /** A PIN that is being set: typed twice at a terminal. */
  newPin(): Promise<string>;
  /** The password of a key file; empty where the person just presses Enter. */
  passphrase(): Promise<string>;
  newPassphrase(): Promise<string>;
  /** A word that the person types to confirm. */
  confirmation(question: string): Promise<string>;
}

const SECRET_LEN = 1024;
const CTRL_C = "\u0003";
const CTRL_D = "\u0004";
const BACKSPACE: readonly string[] = ["\u007f", "\b"];

/** One line, typed; `echo` shows it. */
function typeLine(input: ReadStream, output: Writable, question: string, echo: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const typed: string[] = [];
    output.write(question);
    input.setRawMode(true);
    input.setEncoding("utf8");
    input.resume();
    function finish(): void {
      input.off("data", take);
      input.setRawMode(false);
      input.pause();
      output.write("\n");
    }
    function take(chunk: string): void {
      const letters = Array.from(chunk);
      for (const [at, letter] of letters.entries()) {
        if (letter === "\r" || letter === "\n") {
          finish();
          // What was typed ahead belongs to the next question.
          const ahead = letters.slice(at + 1).join("");
          if (ahead !== "") input.unshift(ahead);
          resolve(typed.join(""));
          return;
        }
        if (letter === CTRL_C || letter === CTRL_D) {
          finish();
          reject(new UsageError("已取消。", "Cancelled."));
          return;
        }
        if (BACKSPACE.includes(letter)) {
          if (typed.pop() !== undefined && echo) output.write("\b \b");
        } else if (typed.length < SECRET_LEN) {
          typed.push(letter);
          if (echo) output.write(letter);
        }
      }
    }
    input.on("data", take);
  });
}

export function terminalSecrets(input: ReadStream, output: Writable): Secrets {
  const ask = (question: string): Promise<string> => typeLine(input, output, question, false);
  async function twice(question: string): Promise<string> {
    const first = await ask(`${question}: `);
    if ((await ask(`${question}（再输一次 / once more）: `)) === first) return first;
    throw new UsageError("两次输入不一致。", "The two are not the same.");
  }
  return {
    pin: () => ask("PIN码 / PIN: "),
    newPin: () => twice("新PIN码（至少6个字符） / new PIN (6 characters at least)"),
    passphrase: () => ask("文件密码 / password of the file: "),
    newPassphrase: () => twice("为导出文件设置密码 / a password for the exported file"),
    confirmation: (question) => typeLine(input, output, `${question} `, true),
  };
}

/** Lines of standard input, in the order in which they are asked for. */
export function streamSecrets(input: Readable): Secrets {
  let lines: Promise<string[]> | null = null;
  async function readLines(): Promise<string[]> {
    const chunks: Buffer[] = [];
    let len = 0;
    for await (const chunk of input) {
      const bytes = Buffer.from(chunk);
      len += bytes.length;
      if (len > 4 * SECRET_LEN) throw new UsageError("标准输入过长。", "Standard input is too long.");
      chunks.push(bytes);
    }
    const text = Buffer.concat(chunks).toString("utf8");
    const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
    // Behind the last line's end there is none.
    return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
  }
  async function next(): Promise<string> {
    lines ??= readLines();
    const line = (await lines).shift();
    if (line === undefined) throw new UsageError("标准输入缺少一行。", "Standard input lacks a line.");
    return line;
  }
  return { pin: next, newPin: next, passphrase: next, newPassphrase: next, confirmation: next };
}

/** Where nobody can be asked. */
export function noSecrets(): Secrets {
  const refuse = (): Promise<never> =>
    Promise.reject(
      new UsageError(
        "这里不是终端，无法输入PIN码。请在终端运行，或加 --pin-stdin 从标准输入提供。",
        "This is no terminal. Run it in one, or give the PIN on standard input with --pin-stdin.",
      ),
    );
  return { pin: refuse, newPin: refuse, passphrase: refuse, newPassphrase: refuse, confirmation: refuse };
}
