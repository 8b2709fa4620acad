// Article B for an Exchange Server of one's own, with a name and a password.
import assert from 'node:assert/strict'
import { ownServer } from '../exchange.mjs'

export const name = 'article B for an Exchange Server: five acts to the first mail'

export async function run(world) {
  const acts = await ownServer(world)
  assert.ok(acts.done.length <= 5, acts.done.join(', '))
  return acts
}
