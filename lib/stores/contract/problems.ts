/** What more than one engine says, after the name of the store. */
export const WRONG_PASSWORD = 'does not accept the user name and the password: correct them';
export const NO_PASSWORD = 'wants a password: set the option "password"';
export const IS_REPLICA = 'is a replica: use the address of the server that accepts writes';
