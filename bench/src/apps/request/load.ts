/** Connections of a load, and the requests that each of them carries in one turn. */
export const CONNECTIONS = 20;
export const REQUESTS_EACH = 125;
