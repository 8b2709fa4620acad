import { useState } from 'react'
import { DropZone, FileTrigger, isFileDropItem, type DropItem } from 'react-aria-components'
import { problemOf } from '../api/problem'
import { t } from '../text/en'
import { Button } from '../ui/button/button'
import { Icon } from '../ui/icon/icon'
import { Message } from '../ui/message/message'
import { Failure } from '../ui/problem/problem'
import { FileProblems } from './problems'
import { maxFileBytes, useDeploy, type Upload } from './queries'

/** Takes a BPMN file, by drop or by choice, and says everything that came of it. */
export function DeployBox() {
  const deploy = useDeploy()
  const [refused, setRefused] = useState<string>()

  const take = async (files: readonly File[]) => {
    const file = files[0]
    if (!file) return
    const wrong = files.length > 1 ? t.manage.oneFile : file.size > maxFileBytes ? t.manage.tooLarge : undefined
    setRefused(wrong)
    if (!wrong) deploy.mutate({ name: file.name, xml: await file.text() })
  }
  return (
    <div className="stack">
      <DropZone className="drop" aria-label={t.manage.drop} getDropOperation={() => 'copy'} onDrop={(event) => void filesOf(event.items).then(take)}>
        <Icon name="upload" />
        <span>
          {deploy.isPending ? t.manage.deploying(deploy.variables.name) : t.manage.drop} <span className="quiet">{t.manage.or}</span>
        </span>
        <FileTrigger acceptedFileTypes={['.bpmn', '.xml', 'application/xml', 'text/xml']} onSelect={(files) => void take([...(files ?? [])])}>
          <Button busy={deploy.isPending}>{t.manage.choose}</Button>
        </FileTrigger>
      </DropZone>
      {refused ? <Message tone="bad">{refused}</Message> : <Outcome deploy={deploy} />}
    </div>
  )
}

async function filesOf(items: readonly DropItem[]): Promise<File[]> {
  return Promise.all(items.filter(isFileDropItem).map((item) => item.getFile()))
}

function Outcome({ deploy }: { deploy: ReturnType<typeof useDeploy> }) {
  const upload: Upload | undefined = deploy.variables
  if (!upload || deploy.isPending) return null
  if (deploy.error) {
    const { problems } = problemOf(deploy.error)
    if (problems.length === 0) return <Failure error={deploy.error} retry={() => deploy.mutate(upload)} />
    return <FileProblems title={t.manage.refused(upload.name, problems.filter((one) => !one.warning).length)} lead={t.manage.refusedLead} problems={problems} xml={upload.xml} />
  }
  if (!deploy.data) return null
  const { name, version, unchanged, warnings } = deploy.data
  return (
    <>
      <Message tone="good" live>
        {unchanged ? t.manage.unchanged(name, version) : t.manage.deployed(name, version)}
      </Message>
      {warnings && warnings.length > 0 && <FileProblems title={t.manage.warnings(warnings.length)} problems={warnings} xml={upload.xml} />}
    </>
  )
}
