// The settings of the gate: what each is, where it comes from, and those that may be changed here.
import { useState } from 'preact/hooks';
import { api } from '../../app/api';
import { useDraft } from '../../app/drafts';
import { useQuery } from '../../app/router';
import { useMay } from '../../app/session';
import { useAction, useApi } from '../../app/use';
import { Badge, Button, Dialog, Empty, Form, Note, Page, Problem, SearchField, Section, Select, Skeleton, Stale, TextField, isStale, toast } from '../../ui';
import { SOURCE_LABEL, found, groupsOf, settingName, valueText, type Setting } from './groups';

const LEVELS = ['error', 'warn', 'info', 'debug'];
const pointerOf = (key: string): string => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
export const mayEdit = (s: Setting): boolean => s.source !== 'file' && (s.may_change ?? s.is_live ?? false);

interface EditProps { s: Setting; etag: string | undefined; onDone: () => void; onReload: () => void; onClose: () => void }

function Edit({ s, etag, onDone, onReload, onClose }: EditProps) {
	const [text, setText, clear] = useDraft(`setting:${s.key}`, valueText(s.value));
	const save = useAction(async (value: string | null, tag: string | undefined) => {
		await api.patch('/settings', { [s.key]: value }, { ifMatch: tag });
		clear();
		toast(value === null ? 'Back at the default.' : 'Changed, and in force.');
		onDone();
	});
	const e = save.error, wrong = e?.at(pointerOf(s.key)) ?? e?.at(`/${s.key}`);
	return (
		<Dialog title={settingName(s.key)} size="small" onClose={onClose} footer={<>
			{s.source === 'store' && <Button kind="quiet" onClick={() => void save.run(null, etag)}>Back to the default</Button>}<span class="grow" />
			<Button onClick={() => { clear(); onClose(); }}>Cancel</Button><Button kind="primary" isBusy={save.isBusy} type="submit" form="dialog-form">Save</Button></>}>
			<Form id="dialog-form" onSubmit={() => void save.run(text.trim(), etag)}>
				<p>{s.help}</p>
				{s.kind === 'level' ? <Select label="Value" value={text} onChange={setText} options={LEVELS} error={wrong} />
					: s.kind === 'flag' ? <Select label="Value" value={text} onChange={setText} options={['true', 'false']} error={wrong} />
						: <TextField label="Value" value={text} onInput={setText} error={wrong} isMono autoFocus hint={s.kind === 'duration' ? 'As 500ms, 30s, 5m, 2h or 7d.' : undefined} />}
				<p class="muted small">Default: <code>{valueText(s.default) || 'nothing'}</code></p>
				{e && (isStale(e) ? <Stale error={e} isBusy={save.isBusy} onOverwrite={() => void save.run(text.trim(), '*')} onReload={() => { clear(); onReload(); onClose(); }} /> : !wrong && <Problem error={e} />)}
			</Form>
		</Dialog>
	);
}

function Row({ s, onEdit, mayManage }: { s: Setting; onEdit: () => void; mayManage: boolean }) {
	const value = valueText(s.value);
	return (
		<div class="setting">
			<div class="setting-about"><h3>{settingName(s.key)} <code class="muted small">{s.key}</code></h3><p class="muted">{s.help}</p></div>
			<div class="setting-value">
				<code class="wrap">{value || <span class="muted">not set</span>}</code>
				<span class="row">
					<Badge tone={s.source === 'file' ? 'info' : s.source === 'store' ? 'good' : 'neutral'} title={s.source === 'file' ? 'Stands in the configuration file, which wins' : s.source === 'store' ? 'Was changed here' : 'As the program comes'}>{SOURCE_LABEL[s.source]}</Badge>
					{mayManage && mayEdit(s) && <Button size="small" icon="edit" onClick={onEdit} aria-label={`Edit ${settingName(s.key)}`}>Edit</Button>}
				</span>
			</div>
		</div>
	);
}

export default function Settings() {
	const read = useApi<{ settings: Setting[] }>('/settings');
	const may = useMay();
	const [{ q, only }, setQuery] = useQuery('q', 'only');
	const [open, setOpen] = useState<string | null>(null);
	if (read.error)
		return <Page title="Settings"><Problem error={read.error} onRetry={read.reload} /></Page>;
	if (!read.data)
		return <Page title="Settings"><Skeleton rows={12} /></Page>;
	const shown = read.data.settings.filter((s) => found(s, q) && (!only || (only === 'changed' ? s.source !== 'default' : mayEdit(s))));
	const editing = read.data.settings.find((s) => s.key === open);
	return (
		<Page title="Settings" lead="What stands in the configuration file wins, and is changed there. The others can be changed here, at once and without a restart.">
			<div class="filters">
				<SearchField label="Search settings" value={q} onInput={(v) => setQuery({ q: v })} />
				<Select label="Which" isLabelHidden value={only} onChange={(v) => setQuery({ only: v })} options={[{ value: '', label: 'All settings' }, { value: 'changed', label: 'Not at their default' }, { value: 'here', label: 'May be changed here' }]} />
			</div>
			{shown.length === 0 && <Empty icon="search" title="No setting fits" actions={<Button onClick={() => setQuery({ q: '', only: '' })}>Show all</Button>} />}
			{groupsOf(shown).map((g) => (
				<Section key={g.key} title={g.title} lead={g.help}>
					<div>{g.settings.map((s) => <Row key={s.key} s={s} onEdit={() => setOpen(s.key)} mayManage={may('manage')} />)}</div>
				</Section>))}
			<Note>Settings without a button stand in the configuration file: change them there and start the gate again, or send it a reload where it says so. <code>gatehouse help configuration</code> lists them all.</Note>
			{editing && <Edit s={editing} etag={read.etag} onDone={() => { setOpen(null); read.reload(); }} onReload={read.reload} onClose={() => setOpen(null)} />}
		</Page>
	);
}
