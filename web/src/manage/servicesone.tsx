import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearchParams } from 'react-router'
import { problemOf } from '../api/problem'
import type { Service, ServiceType } from '../api/types'
import { servicesWords } from '../text/services'
import { Badge } from '../ui/badge/badge'
import { Button, LinkButton } from '../ui/button/button'
import { Section, useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useSay } from '../ui/toast/toast'
import { Back, Remove } from './entries'
import { ServiceFacts } from './services'
import { ServiceForm } from './servicesform'
import { Offers } from './servicesobjects'
import { service, serviceObjects, serviceTypes, serviceUses, useDeleteService, useTestService } from './servicesqueries'
import { Tested, Testing } from './servicestest'
import { TryMethod } from './servicestry'

const words = servicesWords

/** One system: how it is set up, what it offers, who calls it. */
export function ServicePage() {
  const { name = '' } = useParams()
  const [params] = useSearchParams()
  const one = useQuery(service(name))
  const types = useQuery(serviceTypes)
  const error = one.error ?? types.error
  if (error) return <Failure error={error} retry={() => void Promise.all([one.refetch(), types.refetch()])} />
  if (!one.data || !types.data) return <Skeleton rows={4} tall />
  const { body, etag } = one.data
  const type = types.data.items.find((entry) => entry.name === body.type)
  const [object, method] = (params.get('try') ?? '').split('.')
  if (object && method) return <Trying of={body} object={object} method={method} />
  if (params.has('change') && body.canChange && type) return <ServiceForm key={etag} was={body} type={type} etag={etag} />
  return <One of={body} type={type} etag={etag} />
}

function One({ of, type, etag }: { of: Service; type: ServiceType | undefined; etag: string | undefined }) {
  useTitle(of.title)
  const test = useTestService()
  return (
    <>
      <Back to="/manage/services">{words.back}</Back>
      <Section
        title={
          <span className="row">
            {of.title} <Badge>{type?.title ?? of.type}</Badge>
          </span>
        }
      >
        <ServiceFacts of={of} />
        {of.canChange && (
          <div className="row">
            <Button busy={test.isPending} onPress={() => test.mutate({ name: of.name })}>
              {words.form.test}
            </Button>
            {type && <LinkButton to={`/manage/services/${of.name}?change`}>{words.change}</LinkButton>}
            <LinkButton to={`/manage/people/rights?on=service:${of.name}`}>{words.rights}</LinkButton>
            <RemoveService of={of} etag={etag} />
          </div>
        )}
      </Section>
      <Testing on={test.isPending} />
      {test.error && <Failure error={test.error} />}
      {test.data && !test.isPending && <Tested result={test.data} again={() => test.mutate({ name: of.name })} />}
      <Offers of={of} />
      {of.canChange && <Uses name={of.name} />}
    </>
  )
}

function Trying({ of, object, method }: { of: Service; object: string; method: string }) {
  const objects = useQuery(serviceObjects(of.name))
  if (objects.error) return <Failure error={objects.error} retry={() => void objects.refetch()} />
  if (!objects.data) return <Skeleton rows={4} tall />
  const found = objects.data.items.find((one) => one.name === object)
  const what = found?.methods.find((one) => one.name === method)
  return (
    <>
      <Back to={`/manage/services/${of.name}`}>{words.backTo(of.title)}</Back>
      {found && what ? <TryMethod key={`${object}.${method}`} service={of.name} object={found} method={what} connect={of.mode === 'caller' && of.resource ? { resource: of.resource, audience: of.audience } : undefined} /> : <p className="quiet">{words.offers.nothing}</p>}
    </>
  )
}

function Uses({ name }: { name: string }) {
  const uses = useQuery(serviceUses(name))
  const { title, none, workflow, version, step, calls } = words.uses
  if (uses.error) return <Failure error={uses.error} retry={() => void uses.refetch()} />
  if (!uses.data) return <Skeleton rows={2} />
  return (
    <Section title={title} plain>
      {uses.data.items.length === 0 ? (
        <p className="quiet">{none}</p>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{workflow}</th>
              <th scope="col">{version}</th>
              <th scope="col">{step}</th>
              <th scope="col">{calls}</th>
            </tr>
          </thead>
          <tbody>
            {uses.data.items.map((use, place) => (
              <tr key={place}>
                <th scope="row">
                  <Link to={`/manage/workflows/${encodeURIComponent(use.workflow)}`}>{use.name}</Link>
                </th>
                <td data-label={version}>{use.version}</td>
                <td data-label={step}>{use.step}</td>
                <td data-label={calls} className="mono">
                  {use.object} {use.method}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  )
}

function RemoveService({ of, etag }: { of: Service; etag: string | undefined }) {
  const say = useSay()
  const navigate = useNavigate()
  const gone = useDeleteService(of.name, () => {
    say(words.removed(of.title))
    void navigate('/manage/services')
  })
  const inUse = gone.error !== null && problemOf(gone.error).code === 'service-in-use'
  return <Remove title={words.removeTitle(of.title)} lead={words.removeLead} label={words.remove} yes={inUse ? words.removeAnyway : words.remove} busy={gone.isPending} error={gone.error} remove={() => gone.mutate({ etag, anyway: inUse })} reset={gone.reset} />
}
