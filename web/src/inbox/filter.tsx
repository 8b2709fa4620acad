import { useSearchParams } from 'react-router'
import { t } from '../text/en'
import { Button } from '../ui/button/button'
import { Find } from '../ui/find/find'
import { Select } from '../ui/field/field'
import { Views } from '../ui/tabs/tabs'
import { sorts, views, type Filter } from './queries'

interface Props {
  filter: Filter
  open: number | undefined
  sleeping: number | undefined
}

/** Which tasks, in which order. All of it stands in the address. */
export function FilterBar({ filter, open, sleeping }: Props) {
  const set = useParam()
  const counts = { open, sleeping, closed: undefined }
  return (
    <>
      <Views label={t.inbox.list} name="view" path="/inbox" views={views.map((id) => ({ id, label: t.inbox.views[id], count: counts[id] }))} />
      <div className="inbox-tools">
        <Find label={t.inbox.filter} />
        <Select label={t.inbox.sort} unseenLabel value={filter.sort} onChange={(sort) => set('sort', sort === sorts[0] ? '' : sort)} options={sorts.map((id) => ({ id, label: t.inbox.sorts[id] }))} />
      </div>
      {filter.workflow && (
        <div>
          <Button icon="close" onPress={() => set('workflow', '')}>
            {t.inbox.workflowFilter(filter.workflow)}
          </Button>
        </div>
      )}
    </>
  )
}

function useParam() {
  const [, setParams] = useSearchParams()
  return (name: string, value: string) =>
    setParams(
      (before) => {
        const next = new URLSearchParams(before)
        if (value) next.set(name, value)
        else next.delete(name)
        return next
      },
      { replace: true },
    )
}
