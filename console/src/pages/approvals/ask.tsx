// One approval as the person who decides reads it: what is asked, why, by whom, and the two buttons.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useAction, useApi } from '../../app/use';
import { seg } from '../../app/api';
import { useDraft } from '../../app/drafts';
import { useMay, useUser } from '../../app/session';
import { Badge, Button, Decision, Icon, JsonView, KeyValues, Note, Problem, Risk, Skeleton, TextField, Time, count } from '../../ui';
import { countdown, hintText, isOpen, isUrgent, stateLabel, timeLeft, whyNot, type Approval } from './approval';
import { vote } from './useApprovals';

export const TONES = { pending: 'info', approved: 'good', used: 'good', denied: 'bad', expired: 'neutral' } as const;

export function StateBadge({ a, now }: { a: Approval; now: number }) {
	const state = a.state === 'pending' && !isOpen(a, now) ? 'expired' : a.state;
	return <Badge tone={TONES[state] ?? 'neutral'}>{stateLabel(state)}</Badge>;
}

function Countdown({ a, now }: { a: Approval; now: number }) {
	const left = countdown(a.expires, now);
	return (
		<span class={`ask-left ${isUrgent(a, now) ? 'is-urgent' : ''}`} title={`Expires ${new Date(a.expires).toLocaleString('en')}`}>
			<span class="ask-left-text"><Icon name="clock" size={14} /> {left}<span class="sr-only"> until it expires</span></span>
			<span class="ask-left-bar" aria-hidden="true"><i style={{ width: `${Math.round(timeLeft(a, now) * 100)}%` }} /></span>
		</span>
	);
}

function Votes({ a }: { a: Approval }) {
	if (a.quorum < 2 && a.votes.length === 0)
		return null;
	return (
		<div class="ask-votes">
			{a.quorum > 1 && <p><strong>{a.yes} of {a.quorum}</strong> people said yes.{a.state === 'pending' && ' One no refuses the call.'}</p>}
			{a.votes.length > 0 && (
				<ul>{a.votes.map((v, i) => (
					<li key={i}><Badge tone={v.yes ? 'good' : 'bad'} icon={v.yes ? 'check' : 'deny'}>{v.yes ? 'Yes' : 'No'}</Badge> {v.person}, <Time at={v.time} />{v.note && <> <q>{v.note}</q></>}</li>))}</ul>
			)}
		</div>
	);
}

function Arguments({ a, isLoading }: { a: Approval; isLoading: boolean }) {
	if (a.arguments !== undefined)
		return <JsonView value={a.arguments} open={4} />;
	if (isLoading)
		return <Skeleton rows={3} />;
	return <p class="muted">{a.arguments_bytes > 0 ? `${count(a.arguments_bytes)} bytes. Approvers see them.` : 'None.'}</p>;
}

function Recent({ a }: { a: Approval }) {
	if (a.recent.length === 0)
		return <p class="muted">None in the last hour.</p>;
	return (
		<ul class="ask-recent">{a.recent.map((r, i) => (
			<li key={i}><Decision decision={r.decision} /> <code>{r.target || r.method}</code> <span class="muted">{r.server} · <Time at={r.time} /></span></li>))}</ul>
	);
}

// What stands behind "Details": who, by which rule, and what happened just before.
function Details({ a }: { a: Approval }) {
	return (
		<div class="stack">
			<KeyValues items={[
				['Tool', a.description ? <span class="ask-description">{a.description}</span> : undefined],
				['Rule', a.rule && <code>{a.policy ? <a href={`/policies/${seg(a.policy)}?at=${encodeURIComponent(a.pointer ?? '')}`}>{a.rule}</a> : a.rule}</code>],
				['Works for', a.grant.subject],
				['Client', a.client],
				['Session', a.session && <a href={`/activity?q=${encodeURIComponent(a.session)}`}><code>{a.session}</code></a>],
				['Asked', <Time at={a.created} as="exact" />],
				['Call', a.record && <a href={`/activity/${seg(a.record)}`}>What became of it</a>],
				['Arguments SHA-256', <code class="break">{a.arguments_sha256}</code>],
			]} />
			<div><h4>What this session did just before</h4><Recent a={a} /></div>
		</div>
	);
}

function Outcome({ a, now }: { a: Approval; now: number }): ComponentChildren {
	const state = a.state === 'pending' && !isOpen(a, now) ? 'expired' : a.state;
	switch (state) {
	case 'approved': return <Note tone="good">Approved. The call passes once when the agent sends it, until {new Date(a.expires).toLocaleTimeString('en', { timeStyle: 'short' })}.</Note>;
	case 'used': return <Note tone="good">Approved, and the call has passed{a.used && <> <Time at={a.used} /></>}. {a.record && <a href={`/activity/${seg(a.record)}`}>See the call</a>}</Note>;
	case 'denied': return <Note tone="bad">Denied. The agent was told, with the note.</Note>;
	case 'expired': return <Note tone="neutral">Expired: nobody decided in time. The agent may ask again.</Note>;
	default: return null;
	}
}

interface AskProps { a: Approval; now: number; isFocused?: boolean; armed?: 'approve' | 'deny' | 'note' | null; onChange: (a: Approval) => void; onFocus?: () => void; isWhole?: boolean }

