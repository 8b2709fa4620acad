import { useMemo, useState } from 'react'
import type { FileProblem } from '../api/types'
import { sentence } from '../api/problem'
import { Diagram } from '../diagram/diagram'
import { paintProblems } from '../diagram/paint'
import { t } from '../text/en'
import { Badge } from '../ui/badge/badge'
import { Button } from '../ui/button/button'

interface Props {
  title: string
  lead?: string
  problems: readonly FileProblem[]
  xml: string
}

/** Everything that is wrong with a file: the list, and the diagram with marks where. */
export function FileProblems({ title, lead, problems, xml }: Props) {
  const [focus, setFocus] = useState<string>()
  const painting = useMemo(() => paintProblems(problems), [problems])
  return (
    <section className="section" role="alert">
      <div>
        <h2>{title}</h2>
        {lead && <p className="quiet">{lead}</p>}
      </div>
      <div className="file-problems">
        <ol>
          {problems.map((problem, i) => (
            <li key={i} className={problem.warning ? 'file-problem remark' : 'file-problem'}>
              <p className="row">
                <strong>{problem.name || problem.element || t.manage.file}</strong>
                {problem.line !== undefined && problem.line > 0 && <span className="quiet small">{t.manage.line(problem.line)}</span>}
                {problem.warning && <Badge tone="warn">{t.manage.remark}</Badge>}
              </p>
              <p>{sentence(problem.reason)}</p>
              <p className="quiet">{sentence(problem.advice)}</p>
              {problem.element && (
                <div>
                  <Button look="subtle" onPress={() => setFocus(problem.element)}>
                    {t.manage.show}
                  </Button>
                </div>
              )}
            </li>
          ))}
        </ol>
        <Diagram xml={xml} painting={painting} label={t.instance.diagram} focus={focus} />
      </div>
    </section>
  )
}
