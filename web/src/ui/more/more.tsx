import { t } from '../../text/en'
import { Button } from '../button/button'

export interface Paged {
  hasNextPage: boolean
  isFetchingNextPage: boolean
  fetchNextPage: () => Promise<unknown>
}

/** Below a list that comes page by page: the next one, while there is one. */
export function More({ list }: { list: Paged }) {
  if (!list.hasNextPage) return null
  return (
    <div>
      <Button onPress={() => void list.fetchNextPage()} busy={list.isFetchingNextPage}>
        {t.common.moreOf}
      </Button>
    </div>
  )
}
