/** Words of tasks that one has for somebody else, and of what administrators do with a task. */
export const standInWords = {
  short: (name: string) => `For ${name}`,
  lead: (name: string) => `You stand in for ${name}, who is away. What you decide counts as ${name}’s answer, and the history says that you did it.`,
  withdraw: {
    item: 'Withdraw…',
    title: 'Withdraw this task?',
    lead: 'It is taken from everybody who has it, and the request goes on as if it had been decided so. This cannot be taken back.',
    outcome: 'Counts as decided with',
    missing: 'Choose what it counts as decided with.',
    comment: 'Why',
    commentMissing: 'Say why you do this.',
    button: 'Withdraw it',
    keep: 'Leave it',
    done: 'Withdrawn.',
  },
  part: 'Whose part',
  everybody: 'Everybody’s',
  holders: 'Taken by',
}
