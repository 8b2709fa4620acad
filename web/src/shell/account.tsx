import { Button as AriaButton } from 'react-aria-components'
import { useNavigate } from 'react-router'
import { called } from '../words/person'
import { t } from '../text/en'
import { signInWords } from '../text/signin'
import { Coin } from '../ui/coin/coin'
import { Menu } from '../ui/menu/menu'
import { setLetters, setTheme, useLetters, useTheme, type Theme } from './settings'
import { useMe, useSignOut } from './session'

const icons = { system: 'screen', light: 'sun', dark: 'sleep' } as const

/** Who you are, how it looks, the keys, and the way out. */
export function AccountMenu({ onKeys }: { onKeys: () => void }) {
  const me = useMe()
  const theme = useTheme()
  const letters = useLetters()
  const signOut = useSignOut()
  const navigate = useNavigate()
  const themes = (['system', 'light', 'dark'] satisfies Theme[]).map((id) => ({
    id,
    label: t.shell.themes[id],
    icon: icons[id],
    chosen: theme === id,
    onPress: () => setTheme(id),
  }))
  return (
    <Menu
      label={t.shell.account(called(me))}
      trigger={
        <AriaButton className="account">
          <span className="unseen">{t.shell.accountOf} </span>
          <span className="account-name">{called(me)}</span>
          <Coin person={me} />
        </AriaButton>
      }
      head={
        <div>
          <strong>{called(me)}</strong>
          <div className="small quiet">{me.email || me.login}</div>
          <div className="small quiet">
            {me.admin && `${t.shell.administrator} · `}
            {t.shell.version(me.version)}
          </div>
        </div>
      }
      groups={[
        themes,
        [
          { id: 'keys', label: t.shell.keys, icon: 'keys', onPress: onKeys },
          { id: 'letters', label: t.shell.singleKeys, icon: 'keyA', chosen: letters, onPress: () => setLetters(!letters) },
        ],
        [
          { id: 'you', label: signInWords.you, icon: 'person', onPress: () => void navigate('/me') },
          { id: 'out', label: t.shell.signOut, icon: 'signout', onPress: () => void signOut() },
        ],
      ]}
    />
  )
}
