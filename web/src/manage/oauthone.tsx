import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearchParams } from 'react-router'
import type { OAuthResource } from '../api/types'
import { ConnectButton, sentence } from '../connect/connect'
import { connectionsWords } from '../text/connections'
import { Badge } from '../ui/badge/badge'
import { Button, LinkButton } from '../ui/button/button'
import { CopyField } from '../ui/copy/copy'
import { Message } from '../ui/message/message'
import { Section, useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useSay } from '../ui/toast/toast'
import { When } from '../ui/when/when'
import { Back, Remove } from './entries'
import { Ending, ResourceFacts } from './oauth'
import { ResourceForm } from './oauthform'
import { oauthResource, oauthTypes, useCheckResource, useGetApp, useMakeCertificate, useRemoveResource } from './oauthqueries'
import { Tokens } from './oauthtokens'
import { Steps } from './steps'

const words = connectionsWords

/** One resource: the registration, its proof, and who has connected. */
export function OAuthResourcePage() {
  const { name = '' } = useParams()
  const [params] = useSearchParams()
  const one = useQuery(oauthResource(name))
  const types = useQuery(oauthTypes)
  const error = one.error ?? types.error
  if (error) return <Failure error={error} retry={() => void Promise.all([one.refetch(), types.refetch()])} />
  if (!one.data || !types.data) return <Skeleton rows={4} tall />
  const { body, etag } = one.data
  if (params.has('change')) return <ResourceForm key={etag} was={body} types={types.data.items} etag={etag} />
  return <One of={body} etag={etag} kind={types.data.items.find((type) => type.name === body.type)?.title ?? body.type} />
}

function One({ of, etag, kind }: { of: OAuthResource; etag: string | undefined; kind: string }) {
  useTitle(of.title)
  const check = useCheckResource(of.name)
  const app = useGetApp(of.name)
  return (
    <>
      <Back to="/manage/oauth">{words.back}</Back>
      <Section
        title={
          <span className="row">
            {of.title} <Badge>{kind}</Badge> <Ending of={of} />
          </span>
        }
      >
        <ResourceFacts of={of} />
        <CopyField label={words.facts.redirect} value={of.callback} />
        <p className="quiet small">{words.register}</p>
        <div className="row">
          <Button busy={check.isPending} onPress={() => check.mutate()}>
            {words.check}
          </Button>
          <LinkButton to={`/manage/oauth/${of.name}?change`}>{words.change}</LinkButton>
          <RemoveResource of={of} etag={etag} />
        </div>
        <div role="status">
          {check.isPending && <p className="quiet">{words.checking}</p>}
          {check.data && !check.isPending && <Steps of={check.data.steps.map((step) => ({ ...step, name: words.checked[step.name] ?? step.name, found: step.detail }))} />}
        </div>
        {check.error && <Failure error={check.error} />}
      </Section>
      {of.auth === 'certificate' && <Certificates of={of} />}
      {of.trust && <Trust of={of.trust} />}
      <Section title={connectionsWords.connect.title}>
        {of.people && <ConnectButton resource={of.name} title={of.title} label={words.connectService} look="primary" body={{ for: 'service' }} />}
        {of.people && <ConnectButton resource={of.name} title={of.title} label={words.connectDevice} body={{ for: 'service', device: true }} />}
        {of.app && (
          <div>
            <Button busy={app.isPending} onPress={() => app.mutate()}>
              {words.getApp}
            </Button>
          </div>
        )}
        {app.error && <Failure error={app.error} />}
        <div role="status">
          {app.data?.token?.state === 'valid' && <Message tone="good">{words.gotApp}</Message>}
          {app.data?.token?.problem && <Message tone="bad">{[app.data.token.problem.detail, app.data.token.problem.advice ?? ''].filter(Boolean).map(sentence).join(' ')}</Message>}
        </div>
      </Section>
      <Tokens resource={of.name} />
    </>
  )
}

function Trust({ of }: { of: NonNullable<OAuthResource['trust']> }) {
  return (
    <Section title={words.trust.title}>
      <p className="quiet">{words.trust.lead}</p>
      <CopyField label={words.trust.issuer} value={of.issuer} />
      <CopyField label={words.trust.subject} value={of.subject} />
      <CopyField label={words.trust.audience} value={of.audience} />
    </Section>
  )
}

function Certificates({ of }: { of: OAuthResource }) {
  const { certificate } = words
  const say = useSay()
  const make = useMakeCertificate(of.name, () => say(certificate.made))
  const shown = [
    { label: certificate.inUse, one: of.certificate },
    { label: certificate.next, one: of.next },
  ]
  return (
    <Section title={certificate.title}>
      <p className="quiet">{certificate.lead}</p>
      {shown.map(
        ({ label, one }) =>
          one && (
            <div key={label} className="stack">
              <p>
                <strong>{label}</strong>, {certificate.until} <When at={one.until} />
              </p>
              <CopyField label={certificate.print} value={one.print} />
              <p>
                <a download={`signoff-${of.name}.cer`} href={`data:application/x-x509-ca-cert;charset=utf-8,${encodeURIComponent(one.pem)}`}>
                  {certificate.download}
                </a>
              </p>
            </div>
          ),
      )}
      <div>
        <Button busy={make.isPending} onPress={() => make.mutate()}>
          {certificate.make}
        </Button>
      </div>
      {make.error && <Failure error={make.error} />}
    </Section>
  )
}

function RemoveResource({ of, etag }: { of: OAuthResource; etag: string | undefined }) {
  const navigate = useNavigate()
  const say = useSay()
  const remove = useRemoveResource(of.name, () => {
    say(words.removed(of.title))
    void navigate('/manage/oauth')
  })
  return <Remove title={words.removeTitle(of.title)} lead={words.removeLead} label={words.remove} busy={remove.isPending} error={remove.error} remove={() => remove.mutate(etag)} reset={remove.reset} />
}
