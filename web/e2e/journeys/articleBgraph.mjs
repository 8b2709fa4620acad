// Article B over Microsoft Graph.
import { articleB } from '../exchange.mjs'

export const name = 'article B over Graph: from nothing to the first mail, and the three examples'

export const run = (world) => articleB(world, { rights: ['Mail.ReadWrite', 'Mail.Send', 'Calendars.ReadWrite'].map((right) => `Microsoft Graph: ${right}`) })
