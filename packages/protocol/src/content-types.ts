/**
 * Content types of our own GM/T 0010 messages, so that no message made for one purpose can be taken for another.
 *
 * The arc is 2.25 (ITU-T X.667: an OID from a UUID needs no registration) with the UUID 26fef436-1faf-4e78-8e06-78ab76cc4d30.
 */
const ARC = "2.25.51834460437964684057172297333550632240";

/** Registration credential, docs/formats/registration-credential.md. */
export const REGISTRATION_CREDENTIAL = `${ARC}.1`;

/** Signed status list of an issuer's credentials, docs/formats/registration-credential.md. */
export const CREDENTIAL_STATUS_LIST = `${ARC}.2`;

/** A platform's notice of a project and lot, docs/formats/notice-and-order.md. */
export const NOTICE = `${ARC}.3`;

/** A platform's order to release keys, docs/formats/notice-and-order.md. */
export const ORDER = `${ARC}.4`;

/** The trailer of a bid package, docs/formats/bid-package.md. */
export const BID_TRAILER = `${ARC}.5`;

/** A bidder's file key for a room, docs/formats/notice-and-order.md. */
export const RELEASED_KEY = `${ARC}.6`;

/** What was found out when a bid was made, and the head of its ledger, docs/formats/ledger.md. */
export const BID_REPORT = `${ARC}.7`;

/** A platform's receipt for a package that it took in, docs/formats/notice-and-order.md. */
export const BID_RECEIPT = `${ARC}.8`;

/** A platform's answer to a released key, docs/formats/notice-and-order.md. */
export const OPENING_RECEIPT = `${ARC}.9`;

/** id-data of GM/T 0010: what the verb `sign` signs, and nothing else. */
export const GM_DATA = "1.2.156.10197.6.1.4.2.1";
