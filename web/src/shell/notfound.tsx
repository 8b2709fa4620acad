import { t } from '../text/en'
import { LinkButton } from '../ui/button/button'
import { Page } from '../ui/page/page'

export function NotFound() {
  return (
    <Page title={t.notFound.title} lead={t.notFound.lead} width="reading">
      <div>
        <LinkButton to="/inbox" look="primary">
          {t.notFound.button}
        </LinkButton>
      </div>
    </Page>
  )
}