function Buttons({ a, armed, onChange }: Pick<AskProps, 'a' | 'armed' | 'onChange'>) {
	const [note, setNote, clearNote] = useDraft(`approval:${a.id}`, '');
	const [wants, setWants] = useState<boolean | null>(null);
	const cast = useAction(async (yes: boolean) => {
		setWants(yes);
		onChange(await vote(a.id, yes, note));
		clearNote();
	});
	const box = useRef<HTMLDivElement>(null);
	useEffect(() => {
		if (armed)
			box.current?.querySelector<HTMLElement>(armed === 'note' ? 'input' : `[data-vote=${armed}]`)?.focus();
	}, [armed]);
	// The gate knows better whom an agent works for.
	if (cast.error?.status === 403)
		return <Note tone="neutral" title="You cannot decide this one">{cast.error.message}</Note>;
	return (
		<div class="ask-decide" ref={box}>
			{cast.error && <Problem error={cast.error} title="Your vote was not counted" onRetry={cast.error.status === 0 || cast.error.status >= 500 ? () => void cast.run(wants!) : undefined} />}
			<TextField label="Note for the agent and the records" isLabelHidden placeholder="Note for the agent and the records (optional)" value={note} onInput={setNote} maxLength={1000} />
			<div class="ask-buttons">
				<Button kind="danger" icon="deny" data-vote="deny" isBusy={cast.isBusy && wants === false} disabled={cast.isBusy} onClick={() => void cast.run(false)}>Deny</Button>
				<Button kind="primary" icon="check" data-vote="approve" isBusy={cast.isBusy && wants === true} disabled={cast.isBusy} onClick={() => void cast.run(true)}>Approve</Button>
			</div>
			{(armed === 'approve' || armed === 'deny') && <p class="field-hint" role="status">Press Enter to {armed}, or Esc to leave it.</p>}
		</div>
	);
}

// The arguments are read when the card comes into view: a full inbox asks for few of them.
function useSeen() {
	const [isSeen, set] = useState(false);
	const ref = useRef<HTMLElement>(null);
	useEffect(() => {
		const look = new IntersectionObserver((all) => { if (all.some((e) => e.isIntersecting)) set(true); }, { rootMargin: '400px' });
		if (ref.current)
			look.observe(ref.current);
		return () => look.disconnect();
	}, []);
	return { ref, isSeen };
}

export function Ask({ a: listed, now, isFocused, armed, onChange, onFocus, isWhole }: AskProps) {
	const { ref, isSeen } = useSeen();
	const may = useMay(), user = useUser();
	const mayVote = may('approve', listed.server);
	// Lists have neither arguments nor votes.
	const isListed = listed.votes.length === 0 && (listed.arguments === undefined || listed.yes > 0);
	const read = useApi<Approval>(isSeen && isListed && !isWhole ? `/approvals/${seg(listed.id)}` : null);
	const a: Approval = { ...listed, arguments: listed.arguments ?? read.data?.arguments, votes: listed.votes.length > 0 ? listed.votes : read.data?.votes ?? [] };
	useEffect(() => { if (read.data && read.data.yes !== listed.yes) read.reload(); }, [listed.yes]);
	useEffect(() => {
		if (isFocused && !ref.current?.contains(document.activeElement))
			ref.current?.focus();
		if (isFocused)
			ref.current?.scrollIntoView({ block: 'nearest' });
	}, [isFocused]);
	const no = whyNot(a, { name: user?.name ?? '', subjects: [user?.name ?? ''] }, mayVote, now);
	const open = isOpen(a, now);
	const id = `ask-${a.id}`;
	return (
		<article ref={ref} class={`card ask ${open ? '' : 'is-closed'}`} tabIndex={-1} aria-labelledby={id} onFocusCapture={onFocus} data-id={a.id}>
			<header class="ask-head">
				<div class="ask-title">
					<h2 id={id}>{isWhole ? <code>{a.tool}</code> : <a href={`/approvals/${seg(a.id)}`}><code>{a.tool}</code></a>} <span class="muted">of {a.server}</span></h2>
					<p><strong>{a.grant.label || 'An agent'}</strong>{a.client && <span class="muted"> with {a.client}</span>} asks: {a.message || 'this call needs a yes'}</p>
				</div>
				<div class="ask-marks"><Risk severity={a.severity} />{open ? <Countdown a={a} now={now} /> : <StateBadge a={a} now={now} />}</div>
			</header>
			{(open || isWhole) && <>
				{a.hints.length > 0 && <div class="ask-hints" aria-label="What a scan noticed">{a.hints.map((h) => <Badge key={h} tone="warn" icon="warn">{hintText(h)}</Badge>)}</div>}
				<div class="ask-arguments"><h3>Arguments</h3><Arguments a={a} isLoading={read.isLoading && mayVote} />{read.error && <Problem error={read.error} onRetry={read.reload} />}</div>
				<Votes a={a} />
				{isWhole ? <Details a={a} /> : <details class="ask-more"><summary>Rule, client and recent calls</summary><Details a={a} /></details>}
			</>}
			{open ? (no ? <Note tone="neutral">{no}</Note> : <Buttons a={a} armed={armed} onChange={onChange} />) : <Outcome a={a} now={now} />}
		</article>
	);
}
