// Small things that show a state: badges, times, waiting, emptiness, errors.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { ApiError } from '../app/api';
import type { Severity } from '../app/types';
import { Button } from './button';
import { Icon, IconName } from './icon';

export type Tone = 'neutral' | 'info' | 'good' | 'warn' | 'high' | 'bad';

export function Badge({ tone = 'neutral', children, title, icon }: { tone?: Tone; children: ComponentChildren; title?: string; icon?: IconName }) {
	return <span class={`badge tone-${tone}`} title={title}>{icon && <Icon name={icon} size={13} />}{children}</span>;
}

const SEVERITIES: Record<string, [Tone, string]> = { low: ['good', 'Low'], medium: ['warn', 'Medium'], high: ['high', 'High'], critical: ['bad', 'Critical'] };

// How much harm a tool can do: a bar of four and a word.
export function Risk({ severity, isShort }: { severity?: Severity | string; isShort?: boolean }) {
	const [tone, word] = SEVERITIES[severity ?? ''] ?? ['neutral', 'Not known'];
	const n = ['low', 'medium', 'high', 'critical'].indexOf(severity ?? '') + 1;
	return (
		<span class={`risk tone-${tone}`} title={`Risk: ${word.toLowerCase()}`}>
			<span class="risk-bars" aria-hidden="true">{[1, 2, 3, 4].map((i) => <i key={i} class={i <= n ? 'on' : ''} />)}</span>
			<span class={isShort ? 'sr-only' : ''}>{word}</span>
		</span>
	);
}

const DECISIONS: Record<string, [Tone, string, IconName]> = {
	allow: ['good', 'Allowed', 'check'], allowed: ['good', 'Allowed', 'check'], deny: ['bad', 'Refused', 'deny'], denied: ['bad', 'Refused', 'deny'],
	hidden: ['neutral', 'Hidden', 'hide'], hide: ['neutral', 'Hidden', 'hide'], approve: ['info', 'Asks first', 'ask'], ask: ['info', 'Asks first', 'ask'],
	conditional: ['warn', 'Depends', 'filter'], custom: ['warn', 'Depends', 'filter'], error: ['bad', 'Failed', 'warn'], pending: ['info', 'Waiting', 'clock'],
};

// What the gate does, or did, with a call.
export function Decision({ decision, label }: { decision?: string; label?: string }) {
	const [tone, word, icon] = DECISIONS[decision ?? ''] ?? ['neutral', decision || 'Not known', 'info' as IconName];
	return <Badge tone={tone as Tone} icon={icon as IconName}>{label ?? word}</Badge>;
}

const STATES: Record<string, [Tone, string]> = { up: ['good', 'Up'], down: ['bad', 'Down'], disabled: ['neutral', 'Off'], unknown: ['neutral', 'Not asked yet'] };

export function StateDot({ state, label }: { state: string; label?: string }) {
	const [tone, word] = STATES[state] ?? ['neutral', state];
	return <span class={`dot tone-${tone}`}><i aria-hidden="true" />{label ?? word}</span>;
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [['year', 31536000], ['month', 2592000], ['week', 604800], ['day', 86400], ['hour', 3600], ['minute', 60]];
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'long' });
const exact = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' });
const short = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

export function ago(at: Date, now = Date.now()): string {
	const s = (at.getTime() - now) / 1000;
	for (const [unit, n] of UNITS)
		if (Math.abs(s) >= n)
			return relative.format(Math.round(s / n), unit);
	return Math.abs(s) < 10 ? 'now' : relative.format(Math.round(s), 'second');
}

// A time: how long ago, and exactly when the pointer rests on it. as="exact": the other way round.
export function Time({ at, as = 'relative', none = 'never' }: { at?: string | number | null; as?: 'relative' | 'exact'; none?: string }) {
	const [, tick] = useState(0);
	useEffect(() => {
		const timer = setInterval(() => tick((n) => n + 1), 30000);
		return () => clearInterval(timer);
	}, []);
	if (!at)
		return <span class="muted">{none}</span>;
	const date = new Date(at);
	if (Number.isNaN(date.getTime()))
		return <span>{String(at)}</span>;
	return <time dateTime={date.toISOString()} title={as === 'relative' ? exact.format(date) : ago(date)}>{as === 'relative' ? ago(date) : short.format(date)}</time>;
}

