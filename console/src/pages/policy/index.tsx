// One policy: the builder, its versions, where it is used. And a new one, from a start of one's choice.
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, seg } from '../../app/api';
import { dropDraft, useDraft } from '../../app/drafts';
import { useEvent } from '../../app/events';
import { navigate, useQuery } from '../../app/router';
import { useMay } from '../../app/session';
import type { Policy } from '../../app/types';
import { useAction, useApi } from '../../app/use';
import { read, isView, member } from '../../policy';
import { Badge, Button, Confirm, Empty, Menu, type MenuItem, Note, Page, Problem, Skeleton, TabPanel, Tabs, toast } from '../../ui';
import { NewPolicy } from './new';
import { SaveDialog, type Stale, StaleDialog, textOf } from './save';
import { Used } from './used';
import { Versions } from './versions';
import { Workbench, isSameText } from './workbench';

interface Draft { text: string; base: string; etag: string | undefined }

function download(name: string, text: string) {
	const a = document.createElement('a');
	a.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
	a.download = `${name}.policy.json`;
	a.click();
	setTimeout(() => URL.revokeObjectURL(a.href), 1000);
}

function Editing({ policy, etag, isReadOnly, onSaved }: { policy: Policy; etag: string | undefined; isReadOnly: boolean; onSaved: () => void }) {
	const inForce = textOf(policy);
	const [draft, setDraft, dropDraftOf, isDraft] = useDraft<Draft>(`policy:${policy.name}`, { text: inForce, base: inForce, etag });
	// A draft stands on the version that it was begun with, also when there is a newer one now.
	const [start, setStart] = useState(() => ({ ...(isDraft ? draft : { text: inForce, base: inForce, etag }), turn: 0, version: policy.version }));
	const typed = useRef(start.text);
	const [saving, setSaving] = useState<{ text: string; server: string }>(), [stale, setStale] = useState<Stale>();
	const [hasKept, setKept] = useState(isDraft && !isSameText(draft.text, inForce));
	const begin = (text: string, base: string, tag: string | undefined, version = policy.version) => {
		typed.current = text;
		setStart((s) => ({ text, base, etag: tag, turn: s.turn + 1, version }));
	};
	const onText = (text: string) => {
		typed.current = text;
		if (text === start.base)
			dropDraftOf();
		else
			setDraft({ text, base: start.base, etag: start.etag });
	};
	// Somebody else saved: who has changed nothing goes on with that, the others are told.
	const isOverrun = policy.version > start.version;
	useEffect(() => {
		if (isOverrun && typed.current === start.base)
			begin(inForce, inForce, etag);
	}, [isOverrun]);
	const discard = () => {
		dropDraftOf();
		setKept(false);
		begin(inForce, inForce, etag);
		onSaved();
	};
	const saved = (p: Policy, tag: string | undefined) => {
		dropDraftOf();
		setKept(false);
		setSaving(undefined);
		begin(textOf(p), textOf(p), tag, p.version);
		onSaved();
	};
	const servers = [...new Set((policy.used_by ?? []).map((u) => u.server))];
	return (
		<>
			{hasKept && <Note title="Your unsaved changes are here" actions={<span class="row"><Button size="small" onClick={() => setKept(false)}>Go on</Button><Button size="small" kind="quiet" onClick={discard}>Discard them</Button></span>}>
				{start.base === inForce ? 'They were kept in this tab.' : `They were kept in this tab. Meanwhile version ${policy.version} was saved: when you save, you see both.`}</Note>}
			{isOverrun && !hasKept && <Note tone="warn" title={`Version ${policy.version} was saved meanwhile${policy.author ? ` by ${policy.author}` : ''}`}>Go on: when you save, you see both, and nothing is overwritten unasked.</Note>}
			<Workbench key={start.turn} name={policy.name} base={start.base} first={start.text} isReadOnly={isReadOnly} isNew={false} servers={servers} onText={onText} onDiscard={discard}
				onSave={(text, server) => setSaving({ text, server })} />
			{saving && <SaveDialog name={policy.name} base={start.base} text={saving.text} etag={start.etag} server={saving.server} used={(policy.used_by ?? []).length} isNew={false}
				onSaved={saved} onStale={(s) => { setSaving(undefined); setStale(s); }} onClose={() => setSaving(undefined)} />}
			{stale && <StaleDialog name={policy.name} base={start.base} mine={draft.text} stale={stale} onClose={() => setStale(undefined)} onTake={(text, theirs, tag, saves) => {
				const now = textOf(theirs);
				setStale(undefined);
				begin(text, now, tag, theirs.version);
				setDraft({ text, base: now, etag: tag });
				if (saves && text !== now)
					setSaving({ text, server: '' });
				else
					saved(theirs, tag);
			}} />}
		</>
	);
}

