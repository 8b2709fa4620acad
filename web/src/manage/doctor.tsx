import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import { doctorWords } from '../text/doctor'
import { Button } from '../ui/button/button'
import { TextArea, TextField } from '../ui/field/field'
import { Message } from '../ui/message/message'
import { useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { Views } from '../ui/tabs/tabs'
import { DiagnosisView } from './doctorparts'
import { useLook, useRegistrations, walk } from './doctorqueries'
import './doctor.css'

const views = ['token', 'entra'] as const

/** What is wrong, who mends it, with which value. */
export function DoctorPage() {
  useTitle(doctorWords.title)
  const [params] = useSearchParams()
  const view = views.find((one) => one === params.get('view')) ?? 'token'
  return (
    <>
      <Views label={doctorWords.title} name="view" path="/manage/doctor" views={views.map((id) => ({ id, label: doctorWords.views[id] }))} />
      {view === 'token' ? <Paste /> : <Providers />}
    </>
  )
}

/** The box to paste into. What is in it goes into no address and no storage. */
function Paste() {
  const [text, setText] = useState('')
  const look = useLook()
  const clear = () => {
    setText('')
    look.reset()
  }
  return (
    <>
      <form
        className="doctor-paste"
        onSubmit={(event) => {
          event.preventDefault()
          if (text.trim() && !look.isPending) look.mutate(text)
        }}
      >
        <p className="quiet">{doctorWords.lead}</p>
        <TextArea label={doctorWords.box} value={text} onChange={setText} rows={7} mono help={doctorWords.boxHelp} />
        <Message>{doctorWords.kept}</Message>
        <div className="row">
          <Button look="primary" type="submit" isDisabled={!text.trim()} busy={look.isPending}>
            {doctorWords.look}
          </Button>
          {(text || look.data) && (
            <Button look="subtle" onPress={clear}>
              {doctorWords.clear}
            </Button>
          )}
        </div>
      </form>
      {look.error && <Failure error={look.error} />}
      {look.data && <DiagnosisView diagnosis={look.data} asked />}
    </>
  )
}

function Providers() {
  const asked = useQuery(walk)
  const read = useRegistrations()
  const diagnosis = read.data ?? asked.data
  const again = () => {
    read.reset()
    void asked.refetch()
  }
  return (
    <>
      <div className="doctor-walk">
        <p className="quiet">{doctorWords.walkLead}</p>
        <Button icon="retry" onPress={again} busy={asked.isFetching}>
          {doctorWords.again}
        </Button>
      </div>
      <details className="doctor-deep">
        <summary>{doctorWords.deep}</summary>
        <Deep read={read} />
      </details>
      {read.error && <Failure error={read.error} />}
      {asked.error && !read.data && <Failure error={asked.error} retry={again} />}
      {diagnosis ? <DiagnosisView diagnosis={diagnosis} asked={read.data !== undefined} /> : !asked.error && <Skeleton rows={3} tall />}
    </>
  )
}

function Deep({ read }: { read: ReturnType<typeof useRegistrations> }) {
  const [clientId, setClientId] = useState('')
  const [secret, setSecret] = useState('')
  const [token, setToken] = useState('')
  const enough = token !== '' || (clientId !== '' && secret !== '')
  return (
    <form
      className="doctor-paste"
      onSubmit={(event) => {
        event.preventDefault()
        if (enough) read.mutate({ clientId: clientId.trim(), secret: secret.trim(), token: token.trim() })
      }}
    >
      <p className="quiet">{doctorWords.deepLead}</p>
      <div className="doctor-fields">
        <TextField label={doctorWords.clientId} value={clientId} onChange={setClientId} autoComplete="off" />
        <TextField label={doctorWords.secret} type="password" value={secret} onChange={setSecret} autoComplete="off" />
      </div>
      <TextField label={`${doctorWords.or} ${doctorWords.graphToken}`} type="password" value={token} onChange={setToken} autoComplete="off" help={doctorWords.graphTokenHelp} />
      {!enough && <p className="quiet small">{doctorWords.nothing}</p>}
      <div className="row">
        <Button type="submit" look="primary" isDisabled={!enough} busy={read.isPending}>
          {doctorWords.readThem}
        </Button>
      </div>
    </form>
  )
}
