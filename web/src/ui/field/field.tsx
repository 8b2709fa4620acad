import {
  Button as AriaButton,
  Checkbox as AriaCheckbox,
  FieldError,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select as AriaSelect,
  SelectValue,
  Text,
  TextArea as AriaTextArea,
  TextField as AriaTextField,
} from 'react-aria-components'
import { t } from '../../text/en'
import { Icon } from '../icon/icon'
import './field.css'

export interface FieldProps {
  label: string
  value: string
  onChange: (value: string) => void
  /** What is wrong with it, shown at the field. */
  error?: string | undefined
  help?: string | undefined
  required?: boolean | undefined
  name?: string
  autoFocus?: boolean
}

interface TextProps extends FieldProps {
  type?: 'text' | 'password' | 'search' | 'date' | 'datetime-local'
  inputMode?: 'decimal' | 'numeric' | 'email'
  autoComplete?: string
  placeholder?: string
  /** Stands inside the box, at its end. */
  suffix?: React.ReactNode
  unseenLabel?: boolean
}

export function TextField({ label, error, help, required = false, suffix, placeholder, inputMode, unseenLabel = false, ...rest }: TextProps) {
  return (
    <AriaTextField {...rest} isInvalid={Boolean(error)} isRequired={required} validationBehavior="aria" className="field">
      <FieldLabel text={label} required={required} unseen={unseenLabel} />
      <span className="field-box">
        <Input className="field-input" placeholder={placeholder} inputMode={inputMode} />
        {suffix}
      </span>
      <Notes error={error} help={help} />
    </AriaTextField>
  )
}

interface AreaProps extends FieldProps {
  rows?: number
  mono?: boolean
  inputRef?: React.Ref<HTMLTextAreaElement>
  onKeyDown?: (event: React.KeyboardEvent) => void
}

export function TextArea({ label, error, help, required = false, rows = 3, mono = false, inputRef, onKeyDown, ...rest }: AreaProps) {
  return (
    <AriaTextField {...rest} isInvalid={Boolean(error)} isRequired={required} validationBehavior="aria" className="field">
      <FieldLabel text={label} required={required} />
      <AriaTextArea ref={inputRef} className={mono ? 'field-input area mono' : 'field-input area'} rows={rows} onKeyDown={onKeyDown} />
      <Notes error={error} help={help} />
    </AriaTextField>
  )
}

export interface Option {
  id: string
  label: string
}

interface SelectProps extends FieldProps {
  options: readonly Option[]
  unseenLabel?: boolean
  /** While its options are on their way: a list without any does not open. */
  isDisabled?: boolean
}

export function Select({ label, value, onChange, error, help, required = false, options, name, unseenLabel = false, isDisabled = false }: SelectProps) {
  return (
    <AriaSelect
      value={value || null}
      onChange={(key) => onChange(key === null ? '' : String(key))}
      isInvalid={Boolean(error)}
      isRequired={required}
      isDisabled={isDisabled}
      validationBehavior="aria"
      placeholder={t.common.choose}
      className="field"
      {...(name ? { name } : {})}
    >
      <FieldLabel text={label} required={required} unseen={unseenLabel} />
      <AriaButton className="field-input select">
        <SelectValue className="select-value" />
        <Icon name="down" />
      </AriaButton>
      <Notes error={error} help={help} />
      <Popover className="popover select-popover">
        <ListBox className="options" items={options}>
          {(option) => (
            <ListBoxItem className="option" textValue={option.label}>
              {option.label}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  )
}

interface CheckProps {
  label: string
  value: boolean
  onChange: (value: boolean) => void
  error?: string | undefined
  name?: string
}

export function Check({ label, value, onChange, error, name }: CheckProps) {
  return (
    <div className="field">
      <AriaCheckbox isSelected={value} onChange={onChange} isInvalid={Boolean(error)} className="check" {...(name ? { name } : {})}>
        <span className="check-box" aria-hidden="true">
          <Icon name="check" />
        </span>
        <span>{label}</span>
      </AriaCheckbox>
      {error && <span className="field-error">{error}</span>}
    </div>
  )
}

export function FieldLabel({ text, required, unseen = false }: { text: string; required: boolean; unseen?: boolean }) {
  return (
    <Label className={unseen ? 'unseen' : 'field-label'}>
      {text}
      {required && (
        <span className="field-star" aria-hidden="true">
          {' *'}
        </span>
      )}
    </Label>
  )
}

export function Notes({ error, help }: { error?: string | undefined; help?: string | undefined }) {
  return (
    <>
      {help && (
        <Text slot="description" className="field-help">
          {help}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
    </>
  )
}