function One({ name }: { name: string }) {
	const p = useApi<Policy>(`/policies/${seg(name)}`), may = useMay();
	const [{ tab }, setQuery] = useQuery('tab');
	const [isDeleting, setDeleting] = useState(false);
	useEvent<{ type?: string; id?: string }>('change', (c) => { if (c.type === 'policy' && c.id === name) p.reload(); });
	const remove = useAction(async () => {
		await api.del(`/policies/${seg(name)}`, { ifMatch: p.etag ?? '*' });
		dropDraft(`policy:${name}`);
		toast(`Policy ${name} is deleted.`);
		navigate('/policies', { force: true });
	});
	const back = { href: '/policies', label: 'Policies' };
	if (p.error)
		return <Page title={name} isMono back={back}>{p.error.status === 404 ? <Empty icon="policy" title="There is no such policy" actions={<Button href="/policies" kind="primary">All policies</Button>}>It may have been deleted, or you may not see it.</Empty> : <Problem error={p.error} onRetry={p.reload} />}</Page>;
	if (!p.data)
		return <Page title={name} isMono back={back}><Skeleton /></Page>;
	const policy = p.data, used = policy.used_by ?? [], mayWrite = used.length ? used.every((u) => may('policy', u.server)) : may('policy', '*');
	const isReadOnly = !mayWrite || !!policy.is_from_file, view = read(textOf(policy)), mode = isView(view) ? member(view.root, 'mode') : undefined;
	const items: MenuItem[] = [
		{ label: 'Download', icon: 'download', onSelect: () => download(name, textOf(policy)) },
		{ label: 'Duplicate', icon: 'copy', disabled: !may('policy', '*'), onSelect: () => {
			sessionStorage.setItem('draft:policy-new', JSON.stringify({ name: `${name}-copy`, text: textOf(policy), server: '' }));
			navigate('/policies/new');
		} },
		{ label: 'Delete', icon: 'trash', isDanger: true, disabled: isReadOnly, hint: used.length ? 'It is in use' : undefined, onSelect: () => setDeleting(true) },
	];
	const at = tab || 'builder';
	return (
		<Page title={name} isMono back={back} actions={<Menu label="More" items={items} />}
			badges={<span class="row"><Badge>version {policy.version}</Badge>{mode?.kind === 'string' && mode.value === 'shadow' && <Badge tone="warn">shadow</Badge>}{policy.is_from_file && <Badge tone="info">from the file</Badge>}</span>}>
			{policy.is_from_file ? <Note title="This policy is part of the configuration file">It is changed there; the gate takes it over when it reloads. Here you can look at it, try calls, and copy it.</Note>
				: !mayWrite && <Note title="You may look at this policy, not change it">A policy manager{used.length ? ' of the servers that use it' : ''} can.</Note>}
			<Tabs label="Parts of the policy" value={at} onChange={(t) => setQuery({ tab: t === 'builder' ? undefined : t })} items={[{ id: 'builder', label: 'Builder' }, { id: 'versions', label: 'Versions', count: policy.version }, { id: 'used', label: 'Used by', count: used.length }]} />
			<TabPanel value={at}>
				{at === 'builder' && <Editing policy={policy} etag={p.etag} isReadOnly={isReadOnly} onSaved={p.reload} />}
				{at === 'versions' && <Versions policy={policy} etag={p.etag} mayEdit={!isReadOnly} isDirty={sessionStorage.getItem(`draft:policy:${name}`) !== null} onRestored={p.reload} />}
				{at === 'used' && <Used policy={policy} onChanged={p.reload} />}
			</TabPanel>
			{isDeleting && <Confirm title={`Delete ${name}?`} action="Delete" word={used.length ? name : undefined} isBusy={remove.isBusy} error={remove.error} onConfirm={() => remove.run()} onClose={() => setDeleting(false)}>
				{used.length ? 'Grants use this policy. Without it, their calls are refused.' : 'No grant uses it.'} Its versions are deleted, too.</Confirm>}
		</Page>
	);
}

export default function PolicyPage({ params }: { params: Record<string, string> }) {
	useEffect(() => { import('./editor').catch(() => undefined); }, []);
	return params.name === undefined ? <NewPolicy /> : <One name={params.name} />;
}
