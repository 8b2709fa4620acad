// Article B over Exchange Web Services, as the article has it.
import { articleB } from '../exchange.mjs'

export const name = 'article B over EWS: from nothing to the first mail, and the three examples'

export const run = (world) => articleB(world, { way: 'Exchange Online, over EWS', rights: ['Office 365 Exchange Online: EWS.AccessAsUser.All'] })
