/** The remote has not been asked, because it wants no request for now: the message is the reason of its last answer. */
export class NotAsked extends Error {
  override readonly name = 'NotAsked';
}
