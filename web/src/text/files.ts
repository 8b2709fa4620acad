/** Words of files that people add to tasks and requests. */
export const fileWords = {
  title: 'Files',
  none: 'No files yet.',
  add: 'Add a file',
  help: 'Documents, pictures and tables of up to 10 MB.',
  added: (name: string) => `${name} was added.`,
  removed: (name: string) => `${name} was removed.`,
  remove: (name: string) => `Remove ${name}`,
  save: (name: string, size: string) => `Save ${name}, ${size}`,
  actedFor: (name: string, whose: string) => `${name} for ${whose}`,
  size: (bytes: number) => {
    if (bytes >= 1 << 20) return `${(bytes / (1 << 20)).toFixed(1)} MB`
    return bytes >= 1 << 10 ? `${Math.round(bytes / (1 << 10))} KB` : `${bytes} bytes`
  },
}
