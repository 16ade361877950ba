/**
 * Events by which the relay hands the page script its private port, at document start and in either order. Words only.
 */

/** relay → page: here is the port. */
export const PORT_EVENT = "certbridge-port";
/** page → relay: I am there, hand it over. */
export const READY_EVENT = "certbridge-ready";
