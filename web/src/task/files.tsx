import { useMutation, useQueryClient } from '@tanstack/react-query'
import { FileTrigger } from 'react-aria-components'
import { answer, api, onceKey } from '../api/client'
import type { TaskFile } from '../api/types'
import { fileWords } from '../text/files'
import { calledFor } from '../words/person'
import { Button } from '../ui/button/button'
import { Failure } from '../ui/problem/problem'
import { useSay } from '../ui/toast/toast'
import { When } from '../ui/when/when'
import './files.css'

interface Props {
  serial: string
  instance: number
  files: readonly TaskFile[]
  me: string
  /** Files are added and removed only while something still goes on. */
  open: boolean
}

/** The files of a task and of its request: to save, to add, and one's own to remove. */
export function Files({ serial, instance, files, me, open }: Props) {
  const { add, remove } = useFiles(serial, instance)
  const error = add.error ?? remove.error
  return (
    <div className="stack">
      {files.length === 0 && <p className="quiet">{fileWords.none}</p>}
      {files.length > 0 && (
        <ul className="stack files">
          {files.map((file) => (
            <li key={file.number}>
              <div>
                <a href={file.url} download={file.name} aria-label={fileWords.save(file.name, fileWords.size(file.bytes))}>
                  {file.name}
                </a>
                <p className="small quiet">
                  {fileWords.size(file.bytes)} · {calledFor(file.by, file.for)} · <When at={file.at} />
                </p>
              </div>
              {open && file.by.id === me && (
                <Button look="subtle" icon="bin" aria-label={fileWords.remove(file.name)} onPress={() => remove.mutate(file)} busy={remove.isPending} />
              )}
            </li>
          ))}
        </ul>
      )}
      {error && <Failure error={error} />}
      {open && (
        <div className="row">
          <FileTrigger onSelect={(chosen) => chosen?.[0] && add.mutate(chosen[0])}>
            <Button busy={add.isPending}>{fileWords.add}</Button>
          </FileTrigger>
          <span className="quiet small">{fileWords.help}</span>
        </div>
      )}
    </div>
  )
}

function useFiles(serial: string, instance: number) {
  const queries = useQueryClient()
  const say = useSay()
  const onSettled = () =>
    Promise.all([queries.invalidateQueries({ queryKey: ['task', serial] }), queries.invalidateQueries({ queryKey: ['instance', instance] })])
  return {
    add: useMutation({
      mutationFn: (file: File) =>
        answer(
          api.POST('/api/v1/tasks/{serial}/files', {
            params: { path: { serial }, query: { name: file.name }, header: { 'Idempotency-Key': onceKey() } },
            headers: { 'Content-Type': 'application/octet-stream' },
            body: file as never,
            bodySerializer: (body: unknown) => body as File,
          }),
        ),
      onSuccess: (file) => say(fileWords.added(file.name)),
      onSettled,
    }),
    remove: useMutation({
      mutationFn: ({ number }: TaskFile) => answer(api.DELETE('/api/v1/instances/{id}/files/{number}', { params: { path: { id: instance, number } } })),
      onSuccess: (_done, { name }) => say(fileWords.removed(name)),
      onSettled,
    }),
  }
}
