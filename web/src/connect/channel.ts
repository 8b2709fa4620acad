/** On which the window at a provider tells the page that opened it that it is done. */
export const channelName = 'signoff-connect'
