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
  can: (can: number, total: number) => (can === total ? `All ${plural(total, 'request', 'requests')} can be moved.` : `${can.toLocaleString('en')} of ${plural(total, 'request', 'requests')} can be moved.`),
  blocked: 'In the way',
  at: (name: string) => `At “${name}”`,
  variable: (name: string) => `Variable ${name}`,
  count: (n: number) => plural(n, 'request', 'requests'),
  those: 'Move those that can be moved, and leave the others',
  why: {
    none: 'No request runs on that version: there is nothing to move.',
    nothing: 'Nothing can be moved as it stands. Put right what is in the way.',
    some: 'Something is in the way of the others. Put it right, or choose below to leave them.',
  },
  map: 'What a step has become',
  mapHelp: (n: number) => `Version ${n} has no step of that id. Say which one it is now, and it is looked again whether anything is in the way.`,
  became: (name: string) => `${name} is now`,
  noneOfThem: 'None of them',
  button: 'Move them',
}
