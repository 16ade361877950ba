import { DatabaseSync } from "node:sqlite";

/** A bidder as one platform knows it. The account belongs to the 统一社会信用代码, so that a renewed certificate still fits. */
export interface Account {
  readonly uscc: string;
  readonly name: string;
  readonly address: string;
  readonly contact: string;
  /** "form", or the id of the platform whose credential was accepted. */
  readonly source: string;
}

export interface StoredDocument {
  readonly uscc: string;
  readonly name: string;
  readonly signedBy: string;
  readonly cms: Uint8Array;
}

export interface Accounts {
  find(uscc: string): Account | null;
  create(account: Account): void;
  /** The next free bit of the status list, taken. */
  nextCredentialIndex(uscc: string): number;
  addDocument(document: StoredDocument): void;
  documents(uscc: string): readonly { name: string; signedBy: string }[];
  close(): void;
}

export function openAccounts(file: string): Accounts {
  const db = new DatabaseSync(file);
  db.exec(`
    create table if not exists account (uscc text primary key, name text not null, address text not null,
      contact text not null, source text not null) strict;
    create table if not exists credential (idx integer primary key autoincrement, uscc text not null) strict;
    create table if not exists document (id integer primary key, uscc text not null, name text not null,
      signed_by text not null, cms blob not null) strict;
  `);
  const find = db.prepare("select uscc, name, address, contact, source from account where uscc = ?");
  const create = db.prepare("insert into account (uscc, name, address, contact, source) values (?, ?, ?, ?, ?)");
  const credential = db.prepare("insert into credential (uscc) values (?)");
  const addDocument = db.prepare("insert into document (uscc, name, signed_by, cms) values (?, ?, ?, ?)");
  const documents = db.prepare("select name, signed_by as signedBy from document where uscc = ? order by id");
  return {
    find: (uscc) => (find.get(uscc) as Account | undefined) ?? null,
    create: ({ uscc, name, address, contact, source }) => void create.run(uscc, name, address, contact, source),
    nextCredentialIndex: (uscc) => Number(credential.run(uscc).lastInsertRowid),
    addDocument: ({ uscc, name, signedBy, cms }) => void addDocument.run(uscc, name, signedBy, cms),
    documents: (uscc) => documents.all(uscc) as unknown as { name: string; signedBy: string }[],
    close: () => db.close(),
  };
}
