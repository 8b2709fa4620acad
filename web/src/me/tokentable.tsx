import type { Token } from '../api/types'
import { tokensWords } from '../text/apis'
import { Badge } from '../ui/badge/badge'
import { Button } from '../ui/button/button'
import { PersonTag } from '../ui/coin/coin'
import { When } from '../ui/when/when'
import '../manage/manage.css'

const words = tokensWords

interface Props {
  items: readonly Token[]
  onEnd: (token: Token) => void
  /** Says whose they are. */
  owners?: boolean
}

/** Tokens as a table, with a button to end each. */
export function TokenTable({ items, onEnd, owners = false }: Props) {
  const { name, owner, expires, used, end } = words.columns
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{name}</th>
          {owners && <th scope="col">{owner}</th>}
          <th scope="col">{expires}</th>
          <th scope="col">{used}</th>
          <th scope="col">
            <span className="unseen">{end}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map((one) => (
          <tr key={one.id}>
            <th scope="row">
              {one.name}
              <span className="table-under quiet small">
                {words.known(one.ending, one.readOnly, one.api)}
              </span>
            </th>
            {owners && <td data-label={owner}>{one.owner && <PersonTag person={one.owner} />}</td>}
            <td data-label={expires}>
              <When at={one.expires} /> {Date.parse(one.expires) < Date.now() && <Badge tone="warn">{words.ranOut}</Badge>}
            </td>
            <td data-label={used}>{one.used ? <When at={one.used} /> : <span className="quiet">{words.never}</span>}</td>
            <td className="table-end">
              <Button look="subtle" aria-label={words.endOf(one.name)} onPress={() => onEnd(one)}>
                {words.end}
              </Button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
