// What waits for a person's yes, and what was decided.
import { useEffect, useState } from 'preact/hooks';
import { isLive } from '../../app/events';
import { usePageKeys } from '../../app/keys';
import { useNow } from '../../app/now';
import { navigate, useQuery } from '../../app/router';
import { useStore } from '../../app/store';
import { notices, setNotices } from '../../app/notice';
import { Button, Empty, Note, Page, Problem, Segmented, Select, Skeleton, Table, Time, many, toast, type Column } from '../../ui';
import { STATES, isOpen, moved, type Approval } from './approval';
import { Ask, StateBadge } from './ask';
import type { PageProps } from '..';
import One from './one';
import { PAGE, useHistory, useInbox } from './useApprovals';

function NoticeButton() {
	const state = useStore(notices);
	const [isBusy, setBusy] = useState(false);
	if (state === 'unsupported')
		return null;
	const change = async () => {
		setBusy(true);
		await setNotices(state !== 'on');
		setBusy(false);
		if (notices.get() === 'blocked')
			toast('The browser blocks notices of this address. Allow them in its settings for this site.', 'bad');
	};
	return <Button icon="bell" isBusy={isBusy} aria-pressed={state === 'on'} onClick={change} title="A notice of your system when a call waits, while this page is open in a tab">{state === 'on' ? 'Notices are on' : 'Notify me'}</Button>;
}

const ShortcutHint = () => (
	<p class="ask-keys muted"><kbd>j</kbd> <kbd>k</kbd> next and previous · <kbd>a</kbd> approve · <kbd>d</kbd> deny · <kbd>n</kbd> note · <kbd>Enter</kbd> confirms</p>
);

function Inbox() {
	const inbox = useInbox(), now = useNow(), live = useStore(isLive);
	const [at, setAt] = useState<string | null>(null);
	const [armed, setArmed] = useState<{ id: string; what: 'approve' | 'deny' | 'note' } | null>(null);
	const open = inbox.list.filter((a) => isOpen(a, now));
	const ids = open.map((a) => a.id);
	const move = (by: 1 | -1) => { setArmed(null); setAt((was) => moved(ids, was, by)); };
	const arm = (what: 'approve' | 'deny' | 'note') => {
		const id = at && ids.includes(at) ? at : ids[0];
		if (!id)
			return;
		setAt(id);
		setArmed({ id, what });
	};
	usePageKeys({
		j: { label: 'Next call', run: () => move(1) }, k: { label: 'Previous call', run: () => move(-1) },
		a: { label: 'Approve (Enter confirms)', run: () => arm('approve') }, d: { label: 'Deny (Enter confirms)', run: () => arm('deny') },
		n: { label: 'Write a note', run: () => arm('note') }, Escape: { label: 'Leave it', run: () => setArmed(null) },
	});
	useEffect(() => {
		if (armed && !ids.includes(armed.id))
			setArmed(null);
	}, [ids.join()]);
	if (inbox.error && inbox.list.length === 0)
		return <Problem error={inbox.error} onRetry={inbox.reload} />;
	if (inbox.isLoading && inbox.list.length === 0)
		return <Skeleton rows={6} />;
	if (inbox.list.length === 0)
		return (
			<Empty icon="approval" title="Nothing waits for you" actions={<Button href="/policies">Open policies</Button>}>
				<p>A call comes here when its policy asks for a person's yes: choose “Ask” for a tool in a policy, for refunds or deletions perhaps. {live && 'New ones appear by themselves.'}</p>
			</Empty>);
	return (
		<>
			<p class="sr-only" role="status" aria-live="polite">{many(open.length, 'call waits', 'calls wait')}</p>
			{open.length > 0 ? <ShortcutHint /> : <Note tone="good">All decided. New ones appear here by themselves.</Note>}
			{inbox.error && <Problem error={inbox.error} onRetry={inbox.reload} />}
			<div class="asks">
				{inbox.list.map((a) => (
					<Ask key={a.id} a={a} now={now} isFocused={at === a.id} armed={armed?.id === a.id ? armed.what : null}
						onFocus={() => { if (at !== a.id) { setAt(a.id); setArmed(null); } }}
						onChange={(v) => { inbox.put(v); setArmed(null); toast(v.state === 'pending' ? 'Your yes is counted. It needs another one.' : v.state === 'denied' ? 'Denied.' : 'Approved.'); }} />))}
			</div>
			{inbox.hasMore && <Note>These are the first {PAGE}. Decide some, and the others follow.</Note>}
		</>
	);
}

const COLUMNS: Column<Approval>[] = [
	{ key: 'tool', title: 'Call', isMain: true, render: (a) => <a href={`/approvals/${a.id}`}><code>{a.tool}</code> <span class="muted">of {a.server}</span></a> },
	{ key: 'state', title: 'State', render: (a) => <StateBadge a={a} now={Date.now()} /> },
	{ key: 'grant', title: 'For', render: (a) => a.grant.label || a.grant.subject || <code>{a.grant.id.slice(0, 8)}</code> },
	{ key: 'decided', title: 'Decided', render: (a) => <Time at={a.decided} none={isOpen(a, Date.now()) ? 'waits' : 'by nobody'} /> },
	{ key: 'created', title: 'Asked', render: (a) => <Time at={a.created} /> },
];

function History() {
	const [{ state }, setQuery] = useQuery('state');
	const h = useHistory(state);
	return (
		<>
			<div class="toolbar"><Select label="State" isLabelHidden value={state} onChange={(v) => setQuery({ state: v })} options={[{ value: '', label: 'Any state' }, ...STATES]} /></div>
			{h.error ? <Problem error={h.error} onRetry={h.reload} /> : (
				<Table label="Approvals" columns={COLUMNS} rows={h.rows} keyOf={(a) => a.id} href={(a) => `/approvals/${a.id}`} onEnd={h.more} isLoading={h.isLoading}
					empty={<Empty icon="history" title="Nothing was asked yet">{state ? <p>No approval is in this state. <Button size="small" onClick={() => setQuery({ state: '' })}>Show all</Button></p> : <p>When a policy asks for a person's yes, what was asked and who decided is kept here for 90 days.</p>}</Empty>} />)}
		</>
	);
}

function List() {
	const [{ view }] = useQuery('view');
	return (
		<Page title="Approvals" lead="Calls that wait for a person. The agent goes on as soon as you decide." actions={<>
			<NoticeButton />
			<Segmented label="Show" value={view === 'history' ? 'history' : ''} onChange={(v) => navigate(v ? '/approvals?view=history' : '/approvals')} options={[{ value: '', label: 'Waiting' }, { value: 'history', label: 'History' }]} />
		</>}>
			{view === 'history' ? <History /> : <Inbox />}
		</Page>
	);
}

export default function Approvals({ params }: PageProps) {
	return params.id ? <One id={params.id} /> : <List />;
}
