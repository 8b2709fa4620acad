import { useState } from 'react'
import { FileTrigger } from 'react-aria-components'
import type { CalendarHoliday } from '../api/types'
import { eventsWords } from '../text/events'
import { Button } from '../ui/button/button'
import { Dialog } from '../ui/dialog/dialog'
import { Failure } from '../ui/problem/problem'
import { freshOf } from './calendarform'
import { maxFileBytes, useImport } from './calendarsqueries'

const words = eventsWords.calendars.import

interface Props {
  zone: string
  /** The holidays there are, as typed. */
  typed: string
  add: (found: CalendarHoliday[]) => void
}

/** Takes holidays from an iCalendar file, after showing them. */
export function ImportHolidays({ zone, typed, add }: Props) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button icon="upload" onPress={() => setOpen(true)}>
        {words.button}
      </Button>
      {open && (
        <ImportDialog
          zone={zone}
          typed={typed}
          add={(found) => {
            add(found)
            setOpen(false)
          }}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  )
}

function ImportDialog({ zone, typed, add, onClose }: Props & { onClose: () => void }) {
  const [large, setLarge] = useState(false)
  const read = useImport()
  const found = read.data?.holidays ?? []
  const fresh = freshOf(found, typed)
  const skipped = read.data?.skipped ?? []
  const take = (files: FileList | null) => {
    const file = files?.[0]
    if (!file) return
    setLarge(file.size > maxFileBytes)
    if (file.size <= maxFileBytes) read.mutate({ file, zone })
  }
  return (
    <Dialog
      title={words.title}
      open
      onClose={onClose}
      actions={
        fresh.length > 0 && (
          <Button look="primary" onPress={() => add(fresh)}>
            {words.add(fresh.length)}
          </Button>
        )
      }
    >
      <p>{words.lead}</p>
      <div>
        <FileTrigger acceptedFileTypes={['.ics', 'text/calendar']} onSelect={take}>
          <Button icon="upload" busy={read.isPending}>
            {words.choose}
          </Button>
        </FileTrigger>
      </div>
      {large && <p className="field-error">{words.large}</p>}
      {read.error && <Failure error={read.error} />}
      <div role="status">
        {read.data && (
          <p>
            {words.found(found.length)}. {found.length > 0 && words.fresh(fresh.length)}
          </p>
        )}
      </div>
      {fresh.length > 0 && <Found list={fresh} />}
      {skipped.length > 0 && (
        <details>
          <summary>{words.skipped(skipped.length)}</summary>
          <ul className="calendar-skipped">
            {skipped.map((text, i) => (
              <li key={i}>{text}</li>
            ))}
          </ul>
        </details>
      )}
    </Dialog>
  )
}

function Found({ list }: { list: readonly CalendarHoliday[] }) {
  return (
    <table className="calendar-found">
      <thead>
        <tr>
          <th scope="col">{words.columns.date}</th>
          <th scope="col">{words.columns.name}</th>
          <th scope="col">{words.columns.hours}</th>
        </tr>
      </thead>
      <tbody>
        {list.map(({ date, name, hours }) => (
          <tr key={`${date} ${hours ?? ''}`}>
            <td className="nowrap">{date.length === 5 ? `${date}, ${words.everyYear}` : date}</td>
            <td>{name}</td>
            <td className="nowrap">{hours || words.whole}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
