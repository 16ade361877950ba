/** A platform's books in SQLite: accounts, sessions, the credentials it issued, and the signatures it took in. */
import { DatabaseSync } from "node:sqlite";
import * as v from "valibot";

/** What a bidder wrote into the form: told, not verified. */
export const declaration = v.strictObject({
  address: v.pipe(v.string(), v.trim(), v.nonEmpty(), v.maxLength(200)),
  contact: v.pipe(v.string(), v.trim(), v.nonEmpty(), v.maxLength(50)),
  phone: v.pipe(v.string(), v.trim(), v.regex(/^([0-9+\- ]{5,20})?$/)),
  bank: v.pipe(v.string(), v.trim(), v.maxLength(100)),
});

export type Declaration = v.InferOutput<typeof declaration>;

const facts = v.record(v.string(), v.string());

/** A bidder that this platform knows. */
export interface Account {
  readonly uscc: string;
  readonly name: string;
  /** "form", or the id of the platform whose credential was shown. */
  readonly source: string;
  /** What this platform verified by itself; these go into its credentials. */
  readonly facts: Readonly<Record<string, string>>;
  /** What the other platform's credential says. */
  readonly received: Readonly<Record<string, string>>;
  readonly declared: Declaration | null;
  readonly createdAt: number;
}

export interface Submission {
  readonly name: string;
  readonly format: string;
  /** SM3 of the content, hexadecimal. */
  readonly digest: string;
  readonly uscc: string;
  readonly revocation: string;
  readonly signedAt: number | null;
  readonly receivedAt: number;
  /** GM/T 0010 SignedData, DER. */
  readonly cms: Uint8Array;
}

export interface IssuedRow {
  readonly index: number;
  readonly credentialId: string;
  readonly uscc: string;
  readonly revoked: boolean;
}

const SCHEMA = `
  CREATE TABLE accounts (uscc TEXT PRIMARY KEY, name TEXT NOT NULL, source TEXT NOT NULL, facts TEXT NOT NULL,
    received TEXT NOT NULL, declared TEXT, createdAt INTEGER NOT NULL) STRICT;
  CREATE TABLE sessions (id TEXT PRIMARY KEY, uscc TEXT, pending TEXT, expiresAt INTEGER NOT NULL) STRICT;
  CREATE TABLE credentials ("index" INTEGER PRIMARY KEY, credentialId TEXT NOT NULL, uscc TEXT NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0) STRICT;
  CREATE TABLE submissions (id INTEGER PRIMARY KEY, name TEXT NOT NULL, format TEXT NOT NULL, digest TEXT NOT NULL,
    uscc TEXT NOT NULL, revocation TEXT NOT NULL, signedAt INTEGER, receivedAt INTEGER NOT NULL, cms BLOB NOT NULL) STRICT;
`;

const accountRow = v.pipe(
  v.object({
    uscc: v.string(),
    name: v.string(),
    source: v.string(),
    facts: v.pipe(v.string(), v.parseJson(), facts),
    received: v.pipe(v.string(), v.parseJson(), facts),
    declared: v.nullable(v.pipe(v.string(), v.parseJson(), declaration)),
    createdAt: v.number(),
  }),
);

const submissionRow = v.object({
  name: v.string(),
  format: v.string(),
  digest: v.string(),
  uscc: v.string(),
  revocation: v.string(),
  signedAt: v.nullable(v.number()),
  receivedAt: v.number(),
  cms: v.instance(Uint8Array),
});

const credentialRow = v.object({
  index: v.number(),
  credentialId: v.string(),
  uscc: v.string(),
  revoked: v.pipe(
    v.number(),
    v.transform((flag) => flag === 1),
  ),
});

export interface Ledger {
  readonly database: DatabaseSync;
  account(uscc: string): Account | null;
  accounts(): readonly Account[];
  addAccount(account: Account): void;
  addSubmission(submission: Submission): void;
  submissions(uscc?: string): readonly Submission[];
  credentials(): readonly IssuedRow[];
  /** An index that no credential has. */
  freeIndex(): number;
  addCredential(row: Omit<IssuedRow, "revoked">): void;
  /** Marks all credentials of this bidder. */
  revokeCredentials(uscc: string): void;
  close(): void;
}

/** Indices are drawn from the smallest list's bits, so that they tell neither order nor number. */
const INDICES = 16_384;

/** @param path a new file */
export function openLedger(path: string): Ledger {
  const database = new DatabaseSync(path);
  // Made anew at each start: nothing is lost that a flush to the disk would have kept.
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;");
  database.exec(SCHEMA);
  const all = (sql: string, ...values: (string | number)[]): unknown[] => database.prepare(sql).all(...values);

  const accounts = (rows: unknown[]): readonly Account[] => v.parse(v.array(accountRow), rows);
  const credentials = () => v.parse(v.array(credentialRow), all(`SELECT * FROM credentials ORDER BY "index"`));

  return {
    database,
    account: (uscc) => accounts(all("SELECT * FROM accounts WHERE uscc = ?", uscc))[0] ?? null,
    accounts: () => accounts(all("SELECT * FROM accounts ORDER BY createdAt")),
    addAccount({ uscc, name, source, facts, received, declared, createdAt }) {
      database
        .prepare("INSERT INTO accounts VALUES (?, ?, ?, ?, ?, ?, ?)")
        .run(
          uscc,
          name,
          source,
          JSON.stringify(facts),
          JSON.stringify(received),
          declared === null ? null : JSON.stringify(declared),
          createdAt,
        );
    },
    addSubmission({ name, format, digest, uscc, revocation, signedAt, receivedAt, cms }) {
      database
        .prepare("INSERT INTO submissions VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)")
        .run(name, format, digest, uscc, revocation, signedAt, receivedAt, cms);
    },
    submissions: (uscc) =>
      v.parse(
        v.array(submissionRow),
        uscc === undefined
          ? all("SELECT * FROM submissions ORDER BY id")
          : all("SELECT * FROM submissions WHERE uscc = ? ORDER BY id DESC", uscc),
      ),
    credentials,
    freeIndex() {
      const taken = new Set(credentials().map(({ index }) => index));
      if (taken.size >= INDICES) throw new Error("every index of the status list is taken");
      for (;;) {
        const [drawn = 0] = crypto.getRandomValues(new Uint16Array(1));
        if (!taken.has(drawn % INDICES)) return drawn % INDICES;
      }
    },
    addCredential({ index, credentialId, uscc }) {
      database.prepare("INSERT INTO credentials VALUES (?, ?, ?, 0)").run(index, credentialId, uscc);
    },
    revokeCredentials(uscc) {
      database.prepare("UPDATE credentials SET revoked = 1 WHERE uscc = ?").run(uscc);
    },
    close: () => database.close(),
  };
}
