/** Words of versions of a workflow, and of requests that go on with another one. */

const plural = (n: number, one: string, many: string) => (n === 1 ? `1 ${one}` : `${n.toLocaleString('en')} ${many}`)

export const versionsWords = {
  title: 'Versions',
  columns: { version: 'Version', by: 'Deployed by', when: 'When' },
  isDefault: 'New requests get it',
  makeDefault: 'Use for new requests…',
  makeTitle: (n: number) => `Use version ${n} for new requests?`,
  makeLead: 'New requests get it from now on, and its schedules begin. Requests that run stay on the version they are on.',
  make: 'Use it',
  made: (n: number) => `New requests get version ${n}.`,
  move: 'Move running requests here…',
  moveTitle: (n: number) => `Move running requests to version ${n}`,
  moveLead: 'They go on where they are, by the new version. You see first whether anything is in the way.',
  from: 'Those on',
  any: 'any other version',
  version: (n: number) => `version ${n}`,
  looking: 'Looking at the requests…',
  none: 'No request runs on that version.',
  can: (can: number, total: number) => (can === total ? `All ${plural(total, 'request', 'requests')} can be moved.` : `${can.toLocaleString('en')} of ${plural(total, 'request', 'requests')} can be moved.`),
  blocked: 'In the way',
  at: (name: string) => `At “${name}”`,
  variable: (name: string) => `Variable ${name}`,
  count: (n: number) => plural(n, 'request', 'requests'),
  those: 'Move those that can be moved, and leave the others',
  thoseMissing: 'Something is in the way of the others: mend it, or leave them.',
  map: 'Steps that have another id now',
  mapHelp: 'One a line, old=new. What is in the way is looked at again.',
  mapWrong: 'Write one a line, such as ask=approve.',
  button: 'Move them',
  nothing: 'Nothing can be moved as it stands.',
}