const number = new Intl.NumberFormat('en');
export const count = (n: number | undefined) => (n === undefined ? '–' : number.format(n));
export const many = (n: number, one: string, more = `${one}s`) => `${number.format(n)} ${n === 1 ? one : more}`;

// 340 µs, 12 ms, 1.4 s
export function duration(us: number | undefined): string {
	if (us === undefined || Number.isNaN(us))
		return '–';
	if (us < 1000)
		return `${Math.round(us)} µs`;
	if (us < 1e6)
		return `${us < 10000 ? (us / 1000).toFixed(1) : Math.round(us / 1000)} ms`;
	return `${(us / 1e6).toFixed(us < 1e7 ? 1 : 0)} s`;
}

export function Spinner({ label = 'Loading' }: { label?: string }) {
	return <div class="loading" role="status"><span class="spin" aria-hidden="true" /><span class="muted">{label}…</span></div>;
}

export function Skeleton({ rows = 5 }: { rows?: number }) {
	return <div class="skeleton" role="status" aria-label="Loading">{Array.from({ length: rows }, (_, i) => <i key={i} style={{ width: `${94 - (i * 17) % 40}%` }} />)}</div>;
}

export function Progress({ done, total, label }: { done: number; total: number; label: string }) {
	const share = total > 0 ? Math.min(100, Math.round((done / total) * 100)) : 0;
	return (
		<div class="progress">
			<div class="progress-label"><span>{label}</span><span class="muted">{total > 0 ? `${count(done)} of ${count(total)}` : ''}</span></div>
			<div class="progress-bar" role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={share}><i style={{ width: `${share}%` }} /></div>
		</div>
	);
}

// Nothing here: why, and what to do.
export function Empty({ icon, title, children, actions }: { icon?: IconName; title: string; children?: ComponentChildren; actions?: ComponentChildren }) {
	return (
		<div class="empty">
			{icon && <span class="empty-icon"><Icon name={icon} size={26} /></span>}
			<h2>{title}</h2>
			{children && <div class="empty-text">{children}</div>}
			{actions && <div class="empty-actions">{actions}</div>}
		</div>
	);
}

// What went wrong, in place of what was asked for.
export function Problem({ error, onRetry, title }: { error: ApiError; onRetry?: () => void; title?: string }) {
	return (
		<div class="note tone-bad" role="alert">
			<Icon name="warn" />
			<div class="note-body">
				<strong>{title ?? headline(error)}</strong>
				<p>{error.message}</p>
				{error.errors.length > 0 && <ul>{error.errors.map((e, i) => <li key={i}>{(e.pointer ?? e.parameter ?? e.header) && <code>{e.pointer ?? e.parameter ?? e.header}</code>} {e.detail}</li>)}</ul>}
			</div>
			{onRetry && <Button size="small" onClick={onRetry} icon="refresh">Try again</Button>}
		</div>
	);
}

function headline(e: ApiError): string {
	switch (e.status) {
	case 0: return 'The gate cannot be reached';
	case 403: return 'You may not do this';
	case 404: return 'There is nothing here';
	case 412: return 'Somebody else changed this';
	case 422: case 400: return 'Something in it is not right';
	case 429: return 'Too many at once';
	default: return e.title || 'That did not work';
	}
}

// A remark beside the work.
export function Note({ tone = 'info', title, children, actions }: { tone?: Tone; title?: ComponentChildren; children?: ComponentChildren; actions?: ComponentChildren }) {
	return (
		<div class={`note tone-${tone}`}>
			<Icon name={tone === 'good' ? 'check' : tone === 'info' || tone === 'neutral' ? 'info' : 'warn'} />
			<div class="note-body">{title && <strong>{title}</strong>}{children && <div>{children}</div>}</div>
			{actions}
		</div>
	);
}
