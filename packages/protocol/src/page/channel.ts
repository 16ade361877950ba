/** Events by which the relay hands the page script its private port, at document start and in either order. Words only. */
export const PORT_EVENT = "certbridge-port";
export const READY_EVENT = "certbridge-ready";
