import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useNavigate, useParams, useSearchParams } from 'react-router'
import type { OAuthResource } from '../api/types'
import { ConnectButton, sentence } from '../connect/connect'
import { t } from '../text/en'
import { Badge } from '../ui/badge/badge'
import { Button, LinkButton } from '../ui/button/button'
import { CopyField } from '../ui/copy/copy'
import { Dialog } from '../ui/dialog/dialog'
import { Icon } from '../ui/icon/icon'
import { Message } from '../ui/message/message'
import { Section, useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useSay } from '../ui/toast/toast'
import { When } from '../ui/when/when'
import { Ending, ResourceFacts } from './oauth'
import { ResourceForm } from './oauthform'
import { oauthResource, oauthTypes, useCheckResource, useGetApp, useMakeCertificate, useRemoveResource } from './oauthqueries'
import { Tokens } from './oauthtokens'
import './manage.css'
import './entries.css'
import './services.css'

const words = t.connections

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
      <div>
        <LinkButton look="subtle" icon="back" to="/manage/oauth">
          {words.back}
        </LinkButton>
      </div>
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
          <Remove of={of} etag={etag} />
        </div>
        <div role="status">
          {check.isPending && <p className="quiet">{words.checking}</p>}
          {check.data && !check.isPending && <Checked steps={check.data.steps} />}
        </div>
        {check.error && <Failure error={check.error} />}
      </Section>
      {of.auth === 'certificate' && <Certificates of={of} />}
      <Section title={t.connections.connect.title}>
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

interface Step {
  name: string
  ok: boolean
  detail: string
  advice?: string
  said?: string
  trace?: string
}

function Checked({ steps }: { steps: readonly Step[] }) {
  return (
    <ol className="service-steps">
      {steps.map((step) => (
        <li key={step.name} className={step.ok ? 'good' : 'bad'}>
          <Icon name={step.ok ? 'good' : 'alert'} />
          <div>
            <strong>{words.checked[step.name] ?? step.name}</strong>
            <p>{sentence(step.detail)}</p>
            {step.said && <p className="quiet small">{step.said}</p>}
            {step.advice && <span className="service-do">{sentence(step.advice)}</span>}
          </div>
        </li>
      ))}
    </ol>
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

function Remove({ of, etag }: { of: OAuthResource; etag: string | undefined }) {
  const [asking, setAsking] = useState(false)
  const navigate = useNavigate()
  const say = useSay()
  const remove = useRemoveResource(of.name, () => {
    say(words.removed(of.title))
    void navigate('/manage/oauth')
  })
  return (
    <>
      <Button icon="bin" onPress={() => setAsking(true)}>
        {words.remove}
      </Button>
      <Dialog
        title={words.removeTitle(of.title)}
        open={asking}
        onClose={() => setAsking(false)}
        alert
        actions={
          <Button look="danger" onPress={() => remove.mutate(etag)} busy={remove.isPending}>
            {words.remove}
          </Button>
        }
      >
        <p>{words.removeLead}</p>
        {remove.error && <Failure error={remove.error} />}
      </Dialog>
    </>
  )
}
