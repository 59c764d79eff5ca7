// What somebody fills in: a label, the control, what it is for, and what is wrong with it.
import type { AllHTMLAttributes, ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { Icon } from './icon';

interface About { label: ComponentChildren; hint?: ComponentChildren; error?: string; isOptional?: boolean; isLabelHidden?: boolean; class?: string }
interface Ids { id: string; 'aria-describedby': string | undefined; 'aria-invalid': boolean | undefined }

export function Field({ label, hint, error, isOptional, isLabelHidden, class: more = '', children }: About & { children: (ids: Ids) => ComponentChildren }) {
	const id = useId();
	const about = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ') || undefined;
	return (
		<div class={`field ${error ? 'has-error' : ''} ${more}`}>
			<label class={isLabelHidden ? 'sr-only' : 'field-label'} for={id}>{label}{isOptional && <span class="muted"> (optional)</span>}</label>
			{children({ id, 'aria-describedby': about, 'aria-invalid': error ? true : undefined })}
			{error && <p class="field-error" id={`${id}-error`}><Icon name="warn" size={14} /> {error}</p>}
			{hint && <p class="field-hint" id={`${id}-hint`}>{hint}</p>}
		</div>
	);
}

type Native<E extends EventTarget> = Omit<AllHTMLAttributes<E>, 'label' | 'value' | 'onInput' | 'onChange' | 'class' | 'type' | 'size'>;

export interface TextFieldProps extends About, Native<HTMLInputElement> {
	value: string; onInput: (value: string) => void; type?: string; placeholder?: string; isMono?: boolean; name?: string;
	autoComplete?: string; required?: boolean; readOnly?: boolean; disabled?: boolean; inputMode?: any; maxLength?: number; autoFocus?: boolean; list?: string; spellcheck?: boolean;
	min?: string | number; max?: string | number; step?: string | number;
}

export function TextField({ label, hint, error, isOptional, isLabelHidden, class: more, value, onInput, isMono, ...rest }: TextFieldProps) {
	return <Field {...{ label, hint, error, isOptional, isLabelHidden, class: more }}>{(ids) =>
		<input class={`input ${isMono ? 'mono' : ''}`} spellcheck={false} {...rest as object} {...ids} value={value} onInput={(e) => onInput(e.currentTarget.value)} />}</Field>;
}

export interface TextAreaProps extends About, Native<HTMLTextAreaElement> {
	value: string; onInput: (value: string) => void; rows?: number; isMono?: boolean; placeholder?: string; readOnly?: boolean; autoFocus?: boolean; maxLength?: number;
}

export function TextArea({ label, hint, error, isOptional, isLabelHidden, class: more, value, onInput, isMono, rows = 4, ...rest }: TextAreaProps) {
	return <Field {...{ label, hint, error, isOptional, isLabelHidden, class: more }}>{(ids) =>
		<textarea class={`input ${isMono ? 'mono' : ''}`} spellcheck={false} rows={rows} {...rest as object} {...ids} value={value} onInput={(e) => onInput(e.currentTarget.value)} />}</Field>;
}

export interface Choice { value: string; label: string; disabled?: boolean }

export interface SelectProps extends About { value: string; onChange: (value: string) => void; options: (Choice | string)[]; disabled?: boolean }

export function Select({ label, hint, error, isOptional, isLabelHidden, class: more, value, onChange, options, disabled }: SelectProps) {
	return <Field {...{ label, hint, error, isOptional, isLabelHidden, class: more }}>{(ids) => (
		<span class="select"><select class="input" {...ids} value={value} disabled={disabled} onChange={(e) => onChange(e.currentTarget.value)}>
			{options.map((o) => (typeof o === 'string' ? { value: o, label: o } as Choice : o)).map((o) => <option key={o.value} value={o.value} disabled={o.disabled}>{o.label}</option>)}
		</select><Icon name="down" size={14} /></span>)}</Field>;
}

export interface CheckboxProps { label: ComponentChildren; hint?: ComponentChildren; checked: boolean; onChange: (checked: boolean) => void; disabled?: boolean; isSwitch?: boolean; isLabelHidden?: boolean; isMixed?: boolean }

export function Checkbox({ label, hint, checked, onChange, disabled, isSwitch, isLabelHidden, isMixed }: CheckboxProps) {
	const id = useId();
	return (
		<div class={`check ${isSwitch ? 'is-switch' : ''}`}>
			<input type="checkbox" id={id} role={isSwitch ? 'switch' : undefined} checked={checked} disabled={disabled} aria-describedby={hint ? `${id}-hint` : undefined}
				ref={(e) => { if (e) e.indeterminate = !!isMixed; }} onChange={(e) => onChange(e.currentTarget.checked)} />
			<label for={id} class={isLabelHidden ? 'sr-only' : ''}>{label}</label>
			{hint && <p class="field-hint" id={`${id}-hint`}>{hint}</p>}
		</div>
	);
}

// One of a few, side by side.
export function Segmented({ label, value, onChange, options }: { label: string; value: string; onChange: (v: string) => void; options: { value: string; label: ComponentChildren; title?: string }[] }) {
	const name = useId();
	return (
		<div class="segmented" role="radiogroup" aria-label={label}>
			{options.map((o) => (
				<label key={o.value} class={o.value === value ? 'is-on' : ''} title={o.title}>
					<input type="radio" class="sr-only" name={name} value={o.value} checked={o.value === value} onChange={() => onChange(o.value)} /><span>{o.label}</span>
				</label>
			))}
		</div>
	);
}

export function SearchField({ value, onInput, label, placeholder, autoFocus }: { value: string; onInput: (v: string) => void; label: string; placeholder?: string; autoFocus?: boolean }) {
	return (
		<div class="search">
			<Icon name="search" size={16} />
			<input class="input" type="search" aria-label={label} placeholder={placeholder ?? label} value={value} spellcheck={false} autoComplete="off" autoFocus={autoFocus}
				onInput={(e) => onInput(e.currentTarget.value)} onKeyDown={(e) => { if (e.key === 'Escape' && value) { e.preventDefault(); e.stopPropagation(); onInput(''); } }} />
		</div>
	);
}

// A form that does not leave the page.
export function Form({ onSubmit, children, class: more = '', id }: { onSubmit: () => void; children: ComponentChildren; class?: string; id?: string }) {
	return <form id={id} class={`form ${more}`} noValidate onSubmit={(e) => { e.preventDefault(); onSubmit(); }}>{children}</form>;
}
